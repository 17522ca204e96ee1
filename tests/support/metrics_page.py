"""docs/metrics.md: the catalogue of metrics, as the modules that count declare it."""

import importlib
from collections.abc import Iterable
from pathlib import Path

from hub.platform.instruments import CATALOGUE, Entry
from tests.support.processes import PROJECT

PACKAGES = ("hub", "connectors")
INTRO = """# Metrics

Every process serves its own at `/metrics` on `SENDHUB_METRICS_PORT`. Made by `python -m tests.support.documents` from
what the code declares; a test compares it with what a running hub serves.

All are in base units. No label grows with children or with what a stranger sends, and none says who a child is. A
histogram `x` is served as `x_bucket`, `x_sum` and `x_count`. `partition`, `topic`: Kafka's; `source`: a registered feed
(docs/running.md), or `unknown`; `error`: the class of an error. Prometheus adds `job`, `instance` and
`process`. What has no labels another process may serve as 0: ask for the greatest.

[Alerts](../deploy/prometheus/rules/alerts.yml) say what fires when, [runbooks](runbooks/README.md) what to do then.
"""
HEAD = ("| metric | type | labels | unit | what it says | who looks |", "|---|---|---|---|---|---|")
WHERE = {
    "a stage": "Of every stage",
    "identity": "Of identity",
    "projection": "Of the projection",
    "ticker": "Of the ticker",
    "a connector": "Of every connector",
    "files": "Of the file connector",
    "pds": "Of the PDS connector",
    "api": "Of the API",
    "exporter": "Of the exporter: the domain, from the read model",
}


def catalogue() -> dict[str, Entry]:
    """Every metric of every process: importing a module declares its metrics."""
    for module in declaring():
        importlib.import_module(module)
    return dict(sorted((name, entry) for name, entry in CATALOGUE.items() if not name.startswith("sendhub_test_")))


def declaring() -> list[str]:
    """The modules that make instruments."""
    return sorted(_modules())


def _modules() -> Iterable[str]:
    for package in PACKAGES:
        for path in (PROJECT / package).rglob("*.py"):
            if "from hub.platform.instruments import" in path.read_text():
                yield ".".join(path.relative_to(PROJECT).with_suffix("").parts)


def metrics_page() -> str:
    """The page."""
    found = catalogue().values()
    lines = [INTRO]
    for process, title in WHERE.items():
        own = [entry for entry in found if entry.process == process]
        if own:
            lines += [f"## {title}", "", *HEAD, *map(_row, own), ""]
    return "\n".join(lines)


def _row(entry: Entry) -> str:
    labels = ", ".join(f"`{label}`" for label in entry.labels) or "-"
    return f"| `{entry.name}` | {entry.kind} | {labels} | {entry.unit} | {entry.says} | {entry.reader} |"


PAGE: Path = PROJECT / "docs" / "metrics.md"
