"""`sendhub state rebuild`: a stage's changelog made anew from a source that is kept for ever.

The stage is stopped. Each partition's producer is started first, which fences whoever comes back; all that has to be
written is then written in one transaction, so that a restore which is cut off changes nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from hub.core.identity.erasure import DATA_KEY
from hub.platform.settings import Settings
from hub.runtime import groups
from hub.runtime import topics as kafka_topics
from hub.runtime.changelog import ORIGIN, Content, origin, read_content, to_output
from hub.runtime.errors import DataMissing
from hub.runtime.log_reader import LogReader
from hub.runtime.partitions import Partition
from hub.runtime.producer import TransactionalProducer
from hub.runtime.records import buried, record_at, records
from hub.runtime.replay import Pace, Replay
from hub.runtime.state import PartitionState
from hub.runtime.vault import Vault
from hub.stages.stage import Output, Record, Stage
from schemas.topics import DAY_MS

TRANSACTION_SECONDS = 600.0
"""A whole partition is written in one transaction: below the broker's own limit of 15 minutes."""

StageOf = Callable[[Pace], Stage]
"""Makes the stage with this clock for bounding its slices."""


class Restored(NamedTuple):
    """What was done about a partition's changelog: `keys` in the state up to `offset`, `written` records."""

    changelog: Partition
    keys: int
    offset: int
    written: int


async def restore(settings: Settings, stage_of: StageOf) -> list[Restored]:
    """Make a stage's changelog what it must be at the group's committed offsets.

    Raises groups.StageRuns while the stage runs, DataMissing where the offset or the source is gone as well, Fenced
    when the stage is started meanwhile.
    """
    pace = Pace()
    stage = stage_of(pace)
    assert stage.changelog is not None
    (topic,) = stage.sources
    await groups.require_stopped(settings, stage.name)
    await kafka_topics.require(settings.kafka, (topic, stage.changelog))
    given_up = await buried(settings, stage.name)
    found = []
    for number in range(await kafka_topics.partitions_of(settings.kafka, topic)):
        source = Partition(topic, number)
        replay = Replay(stage, number, pace, given_up.get(source, ()))
        restored = await _restore_partition(settings, stage, source, replay)
        if restored is not None:
            found.append(restored)
    return found


async def _restore_partition(settings: Settings, stage: Stage, source: Partition, replay: Replay) -> Restored | None:
    assert stage.changelog is not None
    changelog = Partition(stage.changelog, source.partition)
    producer = await fencing(settings, stage.name, source)
    try:
        content = await read_content(settings, changelog)
        committed = (await groups.offsets(settings, stage.name, [source])).get(source)
        if committed is None:
            _require_unused(changelog, source, content)
            return None
        async for batch in records(settings, source, 0, committed):
            for _ in replay.feed(batch):
                pass
        await _go_into_day(settings, stage, source, committed, replay)
        written = differing(changelog, content, replay.state, committed)
        if written:
            await producer.commit((), written, committed)
        return Restored(changelog, len(replay.state), committed, len(written))
    finally:
        await producer.stop()


async def fencing(settings: Settings, stage: str, source: Partition) -> TransactionalProducer:
    """The partition's own producer, started: whoever had it is fenced, and what was open is settled."""
    patient = settings.model_copy(update={"transaction_timeout": TRANSACTION_SECONDS})
    producer = TransactionalProducer(patient, stage, source, lambda point: None)
    await producer.start()
    return producer


def differing(
    changelog: Partition, content: Content, state: PartitionState, includes: int, vault: Vault | None = None
) -> list[Output]:
    """The records that make a changelog hold this state; none when it holds it already.

    With a `vault` the content is in the clear, and what is written sealed; data keys that seal nothing any more go.
    """
    held = content.state
    wanted = {key: value for key, value in state.items() if held.get(key) != value or key.encode() in content.damaged}
    gone = {key.encode() for key, _ in held.items() if state.get(key) is None}
    kept = {key.encode() for key, _ in state.items()} | {ORIGIN.encode()}
    gone |= content.damaged.keys() - kept
    entries: Iterable[tuple[str, bytes | None]] = wanted.items()
    if vault is not None:
        gone |= {
            (DATA_KEY + each).encode() for each in vault.owners() - {vault.owner_of(key) for key, _ in state.items()}
        }
        entries = vault.begin().entries(wanted)
    outputs = [to_output(changelog, raw, None, includes) for raw in sorted(gone)]
    outputs += [to_output(changelog, key, value, includes) for key, value in entries]
    if not outputs and content.includes is not None and content.includes <= includes:
        return []
    return [origin(changelog, includes), *outputs]


def _require_unused(changelog: Partition, source: Partition, content: Content) -> None:
    if content.includes is not None or content.damaged:
        raise DataMissing(
            f"{changelog.topic}/{changelog.partition} holds a state, but the group has no offset of "
            f"{source.topic}/{source.partition}: begin the stage anew as docs/reliability.md says."
        )


async def _go_into_day(settings: Settings, stage: Stage, source: Partition, committed: int, replay: Replay) -> None:
    """A day is worked through in slices: go as far into it as the topics show that the stage had come."""
    record = await record_at(settings, source, committed)
    if record is None or not replay.is_long(record):
        return
    told = await _told_since(settings, stage, record)

    def accept(changed: Mapping[str, bytes | None], outputs: Sequence[Output]) -> bool | None:
        if not outputs:
            return None
        return all((output.topic, dict(output.headers).get("id")) in told for output in outputs)

    replay.go_into(record, accept)


async def _told_since(settings: Settings, stage: Stage, record: Record) -> set[tuple[str, bytes | None]]:
    """Topic and id of each output since a record was written; a day more, for clocks differ."""
    partitions = [
        Partition(topic, number)
        for topic in stage.writes
        for number in range(await kafka_topics.partitions_of(settings.kafka, topic))
    ]
    told: set[tuple[str, bytes | None]] = set()
    async with LogReader(settings, partitions) as log:
        await log.seek_to_time(record.timestamp - DAY_MS)
        async for batch in log.read_on():
            told.update((raw.topic, dict(raw.headers).get("id")) for raw in batch)
    return told
