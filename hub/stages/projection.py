"""Projection's pure half: what a batch of records means for the read model's tables.

A row is the columns that the API asks by, and `body`, the JSON as received. Nothing here knows a database.
"""

import base64
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from hub.core.measures.narrow import ADVICE, Narrow, narrow_deadline, narrow_record
from hub.stages.errors import PermanentError
from hub.stages.heartbeat import is_heartbeat
from hub.stages.stage import Record
from schemas.alerts import Alert
from schemas.deadletters import DeadLetter, Resolution, Status, TrackedLetter, parse
from schemas.deadlines import Deadline
from schemas.envelope import Envelope, Headers
from schemas.ids import digest
from schemas.instants import microseconds
from schemas.records import ChildRecord, ChildTurned
from schemas.reviews import ReviewTask
from schemas.topics import ALERTS, CHILDREN, COUNCIL_EVENTS, DEADLETTER, DEADLINES, NHS_MESSAGES, REVIEW, TRAIL
from schemas.trail import WITHHELD, MessageRead, Receipt, TrailStep, message_key, receipt

COLUMN_LIMIT = 200
TURNS = frozenset({"moved", "restored", "told"})
"""What an opening on the topic says of itself, not of the alert."""
"""Longest text in a column, in characters: what is indexed must stay small. `body` keeps the whole."""

Row = Mapping[str, Any]
Kind = TypeVar("Kind", bound=BaseModel)


_STEPS = "message_steps"
PURGED = "purged_children"
"""The table of children of whom nothing is kept. A row there takes all rows of that child away, whatever says them,
and whenever."""


class Change(NamedTuple):
    """One row to set, or with `row` None to remove."""

    table: str
    key: str
    row: Row | None


def changes(records: Iterable[Record]) -> dict[str, dict[str, Row | None]]:
    """The last row of each key, by table; raises PermanentError when one of the records cannot be read.

    A dead letter that is written again after its resolution is a repeat of the same: the resolution stays. Heartbeats
    say nothing. Of a child that was purged there are no rows, also where they came before.
    """
    found: dict[str, dict[str, Row | None]] = {}
    for record in records:
        if is_heartbeat(record):
            continue
        made = _READERS[record.topic](record)
        if _is_repeat(made[0], found):
            continue
        for change in made:
            found.setdefault(change.table, {})[change.key] = change.row
    return without(found, found.get(PURGED, ()))


def without(
    rows: Mapping[str, Mapping[str, Row | None]], children: Collection[str]
) -> dict[str, dict[str, Row | None]]:
    """The rows but for those of these children. What was received of one is still there, so its steps stay, and say
    that it is withheld instead of whose it is."""
    if not children:
        return {table: dict(changed) for table, changed in rows.items()}
    return {
        table: {
            key: row if table != _STEPS or child_of(table, key, row) not in children else withheld(row or {})
            for key, row in changed.items()
            if table in (PURGED, _STEPS) or child_of(table, key, row) not in children
        }
        for table, changed in rows.items()
    }


def withheld(step: Row) -> Row:
    """A row of the steps of messages without whose it is."""
    body = orjson.dumps({**orjson.loads(step["body"]), "child_id": WITHHELD}).decode()
    return {**step, "child_id": WITHHELD, "body": body}


def child_of(table: str, key: str, row: Row | None) -> str | None:
    """Whose a row is; None where it is no child's, or gone."""
    if row is None:
        return None
    found: str | None = key if table in ("children", "merged_children") else row.get("child_id")
    return found


def _is_repeat(change: Change, found: Mapping[str, Mapping[str, Row | None]]) -> bool:
    known = found.get("dead_letters", {}).get(change.key) if change.table == "dead_letters" else None
    return known is not None and known["status"] != "open" and change.row is not None and change.row["status"] == "open"


