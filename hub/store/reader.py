"""Reading the read model: one page of a listing at a time, one row by key, and how fresh the whole is."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    CTE,
    Column,
    ColumnElement,
    Connection,
    Select,
    Table,
    false,
    or_,
    select,
    tuple_,
)

from hub.core.alerts.rules import RESTRICTED
from hub.store import tables
from hub.store.tables import dead_letter_contents, offsets
from schemas.ids import full_id

Value = str | bool | int | date
Place = tuple[Value, ...]
"""Where a page ends: the order columns' values of its last row."""

AT_ONCE = 1_000
"""Rows held at a time when all are read."""


@dataclass(frozen=True)
class Listing:
    """A table in a fixed order, by the columns named (the last is unique), newest first where `descending`."""

    table: Table
    order: tuple[str, ...]
    descending: bool = False

    @property
    def columns(self) -> list[Column[Value]]:
        """The order's columns."""
        return [self.table.c[name] for name in self.order]


CHILDREN = Listing(tables.children, ("key",))
DEADLINES = Listing(tables.deadlines, ("due_on", "key"))
ALERTS = Listing(tables.alerts, ("since", "key"), descending=True)
REVIEWS = Listing(tables.reviews, ("opened_on", "key"), descending=True)
DEAD_LETTERS = Listing(tables.dead_letters, ("at", "key"), descending=True)


class Page(NamedTuple):
    """JSON bodies in order, and where to go on; `last` None means that nothing follows."""

    bodies: list[str]
    last: Place | None


class Content(NamedTuple):
    """The bytes of a dead letter; the value is sealed with the key `key_id`. `headers` is JSON, values in base64."""

    key: bytes | None
    value: bytes | None
    headers: str
    key_id: str | None


def page(
    connection: Connection,
    listing: Listing,
    filters: Mapping[str, Value],
    after: Place | None,
    limit: int,
    *,
    named: bool = True,
    where: Sequence[ColumnElement[bool]] = (),
) -> Page:
    """At most `limit` rows that match the filters, after a place.

    A filter is a column's name with the value that it has; `<column>_from` and `<column>_to` mean not before, not
    after; `where` narrows further. Unless it is for `named` people, of restricted children there is nothing but their
    ids among the children, and not even these where a filter would tell more.
    """
    columns = listing.columns
    wanted = _seen(listing, *columns, named=named, filtered=bool(filters or where)).where(
        *(matches(listing.table, *item) for item in filters.items()), *where
    )
    if after is not None:
        here = tuple_(*columns)
        wanted = wanted.where(here < after if listing.descending else here > after)
    ordered = wanted.order_by(*(column.desc() if listing.descending else column.asc() for column in columns))
    rows = connection.execute(ordered.limit(limit + 1)).all()
    kept = rows[:limit]
    return Page([_body(row) for row in kept], tuple(kept[-1][2:]) if len(rows) > limit else None)


def bodies(connection: Connection, listing: Listing, filters: Mapping[str, Value]) -> Iterator[str]:
    """All rows that match the filters (as in `page`), in the listing's order, a page at a time."""
    after: Place | None = None
    while True:
        found = page(connection, listing, filters, after, AT_ONCE)
        yield from found.bodies
        after = found.last
        if after is None:
            return


def body(
    connection: Connection,
    listing: Listing,
    key: str,
    *,
    named: bool = True,
    where: Sequence[ColumnElement[bool]] = (),
) -> str | None:
    """The JSON of one row, or None; `named` and `where` as above."""
    key_column = listing.table.c.key
    seen = _seen(listing, key_column, named=named, filtered=bool(where))
    row = connection.execute(seen.where(key_column == key, *where)).first()
    return None if row is None else _body(row)


def _seen(listing: Listing, *columns: Column[Value], named: bool, filtered: bool = False) -> Select[Any]:
    """Whether to keep all but the id back, the body, and these columns, of the rows that may be seen."""
    table, kept_back = listing.table, tables.children.c.restricted
    if named or (table is not tables.children and "child_id" not in table.c):
        return select(false(), table.c.body, *columns)
    if table is tables.children:
        seen = select(kept_back, table.c.body, *columns)
        return seen.where(~kept_back) if filtered else seen
    of_child = table.c.child_id
    seen = select(false(), table.c.body, *columns).where(or_(of_child.is_(None), of_child.not_in(withheld())))
    # The alert may be read before the record that says why.
    return seen.where(table.c.audience != RESTRICTED) if table is tables.alerts else seen


def withheld() -> Select[Any]:
    """The ids of restricted children, and of those that were merged into them, in however many steps."""
    return select(_WITHHELD.c.key)


def beneath(children: Select[Any], name: str) -> CTE:
    """These ids, and those that were merged into them in however many steps; a circle ends. `name` is the statement's
    word for them."""
    found = children.cte(name, recursive=True)
    merged = tables.merged_children.c
    return found.union(select(merged.key).join(found, merged.surviving == found.c.key))


# One for all: a statement that asks twice names it once.
_WITHHELD = beneath(select(tables.children.c.key).where(tables.children.c.restricted), "withheld")


def _body(row: Sequence[Any]) -> str:
    """A row's body; of a child that is kept back its id, the last column, and why."""
    return orjson.dumps({"child_id": row[-1], "restricted": True}).decode() if row[0] else str(row[1])


def surviving(connection: Connection, child_id: str) -> str | None:
    """The child under which one that was merged goes on, however often it was merged on; None for one that was not.

    Merges make no circle; should two partitions be read in between, the walk ends where it came by before.
    """
    merged, seen, here = tables.merged_children.c, {child_id}, child_id
    while True:
        onward: str | None = connection.scalar(select(merged.surviving).where(merged.key == here))
        if onward is None or onward in seen:
            return here if here != child_id else None
        seen.add(onward)
        here = onward


def deadlines_about(connection: Connection, child_id: str, subjects: Collection[str]) -> list[str]:
    """The ids of a child's deadlines that are about any of these subjects (`source/id`)."""
    table, wanted, found = tables.deadlines.c, set(subjects), []
    for (content,) in connection.execute(select(table.body).where(table.child_id == child_id)):
        deadline = orjson.loads(content)
        about = {full_id(deadline["source"], bare) for bare in (deadline["subject"] or {}).values() if bare}
        if not wanted.isdisjoint(about):
            found.append(deadline["id"])
    return sorted(found)


def letter_returned(connection: Connection, letter: str) -> str | None:
    """The id of the dead letter whose replay came back as this one, or None."""
    found: str | None = connection.scalar(
        select(tables.dead_letters.c.key).where(tables.dead_letters.c.returns_as == letter)
    )
    return found


def content(connection: Connection, letter: str) -> Content | None:
    """The bytes of one dead letter, or None."""
    columns = dead_letter_contents.c
    row = connection.execute(
        select(columns.record_key, columns.value, columns.headers, columns.key_id).where(columns.key == letter)
    ).first()
    return None if row is None else Content(*row)


def freshness(connection: Connection) -> dict[str, int]:
    """By topic, the broker's time of the newest record applied, in milliseconds since 1970."""
    newest: dict[str, int] = {}
    for topic, milliseconds in connection.execute(select(offsets.c.topic, offsets.c.last_record_ms)):
        newest[topic] = max(newest.get(topic, 0), milliseconds)
    return newest


def matches(table: Table, name: str, value: Value) -> ColumnElement[bool]:
    """A filter as `page` takes it."""
    if name.endswith("_from"):
        return table.c[name.removesuffix("_from")] >= value
    if name.endswith("_to"):
        return table.c[name.removesuffix("_to")] <= value
    return table.c[name] == value
