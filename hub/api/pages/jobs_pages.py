"""Jobs: those of this process with how far they are, and those that the audit knows of besides."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Query, Request, Response
from starlette.responses import RedirectResponse

from hub.api.access import Principal
from hub.api.access.scope import areas
from hub.api.access.ways import PAGES
from hub.api.operating import OnRecord
from hub.api.pages.messages import Key
from hub.api.pages.site import PageRoute, Site, who_of
from hub.stages.errors import Unavailable

SHOWN = 50


def jobs_pages(site: Site) -> APIRouter:
    """The list, one job, and stopping it."""
    router = APIRouter(prefix=PAGES, include_in_schema=False, route_class=PageRoute)

    @router.get("/jobs")
    async def listed(request: Request) -> Response:
        who = who_of(request)
        jobs = [job for job in site.jobs.all if _is_theirs(who, job.actor)]
        on_record, away = await _on_record(site)
        here = {job.id for job in site.jobs.all}
        others = [each for each in on_record if each.id not in here and _is_theirs(who, each.actor)][:SHOWN]
        return site.page(request, "jobs.html", {"jobs": jobs, "others": others, "away": away})

    @router.get("/jobs/{job_id}")
    async def one(request: Request, job_id: Key, busy: Annotated[str, Query(max_length=1)] = "") -> Response:
        who, job = who_of(request), site.jobs.find(job_id)
        if job is not None and not _is_theirs(who, job.actor):
            if busy:
                raise HTTPException(
                    409, "Another replay is at work. One works at a time: begin yours when it has ended"
                )
            raise await site.missing(request, job_id)
        if job is not None:
            return site.page(request, "job.html", {"job": job, "other": None, "busy": bool(busy), "away": ""})
        on_record, away = await _on_record(site)
        other = next((each for each in on_record if each.id == job_id and _is_theirs(who, each.actor)), None)
        shown: dict[str, Any] = {"job": None, "other": other, "busy": False, "away": away}
        return site.page(request, "job.html", shown, 200 if other is not None else 404)

    @router.post("/jobs/{job_id}/stop")
    async def stop(request: Request, job_id: Key) -> Response:
        job = site.jobs.find(job_id)
        if job is None or not _is_theirs(who_of(request), job.actor):
            raise await site.missing(request, job_id)
        await site.audited.act(who_of(request), "job.stop", (job_id,), "stopped from its page")
        site.jobs.stop(job_id)
        return RedirectResponse(f"{PAGES}/jobs/{quote(job_id, safe='')}", 303)

    return router


def _is_theirs(who: Principal, actor: str) -> bool:
    """Whose replay somebody sees, and stops: their own, and everybody's where they replay in every area."""
    return actor == who.actor or areas(who, "message.replay") is None


async def _on_record(site: Site) -> tuple[Sequence[OnRecord], str]:
    """What the audit knows, or why that can't be told now."""
    try:
        return await site.operations.jobs(), ""
    except Unavailable as error:
        return (), f"What other processes did, and this one before it was restarted, can't be told now: {error}."
