"""What the ticker writes into every partition of the logs that stages read: of nobody, so it names no child."""

from datetime import date
from typing import Any, Literal

from pydantic import Field

from schemas.base import Model
from schemas.instants import Instant


class Told(Model):
    """A day was reached (`effective_on`), or a source fell silent or is heard again (`data.source`)."""

    kind: Literal["day.reached", "source.silent", "source.heard"]
    effective_on: date
    received_at: Instant | None = None
    data: dict[str, Any] = Field(default_factory=dict)


class Heartbeat(Model):
    """Says nothing but that it came this far: of no child, to be passed over."""

    kind: Literal["heartbeat"]
