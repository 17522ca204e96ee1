"""Numbers each change of the read model, in the transaction that makes it.

Whoever writes has the lock of the partition's position before any of this, so in each lane numbers are given in the
order of commits: a reader that sees one sees all before it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, and_, bindparam, case, delete, func, insert, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from hub.core.alerts.rules import RESTRICTED
from hub.stages.projection import Row
from hub.stages.stage import Record
from hub.store.changes_tables import change_lanes, changes
from schemas.topics import ALERTS, CHILDREN, DAY_MS, DEADLINES

TABLES: Mapping[str, tuple[str, ...]] = {
    CHILDREN.name: ("children", "merged_children"),
    DEADLINES.name: ("deadlines",),
    ALERTS.name: ("alerts",),
}
"""The topics that the feed tells of, and the tables that their records are in."""

KEPT_DAYS = 30
"""For how long it is known that a row has gone. Who comes after longer begins anew."""


def note(
    connection: Connection,
    topic: str,
    partition: int,
    records: Sequence[Record],
    rows: Mapping[str, Mapping[str, Row | None]],
) -> None:
    """Note what `rows` say anew, and what ended so long ago that it is not told any more."""
    if topic not in TABLES or not records:
        return
    items, at = list(dict.fromkeys(_items(topic, rows))), max(record.timestamp for record in records)
    lane = {"p_topic": topic, "p_partition": partition, "p_at": at}
    first = _reserve(connection, topic, partition, len(items)) - len(items) + 1
    numbered = [lane | _of_item(topic, item, rows, number) for number, item in enumerate(items, first)]
    there = [each for each in numbered if not each["p_gone"]]
    gone = [each for each in numbered if each["p_gone"]]
    if there:
        connection.execute(_SET[connection.dialect.name], there)
    if gone:
        connection.execute(_GONE, gone)
    _forget(connection, topic, partition, at - KEPT_DAYS * DAY_MS)


def _items(topic: str, rows: Mapping[str, Mapping[str, Row | None]]) -> Iterable[str]:
    for table in TABLES[topic]:
        yield from rows.get(table, {})


def _of_item(topic: str, item: str, rows: Mapping[str, Mapping[str, Row | None]], number: int) -> dict[str, Any]:
    row = next((row for table in TABLES[topic] if (row := rows.get(table, {}).get(item)) is not None), None)
    known, restricted = row or {}, row is not None and _is_restricted(topic, row)
    return {
        "p_item": item,
        "p_number": number,
        # Of what nobody unnamed has ever seen they need not be told that it is not to be seen.
        "p_first": 0 if restricted and topic != CHILDREN.name else number,
        "p_area": known.get("area"),
        "p_restricted": restricted,
        "p_gone": row is None,
    }


def _is_restricted(topic: str, row: Row) -> bool:
    """What the record says of itself: what another row says may be committed sooner or later. An alert that is cleared
    as `restricted` is one that only the restricted list may know of from then on."""
    said = orjson.loads(row["body"])
    if topic == ALERTS.name:
        return bool(row["audience"] == RESTRICTED) or said.get("reason") == RESTRICTED
    return said.get("restricted") is True


def _reserve(connection: Connection, topic: str, partition: int, count: int) -> int:
    """The last of so many numbers, which are nobody else's."""
    here = and_(change_lanes.c.topic == topic, change_lanes.c.partition == partition)
    moved = update(change_lanes).where(here).values(last=change_lanes.c.last + count).returning(change_lanes.c.last)
    last: int | None = connection.scalar(moved)
    if last is None:
        connection.execute(insert(change_lanes).values(topic=topic, partition=partition, last=count, forgotten=0))
        last = count
    return last


def _forget(connection: Connection, topic: str, partition: int, before: int) -> None:
    old = and_(changes.c.topic == topic, changes.c.partition == partition, changes.c.gone, changes.c.at < before)
    highest = connection.scalar(select(func.max(changes.c.number)).where(old))
    if highest is None:
        return
    connection.execute(delete(changes).where(old))
    here = and_(change_lanes.c.topic == topic, change_lanes.c.partition == partition)
    forgotten = case((change_lanes.c.forgotten < highest, highest), else_=change_lanes.c.forgotten)
    connection.execute(update(change_lanes).where(here).values(forgotten=forgotten))


_INSERT: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def _set(dialect: str) -> Any:
    made = _INSERT[dialect](changes).values(
        topic=bindparam("p_topic"),
        item=bindparam("p_item"),
        partition=bindparam("p_partition"),
        number=bindparam("p_number"),
        turned=bindparam("p_first"),
        area=bindparam("p_area"),
        former=",",
        restricted=bindparam("p_restricted"),
        gone=bindparam("p_gone"),
        at=bindparam("p_at"),
    )
    new = made.excluded
    elsewhere = changes.c.area.is_distinct_from(new.area)
    turned = or_(elsewhere, changes.c.restricted != new.restricted, changes.c.gone != new.gone)
    return made.on_conflict_do_update(
        index_elements=["topic", "item"],
        set_={
            **{name: new[name] for name in ("partition", "number", "area", "restricted", "gone", "at")},
            "turned": case((turned, new.number), else_=changes.c.turned),
            "former": _with_area(and_(changes.c.area.is_not(None), elsewhere)),
        },
    )


def _with_area(moved: Any) -> Any:
    """The former areas, with the one that the row leaves where it was not there before."""
    comma = literal(",")
    known = changes.c.former.contains(comma + changes.c.area + comma)
    return case((and_(moved, ~known), changes.c.former + changes.c.area + comma), else_=changes.c.former)


_SET = {dialect: _set(dialect) for dialect in _INSERT}
_GONE = (
    update(changes)
    .where(changes.c.topic == bindparam("p_topic"), changes.c.item == bindparam("p_item"))
    .values(
        partition=bindparam("p_partition"),
        number=bindparam("p_number"),
        turned=bindparam("p_number"),
        former=_with_area(changes.c.area.is_not(None)),
        area=None,
        gone=True,
        at=bindparam("p_at"),
    )
)
"""An item that was never told of needs no end: it has no row, and none is made."""
