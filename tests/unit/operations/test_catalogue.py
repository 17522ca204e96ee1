"""What every metric must keep to, whoever declares it."""

import re
import subprocess
import sys
from typing import get_args

import pytest

from hub.platform.instruments import Entry, counter
from tests.support.metrics_page import WHERE, catalogue, declaring
from tests.support.processes import PROJECT

FOUND = list(catalogue().values())
BOUNDED = {
    *{"stage", "topic", "partition", "source", "connector", "reason", "error", "outcome", "route", "status"},
    *{"feed", "code", "ask", "result", "fault", "what", "clock", "state", "service", "area", "weeks", "days"},
    *{"threshold", "question", "measure", "cohort", "basis", "unit", "nhs_number"},
}
"""Labels whose values are few: named in code, in the sources file, or in files of the deployment's own."""


@pytest.mark.parametrize("entry", FOUND, ids=lambda entry: entry.name)
def test_a_metric_keeps_to_the_contract(entry: Entry) -> None:
    assert re.fullmatch(r"sendhub_[a-z]+(_[a-z]+)*", entry.name)
    assert entry.name.endswith("_total") == (entry.kind == "counter")
    assert set(entry.labels) <= BOUNDED
    assert (entry.unit == "seconds") == entry.name.endswith("_seconds"), "a base unit is in the name"
    assert not re.search(r"_(ms|milliseconds|minutes|hours|kb|percent)(_|$)", entry.name)
    assert entry.says.endswith((".", ";"))
    assert entry.process in WHERE


def test_no_module_counts_outside_the_catalogue() -> None:
    """An instrument of the client's own would be served, and stand in no contract."""
    wrong = []
    for package in ("hub", "connectors"):
        for path in (PROJECT / package).rglob("*.py"):
            made = re.findall(r"\b(?:Counter|Gauge|Histogram|Summary|GaugeMetricFamily)\(\s*f?\"", path.read_text())
            if made:
                wrong.append(path.name)
    assert wrong == ["instruments.py"]
    assert {"hub.api.collector", "hub.runtime.stage_metrics", "connectors.nhs.pds.metrics"} <= set(declaring())


def test_a_name_is_declared_once() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        counter("api_requests", "again.", unit="requests", reader="operations", process="api")


def test_a_process_serves_only_what_it_counts() -> None:
    """The exporter has no stages, and no series says when it was created."""
    code = "import hub.api.exporter, prometheus_client as p; print(p.generate_latest().decode())"
    served = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout
    assert "sendhub_stage_" not in served
    assert "_created" not in served


def test_every_part_of_the_contract_is_said() -> None:
    assert {entry.kind for entry in FOUND} == set(get_args(Entry.__annotations__["kind"]))
