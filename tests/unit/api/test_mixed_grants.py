"""Somebody of two roles: what one role lets them see elsewhere is no place for what only the other lets them do."""

import asyncio
from contextlib import asynccontextmanager
from typing import NamedTuple

import httpx
import pytest

from hub.api.access import Grant, Principal
from hub.api.access.ways import WAYS
from hub.stages.errors import Unavailable
from hub.store import Projector
from schemas.deadletters import letter_id
from schemas.looks import FoundChildren
from tests.support.engineering import Doing, fill_engineering, key
from tests.support.pages import Served
from tests.support.readmodel import deadline, review
from tests.support.synthetic import ELSEWHERE
from tests.unit.api.test_ways import Always

SALT = "speech-and-language"
HERE, THERE = "825", "931"
OWN = {
    "child": "chd-1",
    "task": "rv-own",
    "message": key("m-taken"),
    "letter": letter_id("council.events", 2, 0, "intake"),
}
OTHER = {
    "child": "chd-2",
    "task": "rv-other",
    "message": key("m-other", ELSEWHERE),
    "letter": letter_id("council.events", 2, 3, "intake"),
}


class Case(NamedTuple):
    """One way, by what it is asked about; `wide` is the role of every area that sees it, `narrow` the one of an area
    that may."""

    path: str
    wide: str
    narrow: str
    json: dict | None = None
    form: dict | None = None


LOOK = {"purpose": "somebody rang"}
REASON = {"reason": "somebody rang and asked"}
CASES = {
    "POST /children/{child_id}/identify": Case("/children/{child}/identify", "viewer", "coordinator", LOOK),
    "POST /reviews/{task_id}/evidence": Case("/reviews/{task}/evidence", "engineer", "coordinator", LOOK),
    "POST /comparisons": Case("/comparisons", "viewer", "coordinator", LOOK | {"children": ["{child}"]}),
    "POST /pages/children/{child_id}/name": Case("/pages/children/{child}/name", "viewer", "service", form=REASON),
    "POST /pages/questions/{task_id}": Case("/pages/questions/{task}", "engineer", "coordinator", form=LOOK),
    "POST /pages/questions/{task_id}/decide": Case(
        "/pages/questions/{task}/decide", "engineer", "coordinator", form={"why": "as was said", "stamp": "s"}
    ),
    "POST /pages/messages/replay": Case(
        "/pages/messages/replay?key={message}", "information-governance", "engineer", form=REASON
    ),
    "POST /pages/messages/{message_id}/raw": Case(
        "/pages/messages/{message}/raw", "engineer", "information-governance", form=REASON
    ),
    "POST /pages/dead-letters/replay": Case(
        "/pages/dead-letters/replay?letter={letter}", "information-governance", "engineer", form=REASON
    ),
    "POST /pages/dead-letters/{letter_id}/raw": Case(
        "/pages/dead-letters/{letter}/raw", "engineer", "information-governance", form=REASON
    ),
    "POST /pages/dead-letters/{letter_id}/resolve": Case(
        "/pages/dead-letters/{letter}/resolve", "information-governance", "engineer", form=REASON
    ),
    "POST /pages/worklist.csv": Case("/pages/worklist.csv", "viewer", "coordinator", form=REASON),
    "POST /pages/find": Case("/pages/find", "viewer", "coordinator", form={"name": "Somebody"}),
}
APART = {
    "POST /children/{child_id}/adoption": "for whoever decides in every area: test_adopting",
    "POST /decisions": "what was shown, and no more: test_reviewing",
    "POST /pages/decisions/{decision_id}/undo": "goes the way of decisions",
    "POST /pages/sign-in": "before anybody is known",
    "POST /pages/sign-out": "one's own session",
    "POST /pages/filters": "in one's own browser",
    "POST /pages/messages": "finds what may be read",
    "POST /pages/jobs/{job_id}/stop": "of no area: test_sources",
    "POST /pages/sources/{process}/pause": "of no area: test_sources",
    "POST /pages/sources/{process}/resume": "of no area: test_sources",
}


class Desk:
    """Finds everybody, notes of whom it is asked more, and tells nothing."""

    def __init__(self):
        self.asked = []

    async def find(self, *_said):
        return FoundChildren(look="k", children=("chd-1", "chd-2"))

    def __getattr__(self, name):
        async def ask(what, *_said, **_named):
            self.asked += [what] if isinstance(what, str) else what
            raise Unavailable("nobody is named here")

        return ask


@asynccontextmanager
async def serving(url):
    """`ask(case, about, grants)`: the answer, and of what the desk and the hub were asked."""
    desk, doing, known = Desk(), Doing(), Always()
    served = Served(url, desk=desk, doing=doing)
    doing.go.set()
    served.access.authenticators[0] = known
    transport = httpx.ASGITransport(served.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://hub") as client:

        async def ask(case, about, grants):
            served.begin_again()
            desk.asked.clear()
            doing.acts.clear()
            doing.told.clear()
            known.who = Principal(actor="prs-1", kind="person", how="token", grants=grants)
            said = {name: [each.format(**about) for each in value] if isinstance(value, list) else value
                    for name, value in (case.json or {}).items()}  # fmt: skip
            body = {"json": said} if case.json is not None else {"data": case.form}
            answer = await client.post(case.path.format(**about), **body)
            await asyncio.sleep(0.01)
            begun = [entry for entry in served.audits if entry.action in ("identity.break-glass", "job.begin")]
            return answer, (desk.asked, doing.acts, doing.told, begun)

        yield ask
    served.engine.dispose()


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('mixed')}/read-model.db"
    fill_engineering(url)
    projector = Projector.open(url, lambda _: None)
    said = {"service": SALT, "heading": "medical", "questions": [], "exemptions": []}
    limits = [deadline(0, "chd-1", area=HERE, **said), deadline(1, "chd-2", area=THERE, **said)]
    projector.apply("hub.deadlines", 0, limits, 0, 2)
    tasks = [review(1, "rv-own", child_id="chd-1"), review(2, "rv-other", child_id="chd-2", source=ELSEWHERE)]
    projector.apply("hub.review", 0, tasks, 1, 3)
    projector.close()
    return url


def grants_of(case):
    everywhere, here, salt = frozenset({"*"}), frozenset({HERE}), frozenset({SALT})
    return Grant(role=case.wide, areas=everywhere), Grant(role=case.narrow, areas=here, services=salt)


async def test_what_one_role_sees_elsewhere_is_not_where_the_other_may_act(url):
    async with serving(url) as ask:
        for way, case in CASES.items():
            grants = grants_of(case)
            answer, (asked, *others) = await ask(case, OTHER, grants)
            if case.path == case.path.format(**OTHER) and case.json is None:
                assert asked == ["chd-1"], way
            else:
                assert (answer.status_code in (404, 422), asked, others) == (True, [], [[], [], []]), way
            answer, done = await ask(case, OWN, grants)
            assert any(done), (way, answer.status_code)


def test_every_way_that_does_something_is_looked_at():
    assert {f"{way.method} {way.path}" for way in WAYS if way.method == "POST"} == set(CASES) | set(APART)
