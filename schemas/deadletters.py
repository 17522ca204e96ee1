"""A dead letter: a record that could not be processed, its bytes as they came, and why.

On `hub.deadletter` the value is the raw value, sealed with a key of its own that the header `dl_key` names; the header
`dl_meta` is the model below as JSON; the headers of the record follow with the prefix `o_` and its key in `o__key`. So
whoever reads a dead letter, and may open it, can put the record back as it was.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, NamedTuple, TypeVar

from pydantic import Field, ValidationError

from schemas.base import Model
from schemas.envelope import Headers
from schemas.ids import digest
from schemas.instants import Instant
from schemas.topics import FACTS, OBSERVATIONS
from schemas.trail import message_key

META_HEADER = "dl_meta"
RESOLUTION_HEADER = "dl_resolution"
KEY_ID_HEADER = "dl_key"
KEY_HEADER = "o__key"
PREFIX = "o_"
MESSAGE_LIMIT = 500
META_ROOM = 8_192
"""More bytes than the hub's own headers of a dead letter ever take."""

How = Literal["replayed", "resolved", "superseded"]
Status = Literal["open", "replayed", "resolved", "superseded"]
ProcessingStep = Literal["read", "decode", "handle", "produce", "project", "deliver"]

Kind = TypeVar("Kind", bound=Model)


class DeadLetter(Model):
    """What is known of a record that was given up. Neither its bytes nor any personal data.

    `id` is a hash of where the record stood and of the stage, so that giving up twice is one dead letter. `error` is
    the exception's class, `message` a sentence written by the hub itself, which never repeats a received value.
    `source` is the registered feed where the record's headers name it, `keyed` says whether the record had a key,
    `timestamp` is the broker's, in milliseconds since 1970. `unopened`: the value is as it stood on its topic, for its
    seal could not be opened. `of_message` is the message (schemas/trail.py) that the record is of, where it is of one.
    """

    id: str
    stage: str
    step: ProcessingStep
    source_topic: str
    partition: int = Field(ge=0)
    offset: int = Field(ge=0)
    source: str | None = None
    keyed: bool = True
    timestamp: int = 0
    unopened: bool = False
    of_message: str | None = None
    error: str
    message: str = Field(max_length=MESSAGE_LIMIT)
    attempts: int = Field(ge=1)
    at: Instant


class Resolution(Model):
    """What became of a dead letter, by whom and why; `reason` is written by an operator and names no person.

    `replayed`: put back (or written into the read model); `resolved`: dealt with by other means; `superseded`: a later
    record says the same anew. A record that was put back stands at `offset` of its own topic and partition, and is
    `returns_as` if it is given up again: so whether it was can be told at any later time.
    """

    how: How
    at: Instant
    by: str = Field(max_length=200)
    reason: str = Field(max_length=MESSAGE_LIMIT)
    offset: int | None = None
    returns_as: str | None = None


class TrackedLetter(DeadLetter):
    """A dead letter with what became of it."""

    status: Status = "open"
    resolution: Resolution | None = None


class Produced(NamedTuple):
    """What to produce to `hub.deadletter`."""

    key: bytes
    value: bytes | None
    headers: Headers


class Parsed(NamedTuple):
    """A dead letter as read: what is known of the record, and the record's own key, value and headers.

    With a `resolution` it is that, and the record's own parts are empty. With a `key_id` the value is sealed.
    """

    meta: DeadLetter
    key: bytes | None
    value: bytes | None
    headers: Headers
    resolution: Resolution | None = None
    key_id: str | None = None


def letter_id(topic: str, partition: int, offset: int, stage: str) -> str:
    """The id under which a stage gives a record up."""
    return digest(topic, partition, offset, stage)


def build(
    *,
    stage: str,
    step: ProcessingStep,
    topic: str,
    partition: int,
    offset: int,
    key: bytes | None,
    value: bytes | None,
    headers: Headers,
    error: str,
    message: str,
    attempts: int,
    at: datetime,
    timestamp: int = 0,
    unopened: bool = False,
) -> Produced:
    """The record to produce for one that is given up: key (the source topic), value (the raw one) and headers.

    The value is in the clear: whoever writes it seals it.

    The caller answers for `message`: the text of a foreign exception may repeat what was received, so only sentences of
    the hub's own errors belong there. A longer one is cut.
    """
    meta = DeadLetter(
        id=letter_id(topic, partition, offset, stage),
        stage=stage,
        step=step,
        source_topic=topic,
        partition=partition,
        offset=offset,
        source=_source(headers),
        keyed=key is not None,
        timestamp=timestamp,
        unopened=unopened,
        of_message=_of_message(topic, headers),
        error=error,
        message=message[:MESSAGE_LIMIT],
        attempts=attempts,
        at=at,
    )
    kept = tuple((PREFIX + name, content) for name, content in headers)
    own_key = () if key is None else ((KEY_HEADER, key),)
    return Produced(topic.encode(), value, ((META_HEADER, meta.model_dump_json().encode()), *own_key, *kept))


def build_resolution(meta: DeadLetter, resolution: Resolution) -> Produced:
    """The record to produce for what became of a dead letter."""
    said = ((META_HEADER, meta.model_dump_json().encode()), (RESOLUTION_HEADER, resolution.model_dump_json().encode()))
    return Produced(meta.source_topic.encode(), None, said)


def parse(value: bytes | None, headers: Headers) -> Parsed:
    """Read a dead letter; raises ValueError (without received values) when it is none."""
    meta = _model(DeadLetter, headers, META_HEADER)
    if meta is None:
        raise ValueError(f"not a dead letter: no header {META_HEADER}")
    resolution = _model(Resolution, headers, RESOLUTION_HEADER)
    if resolution is not None:
        return Parsed(meta, None, None, (), resolution)
    kept = [(name.removeprefix(PREFIX), content) for name, content in headers if name.startswith(PREFIX)]
    key = kept.pop(0)[1] if meta.keyed and kept else None
    key_id = _first(headers, KEY_ID_HEADER)
    return Parsed(meta, key, value, tuple(kept), None, None if key_id is None else key_id.decode("ascii", "replace"))


def _model(model: type[Kind], headers: Headers, name: str) -> Kind | None:
    found = _first(headers, name)
    if found is None:
        return None
    try:
        return model.model_validate_json(found)
    except ValidationError:
        raise ValueError(f"not a dead letter: header {name} has another shape") from None


def _source(headers: Headers) -> str | None:
    found = _first(headers, "ce_source")
    return None if found is None else found.decode("utf-8", "replace")[:200]


def _of_message(topic: str, headers: Headers) -> str | None:
    """A raw message names itself; an observation and a fact name what caused them: the message comes last."""
    source, message_id = _first(headers, "ce_source"), _first(headers, "ce_id")
    if topic in (OBSERVATIONS.name, FACTS.name):
        source, message_id = _first(headers, "source"), _first(headers, "causes")
        if topic == FACTS.name and message_id is not None:
            message_id = message_id.partition(b",")[2]
    if not source or not message_id:
        return None
    return message_key(source.decode("utf-8", "replace"), message_id.decode("utf-8", "replace"))


def _first(headers: Iterable[tuple[str, bytes]], name: str) -> bytes | None:
    return next((content for header, content in headers if header == name), None)
