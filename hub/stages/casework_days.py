"""What casework keeps of days, under DAY_KEY: how far the partition's days have come."""

from datetime import date
from typing import NamedTuple

import orjson

DAY_KEY = "!day"


class Days(NamedTuple):
    """The latest day seen, and the last one worked through; `date.min` before the first."""

    latest: date = date.min
    worked: date = date.min

    @classmethod
    def of(cls, value: bytes | None) -> "Days":
        """From the state's bytes; raises ValueError when they are no such pair."""
        if value is None:
            return cls()
        latest, worked = (date.fromisoformat(day) if day else date.min for day in orjson.loads(value))
        return cls(latest, worked)

    def dump(self) -> bytes:
        """As bytes, for the state."""
        return orjson.dumps([day.isoformat() if day != date.min else None for day in self])
