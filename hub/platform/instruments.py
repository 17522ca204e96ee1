"""The catalogue of metrics: what is counted is named, explained and made in one place; docs/metrics.md is made of it.

Whoever counts declares its metric here once, beside the code that counts. Base units, the prefix `sendhub_`, and no
label that grows with children or with what a stranger sends.
"""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily

# When a series began is of no use here, and would double their number.
disable_created_metrics()  # type: ignore[no-untyped-call]

PREFIX = "sendhub_"

Kind = Literal["counter", "gauge", "histogram"]
Unit = Literal[
    "records",
    "messages",
    "seconds",
    "requests",
    "files",
    "rows",
    "children",
    "deadlines",
    "alerts",
    "tasks",
    "letters",
    "attempts",
    "polls",
    "look-ups",
    "heartbeats",
    "1 or 0",
    "0 to 1",
    "as `unit` says",
    "as the measure counts",
]
Reader = Literal["operations", "integration engineers", "SEND leads", "data quality"]
"""Who looks at a metric: people on call, who connect systems, who answer for timeliness, who mend records."""

Process = Literal["a stage", "identity", "projection", "ticker", "a connector", "files", "pds", "api", "exporter"]
"""Which processes serve a metric."""

FAST = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
THROUGH = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600)
"""Buckets in seconds: of one step, and of the way through the hub."""


class Entry(NamedTuple):
    """One metric as it is served: `name` in full, as Prometheus has it; a histogram without its suffixes."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    unit: Unit
    says: str
    reader: Reader
    process: Process


CATALOGUE: dict[str, Entry] = {}
"""Every metric that was declared in this process, by name."""


def counter(
    name: str, says: str, labels: Sequence[str] = (), *, unit: Unit, reader: Reader, process: Process
) -> Counter:
    """A counter; `name` without the prefix and without `_total`."""
    _declare(Entry(f"{PREFIX}{name}_total", "counter", tuple(labels), unit, says, reader, process))
    return Counter(f"{PREFIX}{name}", says, labels)


def gauge(name: str, says: str, labels: Sequence[str] = (), *, unit: Unit, reader: Reader, process: Process) -> Gauge:
    """A gauge; `name` without the prefix."""
    _declare(Entry(f"{PREFIX}{name}", "gauge", tuple(labels), unit, says, reader, process))
    return Gauge(f"{PREFIX}{name}", says, labels)


def histogram(
    name: str,
    says: str,
    labels: Sequence[str] = (),
    *,
    unit: Unit,
    reader: Reader,
    process: Process,
    buckets: Sequence[float],
) -> Histogram:
    """A histogram; `name` without the prefix."""
    _declare(Entry(f"{PREFIX}{name}", "histogram", tuple(labels), unit, says, reader, process))
    return Histogram(f"{PREFIX}{name}", says, labels, buckets=buckets)


class Family:
    """A gauge that is worked out when it is asked for."""

    def __init__(self, name: str, says: str, labels: Sequence[str], unit: Unit, reader: Reader, process: Process):
        self._entry = Entry(f"{PREFIX}{name}", "gauge", tuple(labels), unit, says, reader, process)
        _declare(self._entry)

    def of(self, values: Iterable[tuple[Sequence[str], float]]) -> GaugeMetricFamily:
        """The family, with a value for each place: the values of its labels."""
        found = GaugeMetricFamily(self._entry.name, self._entry.says, labels=self._entry.labels)
        for place, value in values:
            found.add_metric(place, value)
        return found


def _declare(entry: Entry) -> None:
    if entry.name in CATALOGUE:
        raise ValueError(f"{entry.name} is declared twice")
    CATALOGUE[entry.name] = entry
