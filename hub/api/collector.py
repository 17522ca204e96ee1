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
from hub.platform.instruments import Family, Reader, Unit
from hub.stages.errors import Unavailable
from hub.store import SchemaMismatch, gauges, reader
from hub.store.gauges import TASK_BANDS, Counts
from hub.store.outcomes import Measures
from hub.store.readmodel import ReadModel
from schemas.alerts import Threshold
from schemas.reviews import ReviewTask


def _family(name: str, says: str, labels: list[str], unit: Unit, reader: Reader = "SEND leads") -> Family:
    return Family(name, says, labels, unit, reader, "exporter")


UP = _family("read_model_up", "Whether the read model can be read.", [], "1 or 0", "operations")
NEWEST = _family(
    "read_model_last_record_timestamp_seconds",
    "The broker's time of the newest record in the read model, by topic.",
    ["topic"],
    "seconds",
    "operations",
)
DEADLINES = _family("deadlines", "Deadlines, by clock and state.", ["clock", "state"], "deadlines")
ADVICE = _family(
    "advice_deadlines",
    "Deadlines for advice, by service and area: met is on time, met-late and overdue are not.",
    ["service", "area", "state"],
    "deadlines",
)
OPEN_CASES = _family(
    "open_cases", "Children with an open case, by weeks since the request was received.", ["area", "weeks"], "children"
)
ALERTS = _family("alerts_open", "Open alerts, by threshold.", ["threshold"], "alerts")
REVIEWS = _family(
    "reviews_open", "Open review tasks, by question and by days since they were asked.", ["question", "days"], "tasks",
    "data quality",
)  # fmt: skip
LETTERS = _family(
    "dead_letters_held", "Dead letters still open, by stage.", ["stage"], "letters", "integration engineers"
)
THRESHOLDS = get_args(Threshold)
QUESTIONS = get_args(ReviewTask.model_fields["question"].annotation)


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
        try:
            with self._model.connection() as connection:
                families = self._families(connection)
        except (Unavailable, SchemaMismatch):
            families = []
        return [UP.of([((), 1 if families else 0)]), *families]

    def _families(self, connection: Connection) -> list[GaugeMetricFamily]:
        today = self._today()
        thresholds: Counts = {(name,): 0 for name in THRESHOLDS}
        questions: Counts = {(name, days): 0 for name in QUESTIONS for days in TASK_BANDS}
        freshness = sorted(reader.freshness(connection).items())
        return [
            _counted(DEADLINES, gauges.deadlines_by_clock(connection)),
            _counted(ADVICE, gauges.advice_by_service(connection)),
            _counted(OPEN_CASES, gauges.open_cases_by_age(connection, today)),
            _counted(ALERTS, thresholds | gauges.alerts_open(connection)),
            _counted(REVIEWS, questions | gauges.reviews_open(connection, today)),
            _counted(LETTERS, gauges.dead_letters_held(connection)),
            *_measured(self._measures.report(connection, _running_year(today))),
            NEWEST.of(((topic,), milliseconds / 1000) for topic, milliseconds in freshness),
        ]


def _running_year(today: date) -> Look:
    return Look(date(today.year, 1, 1), date(today.year, 12, 31), today)


class _Families:
    """The families of one kind of figure: of all services together, or by service. Made once: they are declared."""

    def __init__(self, prefix: str, whose: str, labels: list[str]) -> None:
        said = f"Measures of the running calendar year{whose}, see docs/measures.md"
        place = ["measure", "cohort", "basis"]
        self.ratio = _family(f"{prefix}_ratio", f"{said}: 0 to 1.", place + labels, "0 to 1")
        self.value = _family(f"{prefix}_value", f"{said}: in their unit.", [*place, "unit", *labels], "as `unit` says")
        self.numerator = _family(f"{prefix}_numerator", f"{said}: numerator.", place + labels, "as the measure counts")
        self.denominator = _family(
            f"{prefix}_denominator", f"{said}: denominator.", place + labels, "as the measure counts"
        )
        self.open = _family(
            f"{prefix}_open", "What is open now, by measure and weeks.", ["measure", "weeks", *labels],
            "as the measure counts",
        )  # fmt: skip


WHOLE = _Families("measure", "", [])
BY_SERVICE = _Families("measure_service", ", by service", ["service"])


class _Figures:
    """The figures of one scrape, by family."""

    def __init__(self, families: _Families) -> None:
        self._families = families
        self._found: dict[Family, list[tuple[tuple[str, ...], float]]] = {each: [] for each in vars(families).values()}

    def add(self, measure: Measure, figure: Figure, labels: list[str]) -> None:
        """Put a figure where it belongs; one of which nothing was counted has no value."""
        if figure.weeks is not None:
            self._put(self._families.open, (measure.id, figure.weeks, *labels), float(figure.numerator or 0))
            return
        place = (measure.id, figure.cohort, figure.basis)
        if figure.numerator is not None:
            self._put(self._families.numerator, (*place, *labels), figure.numerator)
        if figure.denominator is not None:
            self._put(self._families.denominator, (*place, *labels), figure.denominator)
        if figure.value is None:
            return
        if measure.kind == "ratio":
            self._put(self._families.ratio, (*place, *labels), float(Decimal(figure.value).scaleb(-2)))
        else:
            self._put(self._families.value, (*place, measure.unit, *labels), float(figure.value))

    def families(self) -> list[GaugeMetricFamily]:
        """All of them."""
        return [family.of(found) for family, found in self._found.items()]

    def _put(self, family: Family, place: tuple[str, ...], value: float) -> None:
        self._found[family].append((place, value))


def _measured(report: Report) -> list[GaugeMetricFamily]:
    whole, by_service = _Figures(WHOLE), _Figures(BY_SERVICE)
    for measure, figures in report.measures:
        for figure in figures:
            if figure.service is None:
                whole.add(measure, figure, [])
            else:
                by_service.add(measure, figure, [figure.service])
    return [*whole.families(), *by_service.families()]


def _counted(family: Family, counts: Counts) -> GaugeMetricFamily:
    return family.of(sorted(counts.items()))
