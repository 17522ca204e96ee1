"""Reading the change feed: what has changed since a place, nothing of it left out.

A place is the number of the last change read in each lane. Within a lane numbers are those of commits, so what is
committed later has a higher one: nothing can appear behind a place (docs/decisions/0018). Only the last change of a row
is there.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Connection, Select, and_, false, func, select

from hub.store.changes_log import TABLES
from hub.store.changes_tables import change_epoch, change_lanes, changes
from hub.store.reader import beneath, withheld
from hub.store.tables import alerts, metadata
from schemas.topics import ALERTS, CHILDREN, DEADLINES

LANES: tuple[tuple[str, int], ...] = tuple(
    (topic.name, number) for topic in (CHILDREN, DEADLINES, ALERTS) for number in range(topic.partitions)
)
"""In the order in which a place names them."""

Numbers = tuple[int, ...]
"""One for each lane."""

NOWHERE: Numbers = (0,) * len(LANES)


class Place(NamedTuple):
    """How far a reader has come in each lane, and where each lane ended when they began: until they have come there, no
    end of a row from before concerns them."""

    epoch: str
    numbers: Numbers
    began: Numbers


class Gone(Exception):
    """What lies after this place is not all there any more: begin anew."""


class View(NamedTuple):
    """What somebody may see: `areas` None is every one; of restricted children more than the word only if `named`."""

    areas: frozenset[str] | None
    named: bool


class Feed(NamedTuple):
    """Changes as JSON, the place after them, and whether more is known to follow. Not all that is there is seen."""

    items: list[str]
    place: Place
    more: bool


def beginning(connection: Connection) -> Place:
    """Before all that there is."""
    return Place(_epoch(connection), NOWHERE, heads(connection))


def end(connection: Connection) -> Place:
    """After all that there is."""
    now = heads(connection)
    return Place(_epoch(connection), now, now)


def heads(connection: Connection) -> Numbers:
    """The last number of each lane."""
    return _of_lanes(connection, change_lanes.c.last)


def after(connection: Connection, place: Place, view: View, limit: int) -> Feed:
    """At most `limit` changes after a place, those that cannot be seen counted in; beyond it the alerts that come along
    with a child. Raises Gone.

    Each lane's end is read before its changes: where these run out, all up to that end has been read, also the numbers
    that later changes of the same rows took the place of.
    """
    if place.epoch != _epoch(connection) or _is_behind(connection, place):
        raise Gone
    ends, numbers = heads(connection), list(place.numbers)
    if any(number > last for number, last in zip(place.numbers, ends, strict=True)):
        raise Gone
    behind = [lane for lane, last in enumerate(ends) if numbers[lane] < last]
    items: list[str] = []
    left, more = limit, False
    for nth, lane in enumerate(behind):
        share = max(1, left // (len(behind) - nth))
        rows = connection.execute(_query(LANES[lane], numbers[lane], share)).all() if left else []
        full = len(rows) >= share or not left
        more = more or full
        left -= len(rows)
        seen = _Lane(LANES[lane][0], place.numbers[lane], place.began[lane], view)
        items += [item for row in rows if (item := seen.item(row)) is not None]
        items += _along(connection, [row.item for row in rows if seen.has_turned(row)], place, view)
        numbers[lane] = max(rows[-1].number if rows else numbers[lane], numbers[lane] if full else ends[lane])
    # Forgotten meanwhile: what was just read may lack an end.
    if _is_behind(connection, place):
        raise Gone
    return Feed(items, Place(place.epoch, tuple(numbers), place.began), more)


def _epoch(connection: Connection) -> str:
    return str(connection.scalar(select(change_epoch.c.epoch)))


def _is_behind(connection: Connection, place: Place) -> bool:
    """Whether an end that the reader has not read, of a row that they may hold, is kept no more."""
    forgotten = _of_lanes(connection, change_lanes.c.forgotten)
    known = (max(number, began) for number, began in zip(place.numbers, place.began, strict=True))
    return any(lost > number for lost, number in zip(forgotten, known, strict=True))


def _of_lanes(connection: Connection, column: ColumnElement[int]) -> Numbers:
    rows = connection.execute(select(change_lanes.c.topic, change_lanes.c.partition, column))
    known = {(topic, partition): int(number) for topic, partition, number in rows}
    return tuple(known.get(lane, 0) for lane in LANES)


def _query(lane: tuple[str, int], number: int, limit: int) -> Select[Any]:
    topic, partition = lane
    tables = [metadata.tables[name] for name in TABLES[topic]]
    bodies: list[Any] = [table.c.body for table in tables]
    body = bodies[0] if len(bodies) == 1 else func.coalesce(*bodies)
    found: Any = changes
    for table in tables:
        found = found.outerjoin(table, table.c.key == changes.c.item)
    column = changes.c
    hidden = alerts.c.child_id.in_(withheld()) if topic == ALERTS.name else false()
    return (
        select(*_OF_ROW, hidden.label("hidden"), body.label("body"))
        .select_from(found)
        .where(and_(column.topic == topic, column.partition == partition, column.number > number))
        .order_by(column.number)
        .limit(limit)
    )


_OF_ROW = tuple(changes.c[name] for name in ("number", "turned", "item", "area", "former", "restricted"))


def _along(connection: Connection, children: Sequence[str], place: Place, view: View) -> list[str]:
    """What is told anew of the alerts of children of whom others may know now than did: that they are gone, of those
    that are withheld; else, as they are, those that lie behind the place, for they may have been passed over there.
    Those of whoever was merged into them come along."""
    if view.named or not children:
        return []
    turned = select(changes.c.item).where(changes.c.topic == CHILDREN.name, changes.c.item.in_(children))
    found = beneath(turned.with_only_columns(changes.c.item.label("key")), "turned_children")
    rows = connection.execute(
        select(*_OF_ROW, changes.c.partition, alerts.c.child_id.in_(withheld()).label("hidden"), alerts.c.body)
        .join(alerts, alerts.c.key == changes.c.item)
        .where(changes.c.topic == ALERTS.name, ~changes.c.restricted, alerts.c.child_id.in_(select(found.c.key)))
        .order_by(changes.c.item)
    ).all()
    items = []
    for row in rows:
        lane = LANES.index((ALERTS.name, row.partition))
        seen = _Lane(ALERTS.name, place.numbers[lane], place.began[lane], view)
        items += [item] if (item := seen.again(row)) is not None else []
    return items


class _Lane(NamedTuple):
    """What a reader makes of one lane's changes from where they stand."""

    topic: str
    number: int
    began: int
    view: View

    def item(self, row: Any) -> str | None:
        """The change as JSON, None where it does not concern the reader.

        Who could see the row before is told once that it is gone, and who could not is told nothing: what happens to it
        from then on is not theirs to know.
        """
        if row.body is None and row.number <= self.began:
            return None  # it had gone before the reader began
        if row.hidden and not row.restricted and not self.view.named:
            return None  # that it is theirs no more was told with its child
        may, told = self._may_see(row), row.turned <= self.number
        if may and (self.view.named or not row.restricted):
            return self._said(row, row.body)
        if may and self.topic == CHILDREN.name:
            return None if told else self._said(row, _withheld(row.item))
        if told or row.turned <= self.began or not (may or self._could_see(row)):
            return None
        merged = row.area is None and self.topic == CHILDREN.name
        return self._said(row, row.body if merged else None)

    def has_turned(self, row: Any) -> bool:
        """Whether others may know of a child, since the reader began and was here, than did before. Into whom a child
        was merged decides that as well, and is no turn of its own."""
        if self.topic != CHILDREN.name:
            return False
        merged = row.area is None and row.body is not None
        return bool((row.number if merged else row.turned) > max(self.number, self.began))

    def again(self, row: Any) -> str | None:
        """An alert that comes along with its child, None where that does not concern the reader."""
        if row.hidden:
            return self._said(row, None) if self._may_see(row) or self._could_see(row) else None
        return self._said(row, row.body) if self._may_see(row) and row.number <= self.number else None

    def _may_see(self, row: Any) -> bool:
        return self.view.areas is None or row.area in self.view.areas

    def _could_see(self, row: Any) -> bool:
        return not frozenset(row.former.split(",")).isdisjoint(self.view.areas or ())

    def _said(self, row: Any, value: str | None) -> str:
        key = orjson.dumps(row.item).decode()
        return f'{{"topic":"{self.topic}","key":{key},"value":{value or "null"}}}'


def _withheld(child_id: str) -> str:
    """Of a restricted child the id and that word."""
    return orjson.dumps({"child_id": child_id, "restricted": True}).decode()
