"""Pausing a stage or connector, and letting it go on: who and why on `hub.audit`, then a record on `hub.control`."""

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError

from hub.platform.settings import Settings
from hub.runtime import audit
from hub.runtime.log_reader import LogReader
from hub.runtime.partitions import Partition
from hub.runtime.stages import STAGES
from hub.stages.errors import Unavailable
from schemas.audit import Action, AuditEntry
from schemas.pauses import Pause
from schemas.topics import CONTROL

CONNECTORS = frozenset({"webhook", "files", "bars", "pds"})

PAUSABLE = frozenset(STAGES) | CONNECTORS
"""What can be paused: whatever reads messages."""


async def pause(settings: Settings, asked: Pause) -> None:
    """Tell a process to stop reading. Raises Unavailable: then nothing was told, or it may be told again."""
    await _tell(settings, asked, "process.pause", asked.model_dump_json().encode())


async def resume(settings: Settings, asked: Pause) -> None:
    """Tell a process to go on; as above."""
    await _tell(settings, asked, "process.resume", None)


async def standing(settings: Settings) -> dict[str, Pause]:
    """What is paused now, by process. Raises KafkaError or OSError while Kafka is away."""
    found: dict[str, Pause] = {}
    try:
        async with LogReader(settings, [Partition(CONTROL.name, 0)]) as log:
            async for batch in log.read_on():
                for record in batch:
                    name = (record.key or b"").decode()
                    found.pop(name, None)
                    if record.value is not None:
                        found[name] = Pause.model_validate_json(record.value)
    except UnknownTopicOrPartitionError:
        return {}
    return found


async def _tell(settings: Settings, asked: Pause, action: Action, value: bytes | None) -> None:
    entry = AuditEntry(actor=asked.actor, action=action, subjects=(asked.process,), why=asked.why, at=asked.at)
    await audit.write_or_refuse(settings, entry)
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka, acks="all", enable_idempotence=True)
    try:
        await producer.start()
        await producer.send_and_wait(CONTROL.name, value, asked.process.encode(), partition=0)
    except (KafkaError, OSError) as error:
        raise Unavailable(f"Kafka does not take it ({type(error).__name__}): say it again") from None
    finally:
        await producer.stop()
