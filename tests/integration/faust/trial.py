"""One scenario against one worker, the hub's or stock Faust's, on topics of its own with one partition."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from typing import NamedTuple

import orjson
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from hub.runtime import topics
from schemas.topics import DEADLETTER, DEADLETTER_KEYS, Topic
from tests.support import stock_faust
from tests.support.counting import Run
from tests.support.processes import running
from tests.support.streams import produce, read_all
from tests.support.tally import Gate

PATIENCE = 60.0
STATE_LIMIT = 5_000
"""Largest changelog record: the output topic takes 10,000 bytes."""

Event = dict[str, object]


class Outcome(NamedTuple):
    """The ids of the events that were lost, repeated, numbered wrongly, or made dead letters."""

    lost: tuple[object, ...] = ()
    repeated: tuple[object, ...] = ()
    wrong: tuple[object, ...] = ()
    letters: tuple[object, ...] = ()


RIGHT = Outcome()


@dataclass
class Trial:
    """`stock` says which worker; `fed` is what it was given."""

    broker: str
    run: Run
    folder: Path
    stock: bool
    fed: list[Event] = field(default_factory=list)

    @property
    def gate(self) -> Gate:
        return Gate(self.folder)

    @property
    def group(self) -> str:
        return stock_faust.group(self.run) if self.stock else f"sendhub-{self.run.name}"

    @property
    def log(self) -> Path:
        return self.folder / "worker.log"

    @property
    def changelog(self) -> str:
        return stock_faust.changelog(self.run) if self.stock else self.run.changelog

    async def create(self, changelog: Topic | None = None) -> None:
        """Make the topics: all with one partition."""
        state = changelog or Topic(self.changelog, 1, "compact", max_message_bytes=STATE_LIMIT)
        source, output, _ = self.run.topics(partitions=1)
        await topics.create(self.broker, 1, [source, output, state, DEADLETTER, DEADLETTER_KEYS])

    @contextmanager
    def worker(
        self, *, stock: tuple[str, ...] = (), hub: tuple[str, ...] = (), instance: str = "1", kafka: str | None = None
    ) -> Iterator[Popen[bytes]]:
        """A worker process, with options of its kind; killed with the block. `kafka` where a proxy stands before it."""
        module, options = ("tests.support.stock_faust", stock) if self.stock else (f"{__package__}.worker", hub)
        env = {
            "SENDHUB_KAFKA": kafka or self.broker,
            "SENDHUB_INSTANCE": instance,
            "SENDHUB_SESSION_TIMEOUT": "6",
        }
        with running(module, self.run.name, str(self.folder), *options, env=env, log=self.log) as process:
            try:
                yield process
            finally:
                process.kill()

    async def feed(self, *events: Event) -> None:
        """Give it events; each has a key of its own unless it names one. Bytes go as they are, by their place."""
        start = len(self.fed)
        self.fed += [{"id": start + place, **event} for place, event in enumerate(events)]
        records = [
            (key_of(event), event["raw"] if "raw" in event else orjson.dumps(event)) for event in self.fed[start:]
        ]
        await produce(self.broker, self.run.source, records)  # type: ignore[arg-type]

    async def committed(self) -> int:
        """Where its group stands, 0 when it never committed."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.broker)
        await admin.start()
        try:
            found = (await admin.list_consumer_group_offsets(self.group)).get(TopicPartition(self.run.source, 0))
            return 0 if found is None else max(0, found.offset)
        except GroupCoordinatorNotAvailableError:
            return 0  # the first group of a broker: it is still making the topic that keeps offsets
        finally:
            await admin.close()

    async def commits(self, offset: int | None = None) -> None:
        """Return once it committed so far: all that it was fed, unless told otherwise."""
        end = len(self.fed) if offset is None else offset

        async def there() -> bool:
            return await self.committed() >= end

        await until(there, f"a commit of {end}", self.log)

    async def noted(self, name: str, times: int) -> None:
        """Return once its worker noted that so often."""

        async def there() -> bool:
            return len(self.gate.notes(name)) >= times

        await until(there, f"{name} {times} times", self.log)

    async def written(self, topic: str, records: int) -> None:
        """Return once a topic holds so many records that anybody may read."""

        async def there() -> bool:
            return len((await read_all(self.broker, [topic]))[topic]) >= records

        await until(there, f"{records} records in {topic}", self.log)

    async def outcome(self) -> Outcome:
        """Compare all that was written with a serial run of what was fed. The hub's worker never went Faust's ways."""
        assert not self.gate.notes("faust")
        found = await read_all(self.broker, [self.run.output, DEADLETTER.name])
        outputs = [orjson.loads(record.value) for record in found[self.run.output]]
        metas = [orjson.loads(dict(record.headers)["dl_meta"]) for record in found[DEADLETTER.name]]
        letters = [self.fed[meta["offset"]]["id"] for meta in metas if meta["source_topic"] == self.run.source]
        ids = Counter(output["id"] for output in outputs)
        right = self._numbers(letters)
        return Outcome(
            tuple(event["id"] for event in self.fed if event["id"] not in ids and event["id"] not in letters),
            tuple(sorted(id_ for id_, times in ids.items() if times > 1)),
            tuple(sorted({output["id"] for output in outputs if output["n"] != right.get(output["id"])})),
            tuple(letters),
        )

    def _numbers(self, letters: list[object]) -> dict[object, int]:
        """How each event would be numbered in a serial run."""
        seen: Counter[bytes] = Counter()
        numbers = {}
        for event in self.fed:
            if event["id"] not in letters:
                seen[key_of(event)] += 1
                numbers[event["id"]] = seen[key_of(event)]
        return numbers


def key_of(event: Event) -> bytes:
    return str(event.get("key", f"k{event['id']}")).encode()


def value_of(event: Event) -> bytes:
    raw = event.get("raw")
    return raw if isinstance(raw, bytes) else orjson.dumps(event)


async def until(met: Callable[[], Awaitable[bool]], what: str, log: Path) -> None:
    """Return once it is so; fails with the end of the worker's log."""
    end = time.monotonic() + PATIENCE
    while not await met():
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain for {what}; the log ends with:\n{tail(log)}")
        await asyncio.sleep(0.05)


def tail(log: Path) -> str:
    return log.read_text("utf-8", "replace")[-3000:] if log.exists() else ""


async def kill(process: Popen[bytes]) -> None:
    """End a worker at once, as a power cut would."""
    process.kill()
    await asyncio.to_thread(process.wait)
