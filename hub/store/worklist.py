"""The advice that is owed, as people chase it: a page of it, how much there is, and what changed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, case, func, select, text, true

from hub.core.measures.ages import ADVICE_BANDS
from hub.store import reader, tables
from hub.store.reach import Slice, unrestricted, within
from hub.store.reader import DEADLINES, Listing, Page, Place

List = Literal["owed", "exempt", "standing", "restricted"]
"""`owed`: running or overdue. `exempt`: past its day with an accepted exemption, and still owed. `standing`: it was
overdue when the hub first saw it. `restricted`: of restricted children, for named people alone, in no other list."""

By = Literal["service", "body", "age"]
CHANGES = Listing(tables.deadlines, ("changed_on", "key"), descending=True)

_column = tables.deadlines.c
_OWED = text(tables.OWED)
_body = func.coalesce(_column.ods, _column.role)


class Asked(NamedTuple):
    """Which list, and what of it. `ages` is a band of weeks since the request reached the body asked."""

    which: List = "owed"
    service: str | None = None
    body: str | None = None
    age: str | None = None


class Tally(NamedTuple):
    """How many rows of a list are alike."""

    which: List
    service: str | None
    body: str
    age: str
    rows: int


class Group(NamedTuple):
    """How many rows have one value of `by`."""

    by: By
    value: str
    rows: int


def page(
    connection: Connection,
    asked: Asked,
    slices: Sequence[Slice],
    today: date,
    after: Place | None,
    limit: int,
    *,
    named: bool,
) -> Page:
    """At most `limit` deadlines of the list, earliest due first."""
    return reader.page(
        connection, DEADLINES, {}, after, limit, named=named, where=[_listed(asked, slices, today, named)]
    )


def tally(connection: Connection, slices: Sequence[Slice], today: date, *, named: bool) -> tuple[Tally, ...]:
    """How much there is of everything that is owed, in one pass over it. Restricted children's for `named` alone."""
    restricted = [(_column.child_id.in_(reader.withheld()), "restricted")] if named else []
    which = case(*restricted, (_column.state == "exempt", "exempt"), (_column.standing, "standing"), else_="owed")
    band = case(
        *((_column.starts_on >= today - timedelta(weeks=weeks), name) for weeks, name in ADVICE_BANDS.limits),
        else_=ADVICE_BANDS.beyond,
    )
    seen: list[Any] = [_OWED, within(slices), *([] if named else [unrestricted()])]
    each = select(which.label("which"), _column.service, _body.label("body"), band.label("age")).where(*seen).subquery()
    rows = connection.execute(select(*each.c, func.count()).group_by(*each.c))
    return tuple(Tally(*tuple(row)) for row in rows)


def counted(tallies: Iterable[Tally], asked: Asked) -> int:
    """How many rows a list has."""
    return sum(each.rows for each in tallies if _fits(each, asked))


def _fits(tally: Tally, asked: Asked, but: By | None = None) -> bool:
    wanted = {name: value for name, value in asked._asdict().items() if value is not None and name != but}
    return all(getattr(tally, name) == value for name, value in wanted.items())


def groups(tallies: Iterable[Tally], asked: Asked) -> tuple[Group, ...]:
    """How many there are in a list by service, by body and by age, each under what else was asked: as many as its
    choice would lead to. Every age, also those with none."""
    found: dict[By, dict[str, int]] = {"service": {}, "body": {}, "age": dict.fromkeys(ADVICE_BANDS.names, 0)}
    for each in tallies:
        for by, values in found.items():
            value = getattr(each, by)
            if value and _fits(each, asked, but=by):
                values[value] = values.get(value, 0) + each.rows
    in_order = {by: values if by == "age" else dict(sorted(values.items())) for by, values in found.items()}
    return tuple(Group(by, value, rows) for by, values in in_order.items() for value, rows in values.items())


def changed(
    connection: Connection, slices: Sequence[Slice], since: date, after: Place | None, limit: int, *, named: bool
) -> Page:
    """The deadlines that changed on a day or later, whatever became of them, newest first. Of restricted children
    nothing: they are in their own list."""
    where = [within(slices), _column.changed_on >= since, unrestricted()]
    return reader.page(connection, CHANGES, {}, after, limit, named=named, where=where)


def records(connection: Connection, child_ids: Iterable[str]) -> Mapping[str, str]:
    """The JSON of several children's records, by id, in one question. Whoever asks has seen that they may."""
    column = tables.children.c
    rows = connection.execute(select(column.key, column.body).where(column.key.in_(sorted(set(child_ids)))))
    return {row.key: row.body for row in rows}


def alerts(connection: Connection, child_ids: Iterable[str]) -> Sequence[str]:
    """The JSON of the open alerts of several children, in one question."""
    column = tables.alerts.c
    wanted = select(column.body).where(column.child_id.in_(sorted(set(child_ids))), column.state == "open")
    return list(connection.scalars(wanted))


def _listed(asked: Asked, slices: Sequence[Slice], today: date, named: bool) -> ColumnElement[bool]:
    # Written out so that the planner sees that the index of what is owed holds all of it.
    parts: list[Any] = [_OWED, within(slices)]
    if asked.which == "restricted":
        parts.append(_column.child_id.in_(reader.withheld()) if named else ~true())
    else:
        state = _column.state == "exempt" if asked.which == "exempt" else _column.state != "exempt"
        parts += [state, unrestricted()]
        if asked.which != "exempt":
            parts.append(_column.standing == (asked.which == "standing"))
    if asked.service is not None:
        parts.append(_column.service == asked.service)
    if asked.body is not None:
        parts.append(_body == asked.body)
    if asked.age is not None:
        parts += _aged(asked.age, today)
    return and_(*parts)


def _aged(band: str, today: date) -> list[ColumnElement[bool]]:
    """Within a band of weeks since the start: not before its far end, before its near one."""
    edges = (0, *(weeks for weeks, _ in ADVICE_BANDS.limits))
    number = ADVICE_BANDS.names.index(band)
    found: list[ColumnElement[bool]] = []
    if number < len(edges) - 1:
        found.append(_column.starts_on >= today - timedelta(weeks=edges[number + 1]))
    if number:
        found.append(_column.starts_on < today - timedelta(weeks=edges[number]))
    return found
