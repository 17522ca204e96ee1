"""The domain's gauges, read from the read model at each scrape."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import get_args

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Connection

from hub.stages.errors import Unavailable
from hub.store import SchemaMismatch, gauges, reader
from hub.store.gauges import Counts
from hub.store.readmodel import ReadModel
from schemas.alerts import Threshold
from schemas.reviews import ReviewTask


class DomainCollector(Collector):
    """All gauges of one scrape are of one moment. `today` gives the Europe/London date."""

    def __init__(self, model: ReadModel, today: Callable[[], date]) -> None:
        self._model = model
        self._today = today

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
            _freshness(connection),
        ]


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
