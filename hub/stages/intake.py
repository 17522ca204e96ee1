"""The intake stage: raw messages in, observations and questions out. Stateless."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from pydantic import ValidationError

from hub.core.errors import Unreadable
from hub.core.intake import DECODERS, Decoded
from hub.stages.errors import PermanentError
from hub.stages.heartbeat import is_heartbeat, to_observations
from hub.stages.stage import Output, Record, Stage, State, Step
from schemas.envelope import Envelope
from schemas.ids import digest
from schemas.instants import london_day
from schemas.kinds import validation_errors
from schemas.scope import past_scope
from schemas.sources import Source, Sources
from schemas.topics import COUNCIL_EVENTS, NHS_MESSAGES, OBSERVATIONS, REVIEW, TRAIL
from schemas.trail import MessageRead, receipt

POPULATION = b"population"
"""The one key of hub.observations: matching needs everybody in one place."""

Note = Callable[[str, str], None]
"""Counts an outcome that leaves no record: (`out-of-scope`, source id) or (`repeat`, source id)."""


def intake(sources: Sources, note: Note) -> Stage:
    """The stage, for the registered sources."""
    topics = (COUNCIL_EVENTS.name, NHS_MESSAGES.name)
    writes = (OBSERVATIONS.name, REVIEW.name, TRAIL.name)
    return Stage("intake", topics, None, lambda partition, state: IntakeHandler(sources, note), writes)


class IntakeHandler:
    """Decodes each message by its type. A message that cannot be read raises PermanentError."""

    def __init__(self, sources: Sources, note: Note) -> None:
        self._sources = {source.id: source for source in sources.sources}
        self._note = note

    def handle(self, records: Sequence[Record], state: State) -> Step:
        """Every record of the batch: its observations and questions, or nothing when it is out of scope."""
        outputs: list[Output] = []
        for record in records:
            outputs.extend(self._read(record))
        return Step(len(records), outputs)

    def committed(self, changes: Mapping[str, bytes | None]) -> None:
        """Nothing is kept."""

    def _read(self, record: Record) -> list[Output]:
        if is_heartbeat(record):
            return [to_observations(record)]
        envelope = _envelope(record)
        source = self._source(envelope)
        decoded = _in_scope(_decode(envelope, record.value or b"", source), envelope)
        if decoded.out_of_scope:
            self._note("out-of-scope", source.id)
            return [_trail(envelope, decoded, record)]
        return [*_outputs(envelope, decoded), _trail(envelope, decoded, record)]

    def _source(self, envelope: Envelope) -> Source:
        source = self._sources.get(envelope.source)
        if source is None:
            raise PermanentError("the message's source is not registered: add it to the sources file, then replay")
        return source


def _envelope(record: Record) -> Envelope:
    try:
        return Envelope.of(record.headers)
    except ValueError:
        what = "headers: not the CloudEvents attributes ce_id, ce_source, ce_type and ce_time"
        raise PermanentError(what, step="read") from None


def _decode(envelope: Envelope, value: bytes, source: Source) -> Decoded:
    decoder = DECODERS.get(envelope.type)
    if decoder is None:
        raise PermanentError("ce_type: no decoder for this type of message", step="decode")
    try:
        return decoder(envelope, value, source)
    except Unreadable as error:
        raise PermanentError(str(error), step="decode") from None
    except ValidationError as error:
        raise PermanentError(str(Unreadable(validation_errors(error))), step="decode") from None


def _in_scope(decoded: Decoded, envelope: Envelope) -> Decoded:
    """The age limit holds for every source: one person past it takes the whole message out."""
    day = london_day(envelope.time)
    people = [observation.person for observation in decoded.observations if observation.person is not None]
    if any(person.birth_date is not None and past_scope(person.birth_date, day) for person in people):
        return Decoded(out_of_scope=True, reason="past-25")
    return decoded


def _outputs(envelope: Envelope, decoded: Decoded) -> list[Output]:
    outputs = []
    for number, observation in enumerate(decoded.observations):
        headers = _headers(envelope, digest("observation", envelope.source, envelope.id, number))
        value = observation.model_dump_json(exclude_none=True).encode()
        outputs.append(Output(OBSERVATIONS.name, POPULATION, value, headers, partition=0))
    for task in decoded.reviews:
        headers = _headers(envelope, digest("review", task.id, envelope.id))
        outputs.append(Output(REVIEW.name, task.id.encode(), task.model_dump_json().encode(), headers))
    return outputs


def _trail(envelope: Envelope, decoded: Decoded, record: Record) -> Output:
    """What became of the message: also of one that leaves nothing else."""
    step = MessageRead(
        **dict(receipt(envelope)),
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        outcome="out-of-scope" if decoded.out_of_scope else "read",
        reason=decoded.reason,
        observations=0 if decoded.out_of_scope else len(decoded.observations),
        questions=0 if decoded.out_of_scope else len(decoded.reviews),
    )
    headers = _headers(envelope, digest("trail", "intake", step.message))
    return Output(TRAIL.name, step.message.encode(), step.model_dump_json().encode(), headers)


def _headers(envelope: Envelope, output_id: str) -> tuple[tuple[str, bytes], ...]:
    return (
        ("id", output_id.encode()),
        ("causes", envelope.id.encode()),
        ("source", envelope.source.encode()),
        ("received_at", _text(envelope.time)),
    )


def _text(instant: datetime) -> bytes:
    return instant.isoformat().replace("+00:00", "Z").encode()
