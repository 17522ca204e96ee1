"""Shapes that only the API answers with."""

from datetime import date
from typing import Literal

from pydantic import Field

from hub.core.measures.catalogue import Cohort, Kind, Unit
from hub.core.measures.timed import Basis
from schemas.base import Model


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
