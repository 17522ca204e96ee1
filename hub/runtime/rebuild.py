"""`sendhub rebuild`: a stage's state and what it said last, made anew from its source and compared with the running.

Running stages go on meanwhile. Their state is read up to a cut: a changelog's records say which source offset the state
includes, so the source is handled up to there. Then the topics are read, then the changelog's tail, which says how far
the stage had come by then: what a topic holds must be what was said last at the cut, or something said between the two.
"""

import hashlib
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import uuid4

from hub.platform.settings import Settings
from hub.runtime import groups
from hub.runtime import topics as kafka_topics
from hub.runtime.changelog import Content
from hub.runtime.log_reader import LogReader
from hub.runtime.partitions import Partition
from hub.runtime.records import buried, record_at, records
from hub.runtime.replay import Accept, Pace, Replay
from hub.runtime.restore import StageOf
from hub.runtime.shadow import Shadow
from hub.runtime.state import PartitionState
from hub.stages.stage import Output, Record, Stage
from schemas.topics import TOPICS

CHILDREN_COUNT = "children"

Digest = bytes | None
"""Of a value; None where there is none."""


class Difference(NamedTuple):
    """`where` (topic and partition), the child or other key, and what differs. Nothing of the values."""

    where: str
    key: str
    what: str


@dataclass
class Compared:
    """One partition or topic: what is counted in it, and the differences found."""

    where: str
    counts: dict[str, int]
    differences: list[Difference] = field(default_factory=list)

    def __str__(self) -> str:
        counts = " ".join(f"{name}={number}" for name, number in self.counts.items())
        return f"{self.where}: {counts} differ={len(self.differences)}"

    def differ(self, key: str, what: str) -> None:
        """Note a difference."""
        self.differences.append(Difference(self.where, key, what))


class Digests(PartitionState):
    """A state of which only digests are held: enough to compare every byte that counts."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._compared = stage.compared

    def load(self, key: str, value: bytes | None) -> None:
        """Apply one changelog record."""
        super().load(key, None if value is None else digest(self._compared(value)))


def digest(value: bytes | None) -> Digest:
    """Sixteen bytes that stand for a value."""
    return None if value is None else hashlib.blake2b(value, digest_size=16).digest()


@dataclass
class Said:
    """What a topic's keys were last said to be at the cut, and whatever was said after it."""

    last: dict[bytes, Digest] = field(default_factory=dict)
    later: dict[bytes, set[Digest]] = field(default_factory=dict)

    def allows(self, key: bytes, found: Digest) -> bool:
        """Whether a topic may hold this."""
        return self.last.get(key) == found or found in self.later.get(key, ())


class Running(NamedTuple):
    """The running stage as found: its state at a cut by partition, what its topics hold, how far it was after that."""

    contents: dict[int, Content]
    held: dict[str, dict[bytes, Digest]]
    later: dict[int, int | None]
    moved: set[int]


async def rebuild(
    settings: Settings, stage_of: StageOf, current: Collection[str], *, keep: bool = False
) -> list[Compared]:
    """Compare a stage's state, and `current` (compacted topics that it alone writes), with what its source gives anew.

    What the rebuild says goes to shadow topics and nowhere else. Raises Unavailable while Kafka or a topic is away,
    DataMissing when the source lost records.
    """
    return await _Rebuild(settings, stage_of, current).run(keep=keep)


