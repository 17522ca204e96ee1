"""Reading hub.audit, and where its chain stands."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from aiokafka import AIOKafkaProducer

from hub.core.chain import Break, Head, Verified, compared, verified
from hub.platform.settings import Settings
from hub.runtime import groups
from hub.runtime.changelog import Content, origin, to_output
from hub.runtime.log_reader import LogReader
from hub.runtime.partitions import Partition
from hub.stages.auditing import HEAD, read_head
from schemas.topics import AUDIT, AUDIT_INTAKE, AUDIT_STATE

STAGE = "audit"
INTAKE, STATE = Partition(AUDIT_INTAKE.name, 0), Partition(AUDIT_STATE.name, 0)


async def entries(settings: Settings) -> AsyncIterator[tuple[int, bytes]]:
    """Every record of hub.audit that stands now, with its offset, in order."""
    async with LogReader(settings, [Partition(AUDIT.name, 0)]) as log:
        async for batch in log.read_on():
            for record in batch:
                yield record.offset, record.value or b""


async def head(settings: Settings) -> Head | None:
    """Where the audit stage says that the chain stands; None where it has written nothing yet."""
    content = Content()
    async with LogReader(settings, [STATE]) as log:
        async for batch in log.read_on():
            content.take(batch)
    found = dict(content.state.items()).get(HEAD)
    return None if found is None else read_head(found)


async def verify(settings: Settings, now: datetime, backup: Path | None = None) -> tuple[Verified, tuple[Break, ...]]:
    """Look through the chain on Kafka, and with a backup through that and where they differ. All breaks.

    Where the stage stands is read first: an entry that is chained meanwhile is no break.
    """
    known = await head(settings)
    records = [each async for each in entries(settings)]
    found = verified(records)
    breaks = [*found.breaks, *_edges(found, known, _first_at(records), now)]
    if backup is not None:
        other = verified(lines(backup))
        breaks += [*(each._replace(words=f"in the backup: {each.words}") for each in other.breaks)]
        breaks += compared(found.hashes, other.hashes)
    return found, tuple(breaks)


def lines(file: Path) -> list[tuple[int, bytes]]:
    """The entries of a backup, one a line, with their line numbers; raises OSError."""
    return list(enumerate(file.read_bytes().splitlines(), 1))


def _edges(found: Verified, known: Head | None, first_at: datetime | None, now: datetime) -> list[Break]:
    """Whether entries are gone from the beginning before their time, or from the end."""
    breaks = []
    expired = now - timedelta(days=AUDIT.keep_days or 0)
    if found.first is not None and found.first > 1 and first_at is not None and first_at > expired:
        words = f"entries 1 to {found.first - 1} are not there, and they are kept longer than this"
        breaks.append(Break("missing", 1, 0, words))
    if known is not None and known.seq > found.head.seq:
        words = f"entries {found.head.seq + 1} to {known.seq} are not there: the stage has chained them"
        breaks.append(Break("cut-off", found.head.seq + 1, 0, words))
    elif known is not None and found.hashes.get(known.seq, known.hash) != known.hash:
        breaks.append(Break("differs", known.seq, 0, f"entry {known.seq} is not the one that the stage has chained"))
    return breaks


def _first_at(records: list[tuple[int, bytes]]) -> datetime | None:
    for _, value in records:
        try:
            entry: Mapping[str, Any] = orjson.loads(value)
            return datetime.fromisoformat(entry["at"]) if "seq" in entry else None
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            continue
    return None


async def resume(settings: Settings) -> Head:
    """Write anew where the chain stands, out of the chain itself, for a stage whose state is lost or damaged.

    The stage has to be stopped: raises StageRuns; Unavailable while Kafka is away.
    """
    await groups.require_stopped(settings, STAGE)
    taken = await groups.offsets(settings, STAGE, [INTAKE])
    found = verified([each async for each in entries(settings)])
    at = taken.get(INTAKE, 0)
    outputs = [origin(STATE, at), to_output(STATE, HEAD, orjson.dumps(list(found.head)), at)]
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka, acks="all", enable_idempotence=True)
    try:
        await producer.start()
        for each in outputs:
            await producer.send_and_wait(each.topic, each.value, each.key, each.partition, headers=list(each.headers))
    finally:
        await producer.stop()
    return found.head
