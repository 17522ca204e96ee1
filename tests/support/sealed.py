"""Sealed topics in tests: what processes read and write, in the clear. With the run's own ring unless told another."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from aiokafka import ConsumerRecord

from hub.core.identity.erasure import DATA_KEY
from hub.platform.keyring import KeyRing
from hub.platform.settings import Settings
from hub.runtime.backup import identity_vault
from hub.runtime.changelog import ORIGIN
from hub.runtime.letter_keys import LetterKeys
from hub.runtime.partitions import to_record
from hub.runtime.sealing import Boundary
from hub.runtime.state import PartitionState
from hub.stages.errors import PermanentError
from hub.stages.stage import Headers, Record
from schemas.deadletters import KEY_ID_HEADER, Parsed, parse
from schemas.topics import DEADLETTER, IDENTITY_STATE


def ring(file: Path | None = None) -> KeyRing:
    """The ring of a deployment, or the run's own."""
    return KeyRing(file) if file is not None else Settings().ring


def seal(topic: str, value: bytes, headers: Headers, file: Path | None = None) -> bytes:
    """A value as a connector or a stage writes it."""
    return Boundary(ring(file)).seal_value(topic, value, headers)


def opened(records: Iterable[ConsumerRecord], file: Path | None = None) -> list[ConsumerRecord]:
    """Records with their values in the clear: those that opened."""
    boundary, found = Boundary(ring(file)), []
    for each in records:
        with suppress(PermanentError):
            found.append(replace(each, value=boundary.open(to_record(each)).value))
    return found


def identity_state(records: Iterable[ConsumerRecord | Record], settings: Settings) -> dict[str, bytes]:
    """What identity's changelog holds, in the clear."""
    held = PartitionState()
    for each in records:
        if each.key.decode() != ORIGIN:
            held.load(each.key.decode(), each.value)
    found = identity_vault(settings).open_state(held)
    assert found.damaged == {}
    assert not [key for key, _ in found.state.items() if key.startswith(DATA_KEY)]
    return dict(found.state.items())


async def in_clear(logs: dict[str, list[Record]], settings: Settings) -> dict[str, list[Record]]:
    """Whole logs as the stages see them: raw messages, observations, dead letters and identity's last values opened."""
    boundary, keys = Boundary(settings.ring), await LetterKeys.read(settings)
    found = {topic: list(_opened(boundary, records)) for topic, records in logs.items()}
    found[DEADLETTER.name] = [_letter(each, keys, settings) for each in logs[DEADLETTER.name]]
    state = identity_state(logs[IDENTITY_STATE.name], settings)
    found[IDENTITY_STATE.name] = [
        replace(each, value=each.value and state.get(each.key.decode(), b"{}"))
        for each in logs[IDENTITY_STATE.name]
        if not each.key.startswith(DATA_KEY.encode())
    ]
    return found


def _opened(boundary: Boundary, records: Iterable[Record]) -> Iterator[Record]:
    for each in records:
        with suppress(PermanentError):
            yield boundary.open(each)


def _letter(record: Record, keys: LetterKeys, settings: Settings) -> Record:
    key_id = dict(record.headers).get(KEY_ID_HEADER)
    letter = parse(record.value, record.headers).meta.id if key_id is not None else ""
    if key_id is None or record.value is None or not keys.destroyed(letter):
        return record
    return replace(record, value=keys.open(letter, key_id.decode(), record.value, settings.ring, settings.letter_days))


async def letters_opened(letters: Sequence[Parsed], settings: Settings) -> list[Parsed]:
    """Dead letters with their values in the clear; those whose keys were destroyed as they are."""
    keys = await LetterKeys.read(settings)
    return [
        each
        if each.key_id is None or each.value is None or not keys.destroyed(each.meta.id)
        else each._replace(
            value=keys.open(each.meta.id, each.key_id, each.value, settings.ring, settings.letter_days), key_id=None
        )
        for each in letters
    ]
