"""A partition's changelog topic: writing state changes to it, reading the state back from it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hub.platform.settings import Settings
from hub.runtime.errors import StateDamaged
from hub.runtime.log_reader import LogReader
from hub.runtime.partitions import Partition
from hub.runtime.state import PartitionState
from hub.runtime.vault import Vault
from hub.stages.stage import Output

OFFSET_HEADER = "source_offset"
ORIGIN = "!origin"
"""Key of a changelog's first record, written with the group's first offset: so each is there only if both are."""

_ORIGIN_KEY = ORIGIN.encode()

Check = Callable[[str, bytes], object]
"""Raises ValueError for a value that a stage can't load."""


class Recovered(NamedTuple):
    """A partition's state, and the source offset that it includes: None when no state was ever written."""

    state: PartitionState
    includes: int | None


@dataclass
class Content:
    """What a changelog holds: the state, the source offset it includes, and where its last record of a key is damaged.

    A damaged record that a later one of its key took the place of is gone, as it is for Kafka's own compaction.
    """

    state: PartitionState = field(default_factory=PartitionState)
    includes: int | None = None
    damaged: dict[bytes, tuple[int, str]] = field(default_factory=dict)

    def take(self, records: Iterable[Any]) -> None:
        """Follow records in their order."""
        load, damaged = self.state.load, self.damaged
        for record in records:
            raw = record.key or b""
            try:
                includes, key = _source_offset(record.headers), raw.decode()
            except ValueError as error:
                if record.value is None and isinstance(error, UnicodeDecodeError):
                    damaged.pop(raw, None)
                else:
                    damaged[raw] = record.offset, _why(error)
                continue
            if damaged:
                damaged.pop(raw, None)
            self.includes = includes
            if raw != _ORIGIN_KEY:
                load(key, record.value)


async def read_content(settings: Settings, changelog: Partition) -> Content:
    """What a changelog holds up to now, damage included."""
    content = Content()
    async with LogReader(settings, [changelog]) as log:
        async for records in log.read_on():
            content.take(records)
    return content


async def read_state(
    settings: Settings,
    changelog: Partition,
    mend: str = "",
    check: Check | None = None,
    vault: Vault | None = None,
) -> Recovered:
    """The state as of the changelog's end, opened by its `vault` where it has one.

    Call only after the former owner was fenced: else the end may still move. Raises StateDamaged, which names the
    record and says `mend`: what can be done; Unavailable while the key ring lacks a key.
    """
    content = await read_content(settings, changelog)
    if content.damaged:
        offset, why = min(content.damaged.values())
        raise damage(changelog, offset, why, mend)
    state = content.state
    if vault is not None:
        state, shut = vault.open_state(content.state)
        for key, why in shut.items():
            raise damage(changelog, await _offset_of(settings, changelog, key), why, mend)
    unfit = None if check is None else _first_unfit(state, check)
    if unfit is not None:
        raise damage(changelog, await _offset_of(settings, changelog, unfit), "its value is no state", mend)
    return Recovered(state, content.includes)


def _first_unfit(state: PartitionState, check: Check) -> str | None:
    for key, value in state.items():
        try:
            check(key, value)
        except (ValueError, TypeError):
            return key
    return None


def damage(changelog: Partition, offset: int, why: str, mend: str) -> StateDamaged:
    """The error that names a damaged record. Nothing of the record is repeated."""
    return StateDamaged(
        f"{changelog.topic}/{changelog.partition} holds a damaged record at offset {offset}: {why}. {mend}".rstrip()
    )


async def _offset_of(settings: Settings, changelog: Partition, key: str) -> int:
    """Where a key was last written: looked up only to name it."""
    last, wanted = -1, key.encode()
    async with LogReader(settings, [changelog]) as log:
        async for records in log.read_on():
            last = max([last, *(record.offset for record in records if record.key == wanted)])
    return last


def to_output(changelog: Partition, key: str | bytes, value: bytes | None, end: int) -> Output:
    """One state change as a changelog record; its header says which source offset the state includes."""
    headers = ((OFFSET_HEADER, str(end).encode()),)
    raw = key.encode() if isinstance(key, str) else key
    return Output(changelog.topic, raw, value, headers, changelog.partition)


def origin(changelog: Partition, start: int) -> Output:
    """The record that begins a changelog."""
    return to_output(changelog, ORIGIN, b"{}", start)


def _source_offset(headers: Iterable[tuple[str, bytes | None]]) -> int:
    for name, value in headers:
        if name == OFFSET_HEADER and value is not None and value.isdigit():
            return int(value)
    raise ValueError


def _why(error: ValueError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "its key is not UTF-8"
    return f"its header {OFFSET_HEADER} is missing or no number"
