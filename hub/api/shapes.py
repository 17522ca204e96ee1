"""Shapes that only the API answers with."""

from datetime import date
from typing import Literal

from pydantic import Field

from hub.core.measures.catalogue import Cohort, Kind, Unit
from hub.core.measures.timed import Basis
from schemas.base import Model
from schemas.deadletters import TrackedLetter
from schemas.instants import Instant
from schemas.records import DisagreementRecord
from schemas.trail import MessageRead, ObservationTaken, Receipt


class MeasureFigure(Model):
    """One figure. `service` and `weeks` are null for all together; `value` is null where nothing was counted.

    `service` is the heading for advice that names no service.
    A ratio's value is a percentage, a mean's is in the measure's unit (its numerator in days), both to one decimal. A
    percentile has no numerator, a count no denominator.
    """

    cohort: Cohort
    basis: Basis
    source: Literal["DfE", "local"]
    service: str | None
    weeks: str | None
    numerator: int | None
    denominator: int | None
    value: float | int | None


class MeasureFigures(Model):
    """One measure: what it counts, and its figures."""

    id: str
    title: str
    definition: str
    kind: Kind
    unit: Unit
    figures: tuple[MeasureFigure, ...]


class MeasureReport(Model):
    """Every measure for a period, as it stands on a day. `known_at` is `now`: so the read model knows it."""

    from_on: date = Field(alias="from")
    to_on: date = Field(alias="to")
    as_of: date
    known_at: str
    area: str | None
    measures: tuple[MeasureFigures, ...]


class Moment(Model):
    """One day in a child's life: a fact of the record, or what a clock made of it.

    `what` says what `about` is the id of; of a clock it is the limit's. `explanation` says at a due date why it is that
    day.
    """

    on: date
    kind: Literal["fact", "starts", "due", "met", "review-by"]
    what: Literal["request", "case", "advice", "plan", "exemption", "clock"]
    about: str | None
    words: str
    clock: str | None = None
    law: str | None = None
    explanation: tuple[str, ...] = ()


class Timeline(Model):
    """All of them in order; and what sources disagree on, side by side. `as_of` is the newest limit's."""

    child_id: str
    case_reference: str | None
    as_of: date | None
    moments: tuple[Moment, ...]
    disagreements: tuple[DisagreementRecord, ...] = ()


class SourceHealth(Model):
    """A registered feed, and how it does. `silent_after` is in hours, None where it may be silent for ever.

    `last_received_at` is the connector's time of its newest message, as far as intake has read; None where none is
    kept. `silent_since`: it has been silent for longer than it may, from that day. `dead_letters` are open ones.
    """

    id: str
    kind: Literal["council", "nhs", "hub"]
    area: str | None
    live_from: date | None
    silent_after: float | None
    last_received_at: Instant | None
    silent_since: date | None
    dead_letters: int


class FollowedMessage(Model):
    """One message through every stage: its receipt, what became of it step by step, and what was given up of it."""

    receipt: Receipt
    steps: tuple[MessageRead | ObservationTaken, ...]
    dead_letters: tuple[TrackedLetter, ...]
