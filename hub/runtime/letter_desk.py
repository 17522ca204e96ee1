"""Putting dead letters back, and saying what became of them.

A record goes to the end of its own topic and partition as it was, in one Kafka transaction with its resolution and an
audit record: so it is put back once, whenever this is stopped. One desk works at a time: a second one fences the first.
The letter's key is destroyed in the same transaction, and the record sealed again as its topic's records are.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from types import TracebackType
from typing import Self

from hub.platform.clock import Clock
from hub.platform.keys import KeyDestroyed, KeyFault
from hub.platform.settings import Settings
from hub.runtime import topics
from hub.runtime.audit import Act
from hub.runtime.errors import RuntimeFault
from hub.runtime.letter_keys import LetterKeys, saying
from hub.runtime.letters import Letter, read_contents, read_letters
from hub.runtime.partitions import Partition
from hub.runtime.producer import Reach
from hub.runtime.putting_back import Placed, Transaction, acked, producer, send, send_all
from hub.runtime.records import record_at
from hub.runtime.sealing import Boundary
from hub.stages import projection
from hub.stages.errors import PermanentError
from hub.stages.stage import Record
from schemas.audit import Action
from schemas.deadletters import DeadLetter, How, Parsed, Resolution, build_resolution, letter_id
from schemas.topics import AUDIT_INTAKE, DEADLETTER, DEADLETTER_KEYS, SEALED_BY_DAY

BATCH_LETTERS = 100
BATCH_BYTES = 16 << 20
"""Largest transaction in letters and in bytes of their values: it must end well within its time limit."""

OTHERS = "`deadletter replay` or `resolve`"


class LetterDesk:
    """Use it as an async context manager; `letters` are those found when it was opened, by id.

    Raises Unavailable while Kafka or a topic is away, Fenced when another desk was opened, RuntimeFault when Kafka
    refuses a transaction: what was committed before stands, the rest is as it was.
    """

    letters: dict[str, Letter]
    keys: LetterKeys

    def __init__(self, settings: Settings, clock: Clock, act: Act, reach: Reach) -> None:
        self._settings = settings
        self._clock = clock
        self._act = act
        self._reach = reach
        self._boundary = Boundary(settings.ring)
        self._producer = producer(settings, "deadletters")

    async def __aenter__(self) -> Self:
        """Fence an earlier desk and settle what it left open, then read: in this order nothing is put back twice."""
        await topics.require(self._settings.kafka, [DEADLETTER.name, DEADLETTER_KEYS.name, AUDIT_INTAKE.name])
        try:
            await self._producer.start()
            self.keys = await LetterKeys.read(self._settings)
            self.letters = await read_letters(self._settings)
        except BaseException:
            await self._producer.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Disconnect."""
        await self._producer.stop()

    async def put_back(self, letters: Sequence[Letter]) -> AsyncGenerator[list[Letter], None]:
        """Put records back, a batch at a time; each batch as it is then, with its resolutions."""
        sources = {letter.meta.source_topic for letter in letters}
        if projected := sources & set(projection.TOPICS):
            raise ValueError(f"{sorted(projected)} are never appended to: an old record would hide a newer one")
        await topics.require(self._settings.kafka, sources)
        batch: list[tuple[Letter, Parsed]] = []
        async for letter, content in read_contents(self._settings, letters):
            batch.append((letter, await self._whole(content)))
            if len(batch) == BATCH_LETTERS or sum(len(each.value or b"") for _, each in batch) >= BATCH_BYTES:
                yield await self._put_back(batch)
                batch = []
        if batch:
            yield await self._put_back(batch)

    async def resolve(self, letters: Sequence[Letter], how: How, action: Action) -> None:
        """Say what became of letters whose records stay where they are. Their bytes can't be opened any more then."""
        for start in range(0, len(letters), BATCH_LETTERS):
            batch = [self._resolved(letter, how) for letter in letters[start : start + BATCH_LETTERS]]
            async with Transaction(self._producer, OTHERS):
                await self._tell(batch, action)
            self._reach("batch")

    async def wrap_anew(self) -> int:
        """Wrap the letters' keys with the ring's current wrapping key; how many. Raises KeyFault."""
        outputs = self.keys.wrapped_anew(self._settings.ring)
        async with Transaction(self._producer, OTHERS):
            await send_all(self._producer, outputs)
        return len(outputs)

    async def _whole(self, content: Parsed) -> Parsed:
        """A letter with its record's value in the clear; where its key was destroyed, as its own topic still has it."""
        meta, value = content.meta, content.value
        if value is None or content.key_id is None:
            return content
        try:
            settings = self._settings
            value = self.keys.open(meta.id, content.key_id, value, settings.ring, settings.letter_days)
        except KeyDestroyed as error:
            original = await self._original(meta)
            if original is None:
                raise RuntimeFault(f"{meta.id} can't be put back: {error}") from None
            value = original.value
        except KeyFault as error:
            raise RuntimeFault(f"{meta.id} can't be put back: {saying(error)}") from None
        return content._replace(value=value)

    async def _original(self, meta: DeadLetter) -> Record | None:
        """The record where it first stood, in the clear; None where it expired or its day's key was destroyed."""
        found = await record_at(self._settings, Partition(meta.source_topic, meta.partition), meta.offset)
        if found is None or found.offset != meta.offset:
            return None
        if meta.unopened:
            return found
        try:
            return self._boundary.open(found)
        except PermanentError:
            return None

    async def _put_back(self, batch: Sequence[tuple[Letter, Parsed]]) -> list[Letter]:
        async with Transaction(self._producer, OTHERS):
            sent = [await self._send_back(content) for _, content in batch]
            placed = await acked(sent)
            self._reach("records")
            done = [
                self._resolved(letter, "replayed", metadata.offset)
                for (letter, _), metadata in zip(batch, placed, strict=True)
            ]
            await self._tell(done, "deadletter.replay")
            self._reach("resolutions")
        self._reach("batch")
        return done

    async def _send_back(self, content: Parsed) -> "asyncio.Future[Placed]":
        meta = content.meta
        if meta.partition not in await self._producer.partitions_for(meta.source_topic):
            raise RuntimeFault(f"{meta.source_topic} has no partition {meta.partition} any more: resolve {meta.id}")
        value = content.value
        if value is not None and meta.source_topic in SEALED_BY_DAY and not meta.unopened:
            value = self._boundary.seal_value(meta.source_topic, value, content.headers)
        record = (meta.source_topic, value, content.key, meta.partition)
        return await send(self._producer, *record, headers=list(content.headers))

    def _resolved(self, letter: Letter, how: How, offset: int | None = None) -> Letter:
        meta = letter.meta
        returns_as = None
        if offset is not None:
            returns_as = letter_id(meta.source_topic, meta.partition, offset, meta.stage)
        now = self._clock.now()
        resolution = Resolution(
            how=how, at=now, by=self._act.actor, reason=self._act.why, offset=offset, returns_as=returns_as
        )
        return letter._replace(resolution=resolution)

    async def _tell(self, letters: Sequence[Letter], action: Action) -> None:
        sent = []
        for letter in letters:
            assert letter.resolution is not None
            told = build_resolution(letter.meta, letter.resolution)
            sent.append(await send(self._producer, DEADLETTER.name, told.value, told.key, headers=list(told.headers)))
        destroyed = [each for letter in letters for each in self.keys.destroyed(letter.meta.id)]
        await send_all(self._producer, destroyed)
        subjects = tuple(letter.meta.id for letter in letters)
        entry = self._act.entry(action, subjects, self._clock)
        said = entry.model_dump_json().encode()
        sent.append(await send(self._producer, AUDIT_INTAKE.name, said, entry.actor.encode()))
        await acked(sent)
