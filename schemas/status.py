"""How the hub does now, item by item: for `sendhub status`, pages and scripts. Names processes and feeds, nobody that
the hub keeps records of.
"""

from typing import Literal

from pydantic import Field

from schemas.base import Model
from schemas.instants import Instant

State = Literal["well", "degraded", "unknown"]
Part = Literal[
    "process", "stage", "kafka", "read model", "source", "dead letters", "questions", "keys", "expiry", "audit"
]


class Item(Model):
    """One thing that was looked at: what it is, how it does, in words; for what can be counted, `figures` by name.

    `runbook` is the page of docs/runbooks that says how to look and how to mend, of what is not well.
    """

    part: Part
    name: str
    state: State
    words: str
    figures: dict[str, float] = Field(default_factory=dict)
    runbook: str | None = None


class Status(Model):
    """All items of one look. `state` is the worst that is known: degraded, else unknown, else well."""

    at: Instant
    state: State
    items: tuple[Item, ...]
