"""Reading a source partition again from its beginning, as stages are handed its records."""

from collections.abc import AsyncIterator, Sequence

from hub.platform.settings import Settings
from hub.runtime.errors import DataMissing
from hub.runtime.log_reader import LogReader
from hub.runtime.partitions import Partition, to_record
from hub.stages.stage import Headers, Record
from schemas import deadletters
from schemas.topics import DEADLETTER


async def records(settings: Settings, source: Partition, start: int, end: int) -> AsyncIterator[Sequence[Record]]:
    """The committed records from offset `start` to before `end`, in batches.

    Raises DataMissing when the log no longer begins at 0, or ends before `end`: nothing exact can come of it.
    """
    async with LogReader(settings, [source]) as log:
        first, last = (await log.bounds())[source]
        if first > 0 or last < end:
            raise DataMissing(
                f"{source.topic}/{source.partition} holds {first} to {last}, not 0 to {end}: it lost records. Restore "
                "the topic from a copy."
            )
        await log.seek(source, start)
        async for batch in log.read_to({source: end}):
            found = [to_record(raw) for raw in batch if raw.offset < end]
            for place in range(0, len(found), settings.batch_records):
                yield found[place : place + settings.batch_records]


async def record_at(settings: Settings, source: Partition, offset: int) -> Record | None:
    """The first record at this offset or after it, None when there is none yet."""
    async with LogReader(settings, [source]) as log:
        await log.seek(source, offset)
        async for batch in log.read_on():
            for raw in batch:
                return to_record(raw)
    return None


async def buried(settings: Settings, stage: str) -> dict[Partition, set[int]]:
    """The offsets that a stage gave up, as its dead letters say: they are kept for so long as hub.deadletter is."""
    found: dict[Partition, set[int]] = {}
    partitions = [Partition(DEADLETTER.name, number) for number in range(DEADLETTER.partitions)]
    async with LogReader(settings, partitions) as log:
        async for batch in log.read_on():
            for raw in batch:
                letter = _letter(raw.value, tuple(raw.headers))
                if letter is not None and letter.stage == stage:
                    found.setdefault(Partition(letter.source_topic, letter.partition), set()).add(letter.offset)
    return found


def _letter(value: bytes | None, headers: Headers) -> deadletters.DeadLetter | None:
    try:
        return deadletters.parse(value, headers).meta
    except ValueError:
        return None
