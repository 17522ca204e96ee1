"""The dead letters as hub.deadletter holds them: read from the topic itself, for the read model may be behind."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from hub.platform.settings import Settings
from hub.runtime.log_reader import LogReader
from hub.runtime.partitions import Partition
from schemas.deadletters import DeadLetter, Parsed, Resolution, Status, parse
from schemas.topics import DEADLETTER

LOG = Partition(DEADLETTER.name, 0)


class UnknownLetter(LookupError):
    """There is no such dead letter."""


class Letter(NamedTuple):
    """What is known of a dead letter, where it stands on hub.deadletter, and what became of it. Not its bytes."""

    meta: DeadLetter
    offset: int
    resolution: Resolution | None = None

    @property
    def status(self) -> Status:
        """What became of it."""
        return "open" if self.resolution is None else self.resolution.how


@dataclass(frozen=True)
class Wanted:
    """Which letters are meant: all that match everything given. `since` is the earliest time of giving up."""

    ids: tuple[str, ...] = ()
    stage: str | None = None
    source: str | None = None
    error: str | None = None
    step: str | None = None
    topic: str | None = None
    since: datetime | None = None

    def matches(self, meta: DeadLetter) -> bool:
        """Whether a letter is meant."""
        asked = {"stage": self.stage, "source": self.source, "error": self.error, "step": self.step}
        asked["source_topic"] = self.topic
        return (
            (not self.ids or meta.id in self.ids)
            and (self.since is None or meta.at >= self.since)
            and all(value is None or getattr(meta, name) == value for name, value in asked.items())
        )


async def read_letters(settings: Settings) -> dict[str, Letter]:
    """Every letter that the topic holds now, by id, oldest first. A letter that is written twice stays resolved.

    Raises Unavailable when an open transaction does not end.
    """
    found: dict[str, Letter] = {}
    async with LogReader(settings, [LOG]) as log:
        async for records in log.read_on():
            for record in records:
                parsed = _parse(record.value, tuple(record.headers))
                if parsed is not None:
                    _take(found, parsed, record.offset)
    return found


def _take(found: dict[str, Letter], parsed: Parsed, offset: int) -> None:
    letter = found.get(parsed.meta.id)
    if parsed.resolution is None:
        if letter is None:
            found[parsed.meta.id] = Letter(parsed.meta, offset)
    elif letter is not None:
        # Without its letter it is of one that has expired: nothing can be done with that any more.
        found[parsed.meta.id] = letter._replace(resolution=parsed.resolution)


async def read_contents(settings: Settings, letters: Iterable[Letter]) -> AsyncIterator[tuple[Letter, Parsed]]:
    """The letters with their bytes, in the order of the topic; one that has expired meanwhile is left out."""
    wanted: Mapping[int, Letter] = {letter.offset: letter for letter in letters}
    if not wanted:
        return
    async with LogReader(settings, [LOG]) as log:
        await log.seek(LOG, min(wanted))
        async for records in log.read_to({LOG: max(wanted) + 1}):
            for record in records:
                letter = wanted.get(record.offset)
                parsed = _parse(record.value, tuple(record.headers)) if letter is not None else None
                if letter is not None and parsed is not None:
                    yield letter, parsed


def _parse(value: bytes | None, headers: tuple[tuple[str, bytes], ...]) -> Parsed | None:
    """None for a record of another shape: the projection has made a dead letter of that."""
    try:
        return parse(value, headers)
    except ValueError:
        return None
