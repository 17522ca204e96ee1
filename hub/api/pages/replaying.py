"""Replaying: first how many it would be, then a reason, then a job. What is replayed says what it is for itself."""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, TypeVar

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from hub.api.access.ways import PAGES
from hub.api.pages.jobs import Busy, Job, Kind
from hub.api.pages.messages import LEAST_REASON
from hub.api.pages.site import Site, who_of
from hub.runtime.audit import Act

Item = TypeVar("Item")


class Replay(Protocol[Item]):
    """What somebody asks to be replayed together, at most `MOST` of it. `WHY` and `WHICH` are asked where a reason, or
    what is meant, is missing; `shown` is what its page has beside what all have."""

    KIND: ClassVar[Kind]
    MOST: ClassVar[int]
    TEMPLATE: ClassVar[str]
    WHY: ClassVar[str]
    WHICH: ClassVar[str]

    @property
    def back(self) -> str:
        """The page that it was asked from."""
        ...

    @property
    def shown(self) -> Mapping[str, Any]:
        """See above."""
        ...

    def count(self) -> int:
        """How many there are, within the scope of whoever asks; of nothing chosen none."""
        ...

    def wanted(self) -> list[Item]:
        """They, oldest first; more than `MOST` are refused. Of nothing chosen none."""
        ...

    def said(self, number: int) -> str:
        """So many of them, in words."""
        ...

    async def replay(self, job: Job, wanted: list[Item], act: Act) -> None:
        """Do it, and tell the job how far it is and what came of it."""
        ...


async def ask(site: Site, request: Request, replay: Replay[Item], wrong: str = "") -> Response:
    """How many it would be, and the form; with what is wrong with it, a 422."""
    number = await run_in_threadpool(replay.count)
    shown: dict[str, Any] = {
        "number": number,
        "most": replay.MOST,
        "too_many": number > replay.MOST,
        "said": await run_in_threadpool(replay.said, number),
        "back": replay.back,
        "at_work": site.jobs.at_work,
        "wrong": wrong,
        **replay.shown,
    }
    return site.page(request, replay.TEMPLATE, shown, 422 if wrong else 200)


async def begin(site: Site, request: Request, replay: Replay[Item], reason: str) -> Response:
    """Begin the job and lead to its page, or to that of the one at work; else ask again."""
    who, said = who_of(request), reason.strip()
    if len(said) < LEAST_REASON:
        return await ask(site, request, replay, replay.WHY)
    wanted = await run_in_threadpool(replay.wanted)
    if not 0 < len(wanted) <= replay.MOST:
        return await ask(site, request, replay, replay.WHICH)
    act = Act(who.actor, said)

    async def work(job: Job) -> None:
        await replay.replay(job, wanted, act)

    what = await run_in_threadpool(replay.said, len(wanted))
    try:
        job = await site.jobs.begin(who, replay.KIND, what, said, len(wanted), work)
    except Busy as busy:
        return RedirectResponse(f"{PAGES}/jobs/{busy.id}?busy=1", 303)
    return RedirectResponse(f"{PAGES}/jobs/{job.id}", 303)
