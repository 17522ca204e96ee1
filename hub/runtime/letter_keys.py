"""The keys of dead letters: one for each, on a compacted topic, wrapped; a tombstone destroys it.

It is written with its letter and destroyed with the word of what became of it, each time in the same transaction.
"""

import secrets
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple, Self

from aiokafka import AIOKafkaProducer

from hub.platform.keyring import KeyRing
from hub.platform.keys import KEY_BYTES, KeyDestroyed, KeyFault, KeyUnknown, RingUnfit
from hub.platform.seal import lock, unlock, unwrap, wrap, wrapped_with
from hub.platform.settings import Settings
from hub.runtime.log_reader import LogReader
from hub.runtime.partitions import Partition
from hub.stages.errors import Unavailable
from hub.stages.stage import Output
from schemas.deadletters import KEY_ID_HEADER
from schemas.topics import DEADLETTER_KEYS

KEYS = Partition(DEADLETTER_KEYS.name, 0)
TURN = "!turn"
SINCE_HEADER = "since"
"""The machine's day on which the letter was written: its key is destroyed so many days later at the latest."""


class LetterKey(NamedTuple):
    """A wrapped key, and since when it is there."""

    wrapped: bytes
    since: date


def sealed_letter(letter: Output, letter_id: str, ring: KeyRing) -> list[Output]:
    """A dead letter with its value sealed, after the key that opens it. One without a value needs none.

    The key has an id of its own: a letter that is written twice has two keys, and each of the two can be opened.
    """
    if letter.value is None:
        return [letter]
    key, key_id = secrets.token_bytes(KEY_BYTES), secrets.token_hex(4)
    name = _name(letter_id, key_id)
    try:
        wrapped = wrap(ring.current().current, key, name.encode())
    except RingUnfit as error:
        raise Unavailable(f"a dead letter can't be sealed: {error}") from None
    headers = (*letter.headers, (KEY_ID_HEADER, key_id.encode()))
    sealed = replace(letter, value=lock(key, letter.value, letter_id.encode()), headers=headers)
    return [_entry(name, LetterKey(wrapped, ring.today())), sealed]


class LetterKeys:
    """The keys that are there now, by name: the letter's id and the key's own."""

    def __init__(self, keys: dict[str, LetterKey]) -> None:
        self._keys = keys
        self._names: dict[str, list[str]] = {}
        for name in keys:
            self._names.setdefault(name.partition(".")[0], []).append(name)

    @classmethod
    async def read(cls, settings: Settings) -> Self:
        """As the topic holds them."""
        return cls(await _read(settings))

    def open(self, letter_id: str, key_id: str, sealed: bytes, ring: KeyRing, days: int) -> bytes:
        """A letter's value; raises KeyDestroyed, KeyUnknown, RingUnfit or SealBroken."""
        name = _name(letter_id, key_id)
        found = self._keys.get(name)
        if found is None or found.since < ring.today() - timedelta(days=days):
            raise KeyDestroyed("its key was destroyed when it was replayed or resolved, or for its age")
        return unlock(unwrap(ring.current(), found.wrapped, name.encode()), sealed, letter_id.encode())

    def destroyed(self, letter_id: str) -> list[Output]:
        """Tombstones of all keys of a letter."""
        return [_entry(name, None) for name in self._names.get(letter_id, ())]

    def uses(self) -> Counter[str]:
        """How many letters' keys are wrapped with each wrapping key, by id."""
        return Counter(wrapped_with(each.wrapped) for each in self._keys.values())

    def wrapped_anew(self, ring: KeyRing) -> list[Output]:
        """The keys that an earlier wrapping key wraps, wrapped with the current one."""
        found = ring.current()
        outputs = []
        for name, each in self._keys.items():
            if wrapped_with(each.wrapped) != found.current.id:
                key = unwrap(found, each.wrapped, name.encode())
                outputs.append(_entry(name, LetterKey(wrap(found.current, key, name.encode()), each.since)))
        return outputs


async def expire(settings: Settings) -> int:
    """Destroy the keys of letters that are too old; how many. Raises Unavailable, KafkaError or OSError.

    One record is written in any case: Kafka compacts only what lies before the segment that it writes to, and closes
    that, once it is due, with the next record.
    """
    oldest = settings.ring.today() - timedelta(days=settings.letter_days)
    gone = [name for name, each in (await _read(settings)).items() if each.since < oldest]
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka, acks="all", enable_idempotence=True)
    try:
        await producer.start()
        for name in (*gone, TURN):
            await producer.send_and_wait(KEYS.topic, None, name.encode(), KEYS.partition)
    finally:
        await producer.stop()
    return len(gone)


def saying(error: KeyFault) -> str:
    """What a person is told of a letter that can't be opened."""
    if isinstance(error, KeyUnknown | RingUnfit):
        return str(error)
    return f"the bytes of this dead letter can't be opened any more: {error}"


async def _read(settings: Settings) -> dict[str, LetterKey]:
    found: dict[str, LetterKey] = {}
    async with LogReader(settings, [KEYS]) as log:
        async for batch in log.read_on():
            for raw in batch:
                name, since = (raw.key or b"").decode("ascii", "replace"), dict(raw.headers).get(SINCE_HEADER)
                if raw.value is None or since is None:
                    found.pop(name, None)
                else:
                    found[name] = LetterKey(raw.value, date.fromisoformat(since.decode()))
    return found


def _name(letter_id: str, key_id: str) -> str:
    return f"{letter_id}.{key_id}"


def _entry(name: str, key: LetterKey | None) -> Output:
    headers = () if key is None else ((SINCE_HEADER, str(key.since).encode()),)
    return Output(KEYS.topic, name.encode(), None if key is None else key.wrapped, headers, KEYS.partition)
