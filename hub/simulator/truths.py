"""What is true of a child's case, dated, and when and by whom the hub is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from hub.simulator.people import Child

Route = Literal["requests", "webhook", "tracker", "bars"]
"""By the first extract of requests, the council's webhook, an extract of the advice tracker, or a trust's message."""


@dataclass(frozen=True, slots=True)
class Telling:
    """The day on which one route brings a truth to the hub."""

    route: Route
    day: date


@dataclass(frozen=True, slots=True)
class Slip:
    """The date that was first entered in error; told on `day`, which may come after its own correction."""

    on: date
    recorded_at: datetime
    day: date


@dataclass(frozen=True, slots=True)
class Truth:
    """Something that happened on a Europe/London date, as its teller recorded it (UTC).

    `trust` is the source that tells it, None for the council. `data` is of the fact kind.
    """

    kind: str
    on: date
    recorded_at: datetime
    request: str
    advice: str | None = None
    trust: str | None = None
    occurrence: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    tellings: tuple[Telling, ...] = ()
    slip: Slip | None = None

    def told(self, *routes: Route) -> date | None:
        """The first day on which one of these routes tells it, None when none has by the last day."""
        return min((telling.day for telling in self.tellings if telling.route in routes), default=None)


@dataclass(frozen=True, slots=True)
class Advice:
    """One body asked for one kind of advice. `replaces` is the request before it in its chain.

    `source` is the trust's feed when the trust answers by BaRS; `ods` the trust's code.
    """

    id: str
    request: str
    heading: str
    service: str | None
    role: str
    ods: str | None = None
    urn: str | None = None
    source: str | None = None
    replaces: str | None = None

    @property
    def asked(self) -> dict[str, str]:
        """The body asked, as facts write it."""
        known = {"role": self.role, "ods": self.ods, "urn": self.urn}
        return {name: value for name, value in known.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Case:
    """Requests that run as one, the first being the earliest, with all that came of them, in the order of dates."""

    requests: tuple[str, ...]
    advice: tuple[Advice, ...]
    truths: tuple[Truth, ...]

    @property
    def plan(self) -> str:
        """The council's number for the plan, should there be one."""
        return self.requests[0].replace("REQ", "PLAN")


@dataclass(frozen=True, slots=True)
class Life:
    """A child and their cases, the earlier first."""

    child: Child
    cases: tuple[Case, ...]
