"""The worklist: who owes which advice, why it is on the list, and what to do next; as a page and as a sheet."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, NamedTuple, get_args
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Form, HTTPException, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from hub.api.access import Principal, shown
from hub.api.access.scope import slices
from hub.api.access.shown import Sight
from hub.api.access.ways import PAGES
from hub.api.pages import chasing, words
from hub.api.pages.kept import Filter, keep, kept
from hub.api.pages.messages import Reason
from hub.api.pages.names import initials, nameable, names
from hub.api.pages.site import PageRoute, Site, who_of
from hub.api.reading import sights
from hub.api.sheet import sheet
from hub.core.measures.ages import ADVICE_BANDS
from hub.store import reader, worklist
from hub.store.reader import DEADLINES, Value
from hub.store.worklist import Asked, Group, List
from schemas.audit import MOST_WHY
from schemas.looks import Named

SIZE = 50
MANY = 500
"""Rows from which nobody works through a list one by one."""
SHEET_AT_ONCE = 500
SHEET_MOST = 10_000
"""Rows of one sheet at most."""


class _About(NamedTuple):
    """What a list is called, what it says of itself, and what is said where it is empty."""

    title: str
    says: str
    empty: str


LISTS: Mapping[List, _About] = {
    "owed": _About(
        "To chase",
        "Advice that was asked for and has not come, the earliest due first. Act by the day given: it is the last "
        "working day on which it is in time however days are counted.",
        "All advice that was asked for has come. New requests appear here by themselves.",
    ),
    "exempt": _About(
        "Exempt, still owed",
        "An accepted exemption lifts the limit, and the advice is still owed as soon as it can be given.",
        "No advice is exempt from its limit.",
    ),
    "standing": _About(
        "Standing backlog",
        "Advice that was already late when the hub first saw it. It raises no alert of its own, so that new lateness "
        "is not lost among it.",
        "Nothing was late when the hub first saw it, or all of it has come.",
    ),
    "restricted": _About(
        "Restricted",
        "Advice for children of whom only named people may know. You are one of them: it is in no other list, so "
        "nobody else chases it.",
        "No advice is owed for a restricted child.",
    ),
}

Word = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class WorklistQuery(BaseModel):
    """What the list takes from its address: all of it plain words of the list's own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    which: List = Field("owed", alias="list")
    service: Word = ""
    body: Word = ""
    age: Word = ""
    after: Annotated[str, StringConstraints(max_length=2_000)] = ""

    @field_validator("age")
    @classmethod
    def _is_a_band(cls, age: str) -> str:
        if age and age not in ADVICE_BANDS.names:
            raise ValueError("not a band of weeks")
        return age

    @property
    def asked(self) -> Asked:
        """As the read model is asked."""
        return Asked(self.which, self.service or None, self.body or None, self.age or None)

    @property
    def filters(self) -> dict[str, str]:
        """Those that were chosen."""
        return {name: value for name in ("service", "body", "age") if (value := getattr(self, name))}

    @property
    def address(self) -> str:
        """The same list, from its beginning."""
        return urlencode({"list": self.which, **self.filters})


class _Shown(NamedTuple):
    """What is read for one page, of one moment."""

    rows: list[chasing.Row]
    groups: tuple[Group, ...]
    counts: Mapping[List, int]
    counted: int
    following: str | None
    as_of: str
    revision: int


