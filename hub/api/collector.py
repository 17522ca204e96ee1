"""The domain's gauges, read from the read model at each scrape."""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import get_args

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Connection

from hub.core.measures.catalogue import Measure
from hub.core.measures.figures import Figure, Report
from hub.core.measures.look import Look
from hub.stages.errors import Unavailable
from hub.store import SchemaMismatch, gauges, reader
from hub.store.gauges import Counts
from hub.store.outcomes import Measures
from hub.store.readmodel import ReadModel
from schemas.alerts import Threshold
from schemas.reviews import ReviewTask


class DomainCollector(Collector):
    """All gauges of one scrape are of one moment. `today` gives the Europe/London date."""

    def __init__(self, model: ReadModel, today: Callable[[], date]) -> None:
        self._model = model
        self._today = today
        self._measures = Measures()

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing beforehand: registering must not need the database."""
        return []

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The gauges; while the read model cannot be read only that."""
        up = GaugeMetricFamily("sendhub_read_model_up", "Whether the read model can be read: 1 or 0.")
        try:
            with self._model.connection() as connection:
                families = self._families(connection)
        except (Unavailable, SchemaMismatch):
            families = []
        up.add_metric([], 1 if families else 0)
        return [up, *families]

    def _families(self, connection: Connection) -> list[GaugeMetricFamily]:
        thresholds: Counts = {(name,): 0 for name in get_args(Threshold)}
        questions: Counts = {(name,): 0 for name in get_args(ReviewTask.model_fields["question"].annotation)}
        return [
            _family("deadlines", "Deadlines.", ["clock", "state"], gauges.deadlines_by_clock(connection)),
            _family(
                "advice_deadlines",
                "Deadlines for advice: met is on time, met-late and overdue are not.",
                ["service", "area", "state"],
                gauges.advice_by_service(connection),
            ),
            _family(
                "open_cases",
                "Children with an open case, by weeks since the request was received.",
                ["area", "weeks"],
                gauges.open_cases_by_age(connection, self._today()),
            ),
            _family("alerts_open", "Open alerts.", ["threshold"], thresholds | gauges.alerts_open(connection)),
            _family("reviews_open", "Open review tasks.", ["question"], questions | gauges.reviews_open(connection)),
            _family("dead_letters_held", "Dead letters still open.", ["stage"], gauges.dead_letters_held(connection)),
            *_measured(self._measures.report(connection, _running_year(self._today()))),
            _freshness(connection),
        ]


def _running_year(today: date) -> Look:
    return Look(date(today.year, 1, 1), date(today.year, 12, 31), today)


class _Gauges:
    """The families of one kind of figure: of all services together, or by service."""

    def __init__(self, prefix: str, whose: str, labels: list[str]) -> None:
        said = f"Measures of the running calendar year{whose}, see docs/measures.md"
        place = ["measure", "cohort", "basis"]
        self.ratio = GaugeMetricFamily(f"{prefix}_ratio", f"{said}: 0 to 1.", labels=place + labels)
        self.value = GaugeMetricFamily(f"{prefix}_value", f"{said}: in their unit.", labels=[*place, "unit", *labels])
        self.numerator = GaugeMetricFamily(f"{prefix}_numerator", f"{said}: numerator.", labels=place + labels)
        self.denominator = GaugeMetricFamily(f"{prefix}_denominator", f"{said}: denominator.", labels=place + labels)
        self.open = GaugeMetricFamily(f"{prefix}_open", "What is open, by weeks.", labels=["measure", "weeks", *labels])

    def add(self, measure: Measure, figure: Figure, labels: list[str]) -> None:
        """Put a figure where it belongs; one of which nothing was counted has no value."""
        if figure.weeks is not None:
            self.open.add_metric([measure.id, figure.weeks, *labels], float(figure.numerator or 0))
            return
        place = [measure.id, figure.cohort, figure.basis]
        if figure.numerator is not None:
            self.numerator.add_metric(place + labels, figure.numerator)
        if figure.denominator is not None:
            self.denominator.add_metric(place + labels, figure.denominator)
        if figure.value is None:
            return
        if measure.kind == "ratio":
            self.ratio.add_metric(place + labels, float(Decimal(figure.value).scaleb(-2)))
        else:
            self.value.add_metric([*place, measure.unit, *labels], float(figure.value))

    def families(self) -> list[GaugeMetricFamily]:
        """All of them."""
        return [self.ratio, self.value, self.numerator, self.denominator, self.open]


def _measured(report: Report) -> list[GaugeMetricFamily]:
    whole = _Gauges("sendhub_measure", "", [])
    by_service = _Gauges("sendhub_measure_service", ", by service", ["service"])
    for measure, figures in report.measures:
        for figure in figures:
            if figure.service is None:
                whole.add(measure, figure, [])
            else:
                by_service.add(measure, figure, [figure.service])
    return [*whole.families(), *by_service.families()]


def _family(name: str, says: str, labels: list[str], counts: Counts) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"sendhub_{name}", says, labels=labels)
    for values, count in sorted(counts.items()):
        family.add_metric(list(values), count)
    return family


def _freshness(connection: Connection) -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "sendhub_read_model_last_record_timestamp_seconds",
        "The broker's time of the newest record in the read model.",
        labels=["topic"],
    )
    for topic, milliseconds in sorted(reader.freshness(connection).items()):
        family.add_metric([topic], milliseconds / 1000)
    return family
