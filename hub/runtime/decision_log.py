"""Writing a person's decision where identity reads all that it knows: once, however often it is sent."""

import secrets

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from hub.platform.clock import Clock
from hub.platform.settings import Settings
from hub.runtime.sealing import Boundary
from hub.stages.errors import Unavailable
from hub.stages.intake import POPULATION
from schemas.decisions import ADOPTED, DECISIONS, PEOPLE
from schemas.ids import digest
from schemas.instants import london_day
from schemas.kinds import validation_errors
from schemas.looks import Decided
from schemas.statements import Observation
from schemas.topics import OBSERVATIONS

NONCE_BYTES = 16
"""Of what is drawn anew for each adoption, and kept nowhere but in this record, until its day's key is destroyed."""


class DecisionUnfit(ValueError):
    """What was sent is no decision; `errors` says why, by field, without a value."""

    def __init__(self, errors: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {message}" for field, message in errors))
        self.errors = errors


def observation_of(decided: Decided, clock: Clock) -> Observation:
    """The decision as an observation; raises DecisionUnfit."""
    model = DECISIONS.get(decided.kind)
    if model is None:
        raise DecisionUnfit([("kind", "not one that a person may decide")])
    data = {**decided.data, "actor": decided.actor, "why": decided.why, "evidence": decided.evidence}
    if decided.kind == ADOPTED:
        data["nonce"] = secrets.token_hex(NONCE_BYTES)
    try:
        checked = model.model_validate(data)
    except ValidationError as error:
        raise DecisionUnfit(validation_errors(error, prefix="data")) from None
    now = clock.now()
    return Observation(
        kind=decided.kind,
        source=PEOPLE,
        record=decided.id,
        version=1,
        effective_on=london_day(now),
        recorded_at=now,
        received_at=now,
        link=decided.link,
        child_id=decided.child_id,
        data=checked.model_dump(mode="json"),
    )


async def send(settings: Settings, observation: Observation) -> None:
    """Return once the decision is on all in-sync replicas. Raises Unavailable: it may or may not be there, and may be
    sent again under the same id."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka, acks="all", enable_idempotence=True)
    value = observation.model_dump_json(exclude_none=True).encode()
    headers = [
        ("id", digest("observation", PEOPLE, observation.record).encode()),
        ("causes", b""),
        ("source", PEOPLE.encode()),
        ("received_at", observation.received_at.isoformat().replace("+00:00", "Z").encode()),
    ]
    value = Boundary(settings.ring).seal_value(OBSERVATIONS.name, value, tuple(headers))
    try:
        await producer.start()
        await producer.send_and_wait(OBSERVATIONS.name, value, POPULATION, partition=0, headers=headers)
    except (KafkaError, OSError) as error:
        raise Unavailable(f"Kafka does not take the decision ({type(error).__name__}): send it again") from None
    finally:
        await producer.stop()