def worklist_pages(site: Site) -> APIRouter:
    """The list, its sheet, and saved filters."""
    router = APIRouter(prefix=PAGES, include_in_schema=False, route_class=PageRoute)

    @router.get("/worklist")
    async def listed(request: Request, query: Annotated[WorklistQuery, Query()]) -> Response:
        return await _list(site, request, query)

    @router.get("/worklist.csv")
    async def as_sheet(request: Request, query: Annotated[WorklistQuery, Query()]) -> Response:
        who = who_of(request)
        rows = await run_in_threadpool(_all_rows, site, who, query)
        await site.audited.act(who, "list.export", (), f"worklist as a sheet, {len(rows)} rows, references only")
        return sheet("worklist", HEAD, (_cells(row, site.today) for row in rows))

    @router.post("/worklist.csv")
    async def with_names(request: Request, query: Annotated[WorklistQuery, Query()], reason: Reason = "") -> Response:
        who = who_of(request)
        if len(reason.strip()) < 5:
            return await _list(site, request, query, "Say in a few words why the sheet needs names", reason)
        rows = await run_in_threadpool(_all_rows, site, who, query)
        wanted = await run_in_threadpool(nameable, site, who, {row.child_id for row in rows})
        await site.audited.act(who, "list.export", (), f"worklist with names: {reason.strip()}"[:MOST_WHY])
        known = await names(site, who, wanted, reason.strip())
        cells = (_named_cells(known.get(row.child_id)) | _cells(row, site.today) for row in rows)
        return sheet("worklist-with-names", (*NAMED_HEAD, *HEAD), cells)

    @router.get("/filters")
    async def filters(request: Request) -> Response:
        own = kept(request, site.access, who_of(request).actor)
        return site.page(request, "filters.html", {"saved": own.filters})

    @router.post("/filters")
    async def save(
        request: Request,
        query: Annotated[str, Form(max_length=300)],
        name: Annotated[str, Form(max_length=40)] = "",
        remove: Annotated[str, Form(max_length=40)] = "",
    ) -> Response:
        own = kept(request, site.access, who_of(request).actor)
        if remove:
            answer, own = RedirectResponse(f"{PAGES}/filters", 303), own.without_filter(remove)
        elif name.strip() and _ADDRESS.fullmatch(query):
            answer = RedirectResponse(f"{PAGES}/worklist?{query}", 303)
            own = own.with_filter(Filter(name=name.strip(), query=query))
        else:
            raise HTTPException(422, "A filter needs a name of up to 40 characters")
        keep(answer, site.access, own)
        return answer

    return router


_ADDRESS = re.compile(r"[A-Za-z0-9=&%+._*-]{0,300}")

HEAD = (
    "Case reference", "Recipient's reference", "Heading", "Service", "Body asked", "Asked on", "Due", "Act by",
    "Days left", "State", "Why", "Last contact", "Last contact on", "Next step",
)  # fmt: skip
NAMED_HEAD = ("Given name", "Family name", "Date of birth", "NHS number")


async def _list(site: Site, request: Request, query: WorklistQuery, wrong: str = "", reason: str = "") -> Response:
    who = who_of(request)
    found = await run_in_threadpool(_read, site, who, query)
    wanted = await run_in_threadpool(nameable, site, who, [row.child_id for row in found.rows])
    known, not_named = await initials(site, who, wanted, "worklist")
    own = kept(request, site.access, who.actor).visited(site.today)
    more = {"known": known, "not_named": not_named, "saved": own.filters, "wrong": wrong, "reason": reason}
    answer = site.page(request, "worklist.html", _page(site, who, query, found) | more, 422 if wrong else 200)
    keep(answer, site.access, own)
    return answer


def _read(site: Site, who: Principal, query: WorklistQuery) -> _Shown:
    scope, named, today = slices(who, "record.read"), who.restricted, site.today
    with site.model.connection() as connection:
        after = None if not query.after else site.cursors.read(DEADLINES, _bound(who, query), query.after)
        page = worklist.page(connection, query.asked, scope, today, after, SIZE, named=named)
        following = None if page.last is None else site.cursors.write(DEADLINES, _bound(who, query), page.last)
        lists = [each for each in get_args(List) if each != "restricted" or named]
        tallies = worklist.tally(connection, scope, today, named=named)
        return _Shown(
            rows=_rows(connection, who, page.bodies),
            groups=worklist.groups(tallies, query.asked),
            counts={each: worklist.counted(tallies, Asked(each)) for each in lists},
            counted=worklist.counted(tallies, query.asked),
            following=following,
            as_of=site.as_of(connection),
            revision=max(reader.freshness(connection).values(), default=0),
        )


def _bound(who: Principal, query: WorklistQuery) -> dict[str, Value]:
    """What a place in the list is bound to: another person's leads nowhere."""
    return {"page": "worklist", "actor": who.actor, "list": query.which, **query.filters}