def _child(record: Record) -> list[Change]:
    """A child that was merged into another has a row of its own kind and none among the children."""
    key = _key(record)
    if record.value is None:
        return [Change(table, key, None) for table in ("children", "outcomes", "merged_children")]
    turned = _turned(record.value)
    if turned is not None and turned.event == "child.split":
        return [Change("merged_children", key, None)]
    if turned is not None:
        row = {"surviving": _bounded(turned.surviving), "body": _text(record.value)}
        gone = [Change(table, key, None) for table in ("children", "outcomes")]
        return _of_key(key, turned.child_id, [*gone, Change("merged_children", key, row)])
    child = _model(ChildRecord, record.value)
    known = {
        "restricted": child.restricted,
        "area": _column(child.area),
        "is_open": child.open,
        "received_on": child.received_on,
        "case_reference": _column(child.case_reference),
        "body": _text(record.value),
    }
    outcome = _outcome(key, key, "record", narrow_record(orjson.loads(record.value)))
    return _of_key(key, child.child_id, [Change("children", key, known), outcome, Change("merged_children", key, None)])


def _turned(value: bytes) -> ChildTurned | None:
    """What says that a child was merged or split, or None where it is a record."""
    try:
        said = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
    return _model(ChildTurned, value) if isinstance(said, dict) and "event" in said else None


def _of_key(key: str, child_id: str, made: list[Change]) -> list[Change]:
    if child_id != key:
        raise _refused("the record's key is not its child_id")
    return made


def _deadline(record: Record) -> list[Change]:
    key = _key(record)
    if record.value is None:
        return [Change("deadlines", key, None), Change("outcomes", key, None)]
    deadline = _model(Deadline, record.value)
    if key != f"{deadline.child_id}|{deadline.id}":
        raise _refused("the record's key is not its child_id and id")
    row = {
        "child_id": _column(deadline.child_id),
        "clock": _column(deadline.clock),
        "service": _column(_service(deadline)),
        "area": _column(deadline.area),
        "state": deadline.state,
        "due_on": deadline.due_on,
        "heading": _column(deadline.heading),
        "role": _column(deadline.responsible.role),
        "ods": _column(deadline.responsible.ods),
        "standing": deadline.standing,
        "starts_on": deadline.starts_on,
        "changed_on": deadline.as_of,
        "body": _text(record.value),
    }
    narrow = narrow_deadline(orjson.loads(record.value))
    return [Change("deadlines", key, row), _outcome(key, deadline.child_id, "deadline", narrow)]


def _service(deadline: Deadline) -> str | None:
    """What a deadline is asked for by: advice that names no service stands under its heading."""
    return deadline.service or (deadline.heading if deadline.clock == ADVICE else None)


def _outcome(key: str, child_id: str, part: str, narrow: Narrow | None) -> Change:
    """What measures need, in a table of its own: nobody who counts should have to read every body."""
    if narrow is None:
        return Change("outcomes", key, None)
    return Change("outcomes", key, {"child_id": child_id, "part": part, "body": orjson.dumps(narrow).decode()})


def _alert(record: Record) -> list[Change]:
    """Kept by child as well: while a link moves, one child's alert clears and the same opens for the other.

    A record without a value is no alert's: nothing is to be left of the child that its key names.
    """
    if record.value is None:
        return [Change(PURGED, _key(record), {})]
    alert = _model(Alert, record.value)
    body = _text(record.value)
    if alert.moved or alert.restored or alert.told:
        said = orjson.loads(record.value)
        body = orjson.dumps({name: value for name, value in said.items() if name not in TURNS}).decode()
    row = {
        "child_id": _column(alert.child_id),
        "deadline": _column(alert.deadline),
        "threshold": _column(alert.threshold),
        "audience": _column(alert.audience),
        "area": _column(alert.area),
        "state": alert.state,
        "since": alert.since,
        "body": body,
    }
    return [Change("alerts", _bounded(f"{alert.child_id or ''}|{alert.id}"), row)]


def _review(record: Record) -> list[Change]:
    key = _key(record)
    if record.value is None:
        return [Change("reviews", key, None)]
    task = _model(ReviewTask, record.value)
    if key != task.id:
        raise _refused("the record's key is not its id")
    row = {
        "question": task.question,
        "state": task.state,
        "source": _column(task.source),
        "child_id": _column(task.child_id),
        "message": None if task.message is None else message_key(task.source, task.message),
        "opened_on": task.opened_on,
        "body": _text(record.value),
    }
    return [Change("reviews", key, row)]


