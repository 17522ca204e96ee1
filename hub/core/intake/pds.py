"""An answer of the national demographic service, as an observation about the link that was asked about."""

from pydantic import ValidationError

from hub.core.errors import Unreadable
from hub.core.intake.decoded import Decoded
from schemas.envelope import Envelope
from schemas.instants import london_day, microseconds
from schemas.kinds import validation_errors
from schemas.people import Person
from schemas.sources import Source
from schemas.statements import Observation
from schemas.traces import PDS, TRACED, TraceAnswer, Traced


def decode(envelope: Envelope, value: bytes, source: Source) -> Decoded:
    """One observation; raises Unreadable, also where another source sends such an answer.

    The record is the look-up's id: it names nobody.
    """
    if source.id != PDS:
        raise Unreadable([("ce_source", f"only the source {PDS} answers look-ups")])
    try:
        answer = TraceAnswer.model_validate_json(value, strict=True)
    except ValidationError as error:
        raise Unreadable(validation_errors(error)) from None
    observation = Observation(
        kind=TRACED,
        source=source.id,
        record=answer.trace,
        version=microseconds(answer.answered_at),
        effective_on=london_day(answer.answered_at),
        recorded_at=answer.answered_at,
        received_at=envelope.time,
        data=answer.model_dump(mode="json", include=set(Traced.model_fields), exclude_none=True),
        person=_person(answer),
        link=answer.link,
        message=envelope.id,
    )
    return Decoded(observations=(observation,))


def _person(answer: TraceAnswer) -> Person | None:
    """The person under the first of their names; who was not found is nobody."""
    if answer.number is None:
        return None
    name = answer.names[0] if answer.names else None
    return Person(
        nhs_number=answer.number,
        nhs_number_status="01",
        given=name.given if name else None,
        family=name.family if name else None,
        birth_date=answer.birth_date,
    )
