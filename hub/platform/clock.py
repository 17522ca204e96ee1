"""The Clock port: the only place where the time comes from.

`DrivenClock` follows a file, so that a demo or a test can move the time of all processes at once.
"""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Protocol

from schemas.instants import london_day


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The instant, in UTC."""
        ...


def today(clock: Clock) -> date:
    """The Europe/London date of the clock."""
    return london_day(clock.now())


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The instant, in UTC."""
        return datetime.now(UTC)


class DrivenClock:
    """The instant written in a file (ISO 8601 with zone); the machine's clock while the file is absent or empty."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        """The instant, in UTC."""
        try:
            text = self._path.read_text().strip()
        except FileNotFoundError:
            text = ""
        return datetime.fromisoformat(text).astimezone(UTC) if text else datetime.now(UTC)

    def set(self, instant: datetime | None) -> None:
        """Move the time for everybody who follows the file; None gives the machine's clock back."""
        text = "" if instant is None else instant.astimezone(UTC).isoformat()
        temporary = self._path.with_suffix(".tmp")
        temporary.write_text(text)
        temporary.replace(self._path)


def clock_from(path: Path | None) -> Clock:
    """The clock that the settings ask for."""
    return SystemClock() if path is None else DrivenClock(path)
