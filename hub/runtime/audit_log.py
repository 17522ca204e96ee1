"""Reading hub.audit, and where its chain stands."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import orjson
from aiokafka import AIOKafkaProducer

from hub.core.chain import Break, Head, Verified, compared, verified
from hub.platform.settings import Settings
from hub.runtime import groups
from hub.runtime.changelog import Content, origin, to_output
from hub.runtime.errors import RuntimeFault
from hub.runtime.log_reader import LogReader
from hub.runtime.partitions import Partition
from hub.stages.auditing import HEAD, read_head
from schemas.topics import AUDIT, AUDIT_INTAKE, AUDIT_STATE

STAGE = "audit"
INTAKE, STATE = Partition(AUDIT_INTAKE.name, 0), Partition(AUDIT_STATE.name, 0)


class ChainBroken(RuntimeFault):
    """The chain is not as it has to be for the stage to go on after it."""


class Stamped(NamedTuple):
    """A record of hub.audit. `stamp` is the record's own time in milliseconds: no writer of an entry chooses it."""

    offset: int
    value: bytes
    stamp: int


class Standing(NamedTuple):
    """Where the audit stage says that the chain stands; None where it says nothing. `lost`: it should say, for it has
    taken entries from the intake."""

    head: Head | None
    lost: bool = False


async def stamped(settings: Settings) -> AsyncIterator[Stamped]:
    """Every record of hub.audit that stands now, in order."""
    async with LogReader(settings, [Partition(AUDIT.name, 0)]) as log:
        async for batch in log.read_on():
            for record in batch:
                yield Stamped(record.offset, record.value or b"", record.timestamp)


async def entries(settings: Settings) -> AsyncIterator[tuple[int, bytes]]:
    """The same without their times: each with its offset."""
    async for each in stamped(settings):
        yield each.offset, each.value


async def standing(settings: Settings) -> Standing:
    """Where the audit stage says that the chain stands."""
    # First what it has taken: what it takes meanwhile is no state that was lost.
    taken = (await groups.offsets(settings, STAGE, [INTAKE])).get(INTAKE, 0)
    content = Content()
    async with LogReader(settings, [STATE]) as log:
        async for batch in log.read_on():
            content.take(batch)
    found = dict(content.state.items()).get(HEAD)
    try:
        return Standing(None if found is None else read_head(found), taken > 0 and content.includes is None)
    except ValueError:
        return Standing(None, lost=True)


async def verify(
    settings: Settings, now: datetime, backup: Verified | None = None
) -> tuple[Verified, tuple[Break, ...]]:
    """Look through the chain on Kafka, and with a backup where it lacks what that has or they differ. All breaks.

    Where the stage stands is read first: an entry that is chained meanwhile is no break.
    """
    known = await standing(settings)
    records = [each async for each in stamped(settings)]
    found = verified((each.offset, each.value) for each in records)
    expired = _expired(found, _first_at(records), now)
    breaks = [*found.breaks, *_edges(found, known, expired)]
    if backup is not None:
        breaks += [*(each._replace(words=f"in the backup: {each.words}") for each in backup.breaks)]
        breaks += compared(found.hashes, backup.hashes, expired)
    return found, tuple(breaks)


def lines(file: Path) -> list[tuple[int, bytes]]:
    """The entries of a backup, one a line, with their line numbers; raises OSError."""
    return list(enumerate(file.read_bytes().splitlines(), 1))


def _expired(found: Verified, first_at: datetime | None, now: datetime) -> int:
    """Below which number entries may be gone: the first one's, where it is so old that those before it have expired."""
    kept = now - timedelta(days=AUDIT.keep_days or 0)
    return found.first if found.first is not None and first_at is not None and first_at <= kept else 0


def _edges(found: Verified, known: Standing, expired: int) -> list[Break]:
    """Whether entries are gone from the beginning before their time, or from the end; and whether that can be told."""
    breaks, head = [], known.head
    if found.first is not None and found.first > 1 and not expired:
        words = f"entries 1 to {found.first - 1} are not there, and they are kept longer than this"
        breaks.append(Break("missing", 1, 0, words))
    if known.lost or (head is None and found.first is not None):
        words = "the stage has chained entries, and where it stands is lost: whether any are cut off can't be told"
        breaks.append(Break("state-lost", found.head.seq, 0, words))
    if head is not None and head.seq > found.head.seq:
        words = f"entries {found.head.seq + 1} to {head.seq} are not there: the stage has chained them"
        breaks.append(Break("cut-off", found.head.seq + 1, 0, words))
    elif head is not None and found.hashes.get(head.seq, head.hash) != head.hash:
        breaks.append(Break("differs", head.seq, 0, f"entry {head.seq} is not the one that the stage has chained"))
    return breaks


def _first_at(records: list[Stamped]) -> datetime | None:
    """When the first chained entry was written, by its record."""
    for each in records:
        if verified([(each.offset, each.value)]).first is not None:
            return datetime.fromtimestamp(each.stamp / 1000, UTC) if each.stamp >= 0 else None
    return None


async def resume(settings: Settings, now: datetime, backup: Verified | None) -> Head:
    """Write anew where the chain stands, out of the chain itself, for a stage whose state is lost or damaged.

    The stage has to be stopped: raises StageRuns. Raises ChainBroken where the chain has a break that a backup does not
    have too, or lacks what is in the backup; Unavailable while Kafka is away.
    """
    await groups.require_stopped(settings, STAGE)
    taken = await groups.offsets(settings, STAGE, [INTAKE])
    found, breaks = await verify(settings, now, backup)
    _require_mended(breaks, backup)
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


def _require_mended(breaks: tuple[Break, ...], backup: Verified | None) -> None:
    """Raises ChainBroken. A break that the backup has too is known; a lost state is what is mended."""
    known = {(each.kind, each.seq) for each in backup.breaks} if backup is not None else set()
    for each in breaks:
        if each.kind != "state-lost" and (each.kind, each.seq) not in known:
            raise ChainBroken(f"the chain is broken ({each.kind}): {each.words}. Bring back what is gone first")
