"""A stage or connector that a person told to stop reading: what stands on `hub.control` under its name.

A tombstone says that it goes on.
"""

from pydantic import Field

from schemas.base import Model
from schemas.instants import Instant


class Pause(Model):
    """Who paused it (an opaque id), why, in plain words without personal data, and since when."""

    process: str = Field(min_length=1, max_length=40)
    actor: str = Field(min_length=1, max_length=200)
    why: str = Field(min_length=1, max_length=500)
    at: Instant

    @property
    def words(self) -> str:
        """In a sentence, for whoever looks at its health."""
        return f"paused by {self.actor} since {self.at:%Y-%m-%d %H:%M} UTC: {self.why}"