def _rows(connection: Connection, who: Principal, bodies: Sequence[str]) -> list[chasing.Row]:
    """The rows with what the records and alerts say of them, as they are shown to whoever asks: a few questions,
    however many rows."""
    children = {orjson.loads(body)["child_id"] for body in bodies}
    seen = sights(connection, who, "record.read", children)
    deadlines = [_shown_deadline(body, seen) for body in bodies]
    known = worklist.records(connection, children)
    records = {key: orjson.loads(shown.record(body, seen[key])) for key, body in known.items()}
    alerts: dict[str, list[Any]] = {}
    for body in worklist.alerts(connection, children):
        alert = orjson.loads(body)
        alerts.setdefault(alert["child_id"], []).append(alert)
    return [chasing.row(each, records.get(each["child_id"]), alerts.get(each["child_id"], ())) for each in deadlines]


def _shown_deadline(body: str, seen: Mapping[str, Sight]) -> Any:
    return orjson.loads(shown.deadline(body, seen[orjson.loads(body)["child_id"]]))


def _all_rows(site: Site, who: Principal, query: WorklistQuery) -> list[chasing.Row]:
    """Every row of the list; refuses where they are too many."""
    scope, found, after = slices(who, "record.sheet"), list[chasing.Row](), None
    with site.model.connection() as connection:
        while len(found) < SHEET_MOST:
            page = worklist.page(connection, query.asked, scope, site.today, after, SHEET_AT_ONCE, named=who.restricted)
            found += _rows(connection, who, page.bodies)
            after = page.last
            if after is None:
                return found
    raise HTTPException(422, f"A sheet has {SHEET_MOST:,} rows at most: choose a service, a body or an age first")


def _cells(row: chasing.Row, today: date) -> dict[str, object]:
    service = words.service(row.service) if row.service else ""
    heading = words.service(row.heading) if row.heading else ""
    cells = (
        row.case_reference, row.reference, heading, service, row.body, row.asked_on, row.due_on, row.act_by,
        words.days_until(row.act_by, row.due_on, today), words.STATES[row.state], "; ".join(row.why), row.heard,
        row.heard_on, row.next_step,
    )  # fmt: skip
    return dict(zip(HEAD, cells, strict=True))


def _named_cells(named: Named | None) -> dict[str, object]:
    if named is None:
        return {}
    cells = (named.given, named.family, named.birth_date, named.nhs_number)
    return dict(zip(NAMED_HEAD, cells, strict=True))


def _page(site: Site, who: Principal, query: WorklistQuery, found: _Shown) -> dict[str, Any]:
    about, today = LISTS[query.which], site.today
    return {
        "list": {"which": query.which, **about._asdict()},
        "lists": [
            {"which": each, "title": LISTS[each].title, "rows": f"{rows:,}"} for each, rows in found.counts.items()
        ],
        "rows": [_with_days(row, today) for row in found.rows],
        "filters": [_filter(name, label, query, found.groups) for name, label in _FILTERS],
        "query": query.address,
        "is_filtered": bool(query.filters),
        "said_filter": _said(query),
        "counted": f"{found.counted:,}",
        "many": found.counted > MANY,
        "position": "further on" if query.after else "",
        "is_later": bool(query.after),
        "following": found.following,
        "size": SIZE,
        "may_sheet": who.may("record.sheet"),
        "may_names": who.may("child.name"),
        "as_of": found.as_of,
        "revision": found.revision,
    }


def _with_days(row: chasing.Row, today: date) -> dict[str, Any]:
    return row._asdict() | {"days": words.days_left(row.state, row.act_by, row.due_on, today)}


_FILTERS = (("service", "Service or heading"), ("body", "Body asked"), ("age", "Weeks since asked"))


def _filter(name: str, label: str, query: WorklistQuery, groups: Sequence[Group]) -> dict[str, Any]:
    """One choice. What was chosen stays to be seen, also where nothing has it any more."""
    chosen = getattr(query, name)
    rows = {each.value: each.rows for each in groups if each.by == name}
    options = [
        {"value": value, "label": f"{_value(name, value)} ({rows.get(value, 0):,})"}
        for value in {**rows, **({chosen: 0} if chosen else {})}
    ]
    return {"name": name, "label": label, "chosen": chosen, "options": options}


def _value(name: str, value: str) -> str:
    if name == "service":
        return words.service(value)
    if name == "body":
        return words.ROLES.get(value, value)
    return f"{value.replace('-', ' to ').replace('+', ' and more')} weeks"


def _said(query: WorklistQuery) -> str:
    said = [_value(name, value) for name, value in query.filters.items()]
    return f" ({', '.join(said)})" if said else ""