def _dead_letter(record: Record) -> list[Change]:
    """Two rows: what is known of it, and apart from that its bytes, sealed as they are on the topic, until resolved."""
    try:
        meta, key, value, headers, resolution, key_id = parse(record.value, record.headers)
    except ValueError as error:
        raise _refused(str(error)) from None
    letter = _bounded(meta.id)
    known = _known(meta, resolution)
    if resolution is not None:
        return [Change("dead_letters", letter, known), Change("dead_letter_contents", letter, None)]
    content = {
        "at": microseconds(meta.at),
        "record_key": key,
        "value": value,
        "key_id": key_id,
        "headers": orjson.dumps([[name, _base64(data)] for name, data in headers]).decode(),
    }
    made = [Change("dead_letters", letter, known), Change("dead_letter_contents", letter, content)]
    return [*made, *_received_before(meta, headers)]


def _known(meta: DeadLetter, resolution: Resolution | None) -> Row:
    status: Status = "open" if resolution is None else resolution.how
    tracked = TrackedLetter(**dict(meta), status=status, resolution=resolution)
    return {
        "stage": _column(meta.stage),
        "step": meta.step,
        "topic": _column(meta.source_topic),
        "source": _column(meta.source),
        "error": _column(meta.error),
        "status": status,
        "returns_as": _column(resolution.returns_as) if resolution is not None else None,
        "message": _column(meta.of_message),
        "cause": digest("cause", meta.stage, meta.step, meta.error, meta.message),
        "at": microseconds(meta.at),
        "body": tracked.model_dump_json(),
    }


def _step(record: Record) -> list[Change]:
    """Intake's word says as well what was received. Identity's is a row for each observation and outcome: one that
    comes again does not hide what became of it first."""
    step = _model(TrailStep, record.value or b"").root
    row = {
        "message": _column(step.message),
        "outcome": step.outcome,
        "at": microseconds(step.received_at),
        "body": _text(record.value or b""),
    }
    if isinstance(step, MessageRead):
        return [_received(step), Change("message_steps", _bounded(step.message), {**row, "child_id": None})]
    key = _bounded(f"{step.observation}|{step.outcome}")
    return [Change("message_steps", key, {**row, "child_id": _column(step.child_id)})]


def _received(known: Receipt) -> Change:
    row = {
        "source": _column(known.source),
        "type": _column(known.type),
        "at": microseconds(known.received_at),
        "body": known.model_dump_json(include=set(Receipt.model_fields)),
    }
    return Change("messages", _bounded(known.message), row)


def _received_before(meta: DeadLetter, headers: Headers) -> list[Change]:
    """What intake gave up was received all the same. The row is the one that a replay would give it: the two topics
    are read beside each other."""
    if meta.source_topic not in (COUNCIL_EVENTS.name, NHS_MESSAGES.name):
        return []
    try:
        envelope = Envelope.of(headers)
    except ValueError:
        return []
    return [_received(receipt(envelope))]


_READERS: Mapping[str, Callable[[Record], list[Change]]] = {
    CHILDREN.name: _child,
    DEADLINES.name: _deadline,
    ALERTS.name: _alert,
    REVIEW.name: _review,
    DEADLETTER.name: _dead_letter,
    TRAIL.name: _step,
}

TOPICS: tuple[str, ...] = tuple(_READERS)
"""The topics that make up the read model."""


def _base64(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()


def _refused(message: str) -> PermanentError:
    return PermanentError(message, step="project")


def _model(model: type[Kind], value: bytes) -> Kind:
    try:
        return model.model_validate_json(value)
    except ValidationError as error:
        raise _refused(f"{error.error_count()} fields do not fit {model.__name__}") from None


def _key(record: Record) -> str:
    try:
        return _bounded((record.key or b"").decode())
    except UnicodeDecodeError:
        raise _refused("the key is not UTF-8") from None


def _bounded(key: str) -> str:
    if not 0 < len(key) <= COLUMN_LIMIT or "\0" in key:
        raise _refused(f"the key is empty, longer than {COLUMN_LIMIT} characters or holds a NUL")
    return key


def _text(value: bytes) -> str:
    return value.decode()


def _column(value: str | None) -> str | None:
    """Text fit for an indexed column: PostgreSQL takes no NUL and no long index entry."""
    return None if value is None else value.replace("\0", "\N{REPLACEMENT CHARACTER}")[:COLUMN_LIMIT]