class _Rebuild:
    def __init__(self, settings: Settings, stage_of: StageOf, current: Collection[str]) -> None:
        self._settings = settings
        self._pace = Pace()
        self._stage: Stage = stage_of(self._pace)
        (self._source,) = self._stage.sources
        self._written = [topic for topic in TOPICS if topic.name in self._stage.writes]
        self._said = {topic: Said() for topic in current}

    async def run(self, *, keep: bool) -> list[Compared]:
        count = await kafka_topics.partitions_of(self._settings.kafka, self._source)
        running = await self._look(count)
        given_up = await buried(self._settings, self._stage.name)
        sources = [Partition(self._source, number) for number in range(count)]
        committed = await groups.offsets(self._settings, self._stage.name, sources)
        found = []
        async with Shadow(self._settings, uuid4().hex[:8], self._written, keep=keep) as shadow:
            for number, source in enumerate(sources):
                replay = Replay(self._stage, number, self._pace, given_up.get(source, ()))
                compared = await self._partition(replay, source, running, shadow)
                if running.contents[number].includes is None and source in committed:
                    compared.differ("-", "the running state is gone")
                found.append(compared)
        return [*found, *self._topics(running)]

    async def _look(self, count: int) -> Running:
        """The running stage: state, then topics, then how far it had come. In this order, and whole transactions."""
        assert self._stage.changelog is not None
        contents = {number: Content(Digests(self._stage)) for number in range(count)}
        async with LogReader(self._settings, [Partition(self._stage.changelog, number) for number in contents]) as log:
            async for batch in log.read_on():
                contents[batch[0].partition].take(batch)
            held = {topic: await self._held(topic) for topic in self._said}
            tails = {number: Content(Digests(self._stage), content.includes) for number, content in contents.items()}
            moved = set()
            async for batch in log.read_on():
                moved.add(batch[0].partition)
                tails[batch[0].partition].take(batch)
        return Running(contents, held, {number: tail.includes for number, tail in tails.items()}, moved)

    async def _held(self, topic: str) -> dict[bytes, Digest]:
        """The last value of each key of a topic."""
        held: dict[bytes, Digest] = {}
        count = await kafka_topics.partitions_of(self._settings.kafka, topic)
        async with LogReader(self._settings, [Partition(topic, number) for number in range(count)]) as log:
            async for batch in log.read_on():
                held.update((raw.key, digest(raw.value)) for raw in batch)
        return {key: value for key, value in held.items() if value is not None}

    async def _partition(self, replay: Replay, source: Partition, running: Running, shadow: Shadow) -> Compared:
        number = source.partition
        content = running.contents[number]
        cut = content.includes or 0
        async for batch in records(self._settings, source, 0, cut):
            for output in replay.feed(batch):
                await self._say(output, shadow)
        here = await record_at(self._settings, source, cut)
        for output in [] if here is None else replay.go_into(here, _as_in(content.state, self._stage)):
            await self._say(output, shadow)
        where = f"{self._stage.changelog}/{number}"
        kept = sum(not key.startswith("!") for key, _ in content.state.items())
        compared = Compared(where, {CHILDREN_COUNT: kept, "offset": cut, "given_up": replay.passed_over})
        _compare_states(compared, content, replay.state, self._stage)
        if number in running.moved:
            await self._say_later(replay, source, cut, running.later[number] or 0)
        return compared

    async def _say(self, output: Output, shadow: Shadow) -> None:
        await shadow.write(output)
        if (said := self._said.get(output.topic)) is not None:
            said.last[output.key] = digest(output.value)

    async def _say_later(self, replay: Replay, source: Partition, start: int, end: int) -> None:
        """One record at a time, so that nothing is missed which the running stage may have said in between."""
        async for record in self._window(source, start, end):
            for output in replay.feed([record]):
                if (said := self._said.get(output.topic)) is not None:
                    said.later.setdefault(output.key, set()).add(digest(output.value))

    async def _window(self, source: Partition, start: int, end: int) -> AsyncIterator[Record]:
        """The records between two offsets, and the one after: the stage may stand within it."""
        if end > start:
            async for batch in records(self._settings, source, start, end):
                for record in batch:
                    yield record
        last = await record_at(self._settings, source, end)
        if last is not None:
            yield last

    def _topics(self, running: Running) -> list[Compared]:
        found = []
        for topic, said in self._said.items():
            held = running.held[topic]
            compared = Compared(topic, {"keys": len(held)})
            for key in sorted(held.keys() | said.last.keys()):
                if not said.allows(key, held.get(key)):
                    compared.differ(key.decode("utf-8", "replace"), _which(held.get(key), said.last.get(key)))
            found.append(compared)
        return found


def _as_in(running: PartitionState, stage: Stage) -> Accept:
    """Accepts a step that leads to what the running stage holds."""

    def held(value: bytes | None) -> Digest:
        return None if value is None else digest(stage.compared(value))

    return lambda changed, outputs: all(running.get(key) == held(value) for key, value in changed.items())


def _compare_states(compared: Compared, content: Content, state: PartitionState, stage: Stage) -> None:
    for offset, why in content.damaged.values():
        compared.differ("-", f"the record at offset {offset} is damaged: {why}")
    rebuilt = {key: digest(stage.compared(value)) for key, value in state.items()}
    running = dict(content.state.items())
    for key in sorted(rebuilt.keys() | running.keys()):
        if rebuilt.get(key) != running.get(key):
            compared.differ(key, _which(running.get(key), rebuilt.get(key)))


def _which(running: Digest, rebuilt: Digest) -> str:
    if running is None:
        return "missing"
    return "should not be there" if rebuilt is None else "differs"
