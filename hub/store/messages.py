"""What connectors received and what became of it, from the read model: never what a message says."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args

import orjson
from sqlalchemy import ColumnElement, Connection, Select, exists, func, select

from hub.store import tables
from hub.store.reader import Listing, Page, Place, Value, matches, page
from schemas.trail import ReadOutcome, TakenOutcome

Became = ReadOutcome | TakenOutcome | Literal["dead-letter"]
OUTCOMES: tuple[str, ...] = (*get_args(ReadOutcome), *get_args(TakenOutcome), "dead-letter")
"""What a message is found by: any of its steps ended so, or a stage has given a record of it up and it stands open."""

MESSAGES = Listing(tables.messages, ("at", "key"), descending=True)


class RawPlace(NamedTuple):
    """Where the raw bytes of a message stand, by its id."""

    message: str
    topic: str
    partition: int
    offset: int


class Followed(NamedTuple):
    """One message: the JSON bodies of its receipt, of its steps in order, and of its dead letters, open or not."""

    receipt: str
    steps: tuple[str, ...]
    letters: tuple[str, ...]


def messages(
    connection: Connection,
    filters: Mapping[str, Value],
    became: str | None,
    child_id: str | None,
    after: Place | None,
    limit: int,
) -> Page:
    """Receipts, newest first. `filters` by the columns of the table `messages` as in `reader.page`; with `became` only
    those of which a step ended so, with `child_id` only those that identity took for the child.
    """
    return page(connection, MESSAGES, filters, after, limit, where=conditions(became, child_id))


def raw_places(
    connection: Connection,
    filters: Mapping[str, Value],
    became: str | None,
    child_id: str | None,
    keys: Collection[str],
    where: Sequence[ColumnElement[bool]] = (),
) -> list[RawPlace]:
    """Where the raw bytes of messages stand, oldest first: of those that `messages` would list, or of these `keys`.

    `where` narrows further. Without those that intake gave up: they stand in their dead letters.
    """
    wanted = _read(select(tables.message_steps.c.body), filters, became, child_id, keys, where)
    found = map(orjson.loads, connection.scalars(wanted.order_by(tables.messages.c.at, tables.messages.c.key)))
    return [RawPlace(step["message"], step["topic"], step["partition"], step["offset"]) for step in found]


def count_places(
    connection: Connection,
    filters: Mapping[str, Value],
    became: str | None,
    child_id: str | None,
    keys: Collection[str],
    where: Sequence[ColumnElement[bool]] = (),
) -> int:
    """How many `raw_places` would find."""
    wanted = _read(select(func.count()).select_from(tables.message_steps), filters, became, child_id, keys, where)
    return connection.scalar(wanted) or 0


def _read(
    wanted: Select[Any],
    filters: Mapping[str, Value],
    became: str | None,
    child_id: str | None,
    keys: Collection[str],
    where: Sequence[ColumnElement[bool]],
) -> Select[Any]:
    """Of intake's words those of the messages that are meant: they stand under the messages' own keys."""
    narrowed = [matches(tables.messages, *item) for item in filters.items()] + conditions(became, child_id)
    if keys:
        narrowed.append(tables.messages.c.key.in_(keys))
    joined = wanted.join(tables.messages, tables.message_steps.c.key == tables.messages.c.key)
    return joined.where(*narrowed, *where)


def followed(connection: Connection, key: str) -> Followed | None:
    """One message through every stage; None for one that is not known, or no longer kept."""
    messages, steps, letters = tables.messages.c, tables.message_steps.c, tables.dead_letters.c
    receipt = connection.scalar(select(messages.body).where(messages.key == key))
    if receipt is None:
        return None
    # Intake's word stands under the message's own key: it comes first, whatever the others are called. What is put in
    # again has the time at which it was first received, so a repeat is told apart by its name.
    in_order = (steps.key != key, steps.at, steps.outcome == "repeat", steps.key)
    ordered = select(steps.body).where(steps.message == key).order_by(*in_order)
    given_up = select(letters.body).where(letters.message == key).order_by(letters.at, letters.key)
    return Followed(receipt, tuple(connection.scalars(ordered)), tuple(connection.scalars(given_up)))


def conditions(became: str | None, child_id: str | None) -> list[ColumnElement[bool]]:
    """What `became` and `child_id` ask of a message, as `messages` takes them."""
    where: list[ColumnElement[bool]] = []
    if became == "dead-letter":
        letters = tables.dead_letters.c
        where.append(exists().where(letters.message == tables.messages.c.key, letters.status == "open"))
    elif became is not None:
        where.append(_has_step("outcome", became))
    if child_id is not None:
        where.append(_has_step("child_id", child_id))
    return where


def children_of(steps: tuple[str, ...]) -> tuple[str, ...]:
    """The ids of the children that a message's steps name, each once."""
    named = (orjson.loads(step).get("child_id") for step in steps)
    return tuple(sorted({child for child in named if child is not None}))


def _has_step(column: str, value: str) -> ColumnElement[bool]:
    """Under a name of its own: the question around it may be of the steps as well."""
    steps = tables.message_steps.alias("a_step").c
    return exists().where(steps.message == tables.messages.c.key, steps[column] == value)
