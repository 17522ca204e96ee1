"""Dashboards are what the generator gives, and ask only for what is served."""

import re
from pathlib import Path

import pytest

from tests.support.dashboards import FOLDER, PAGES, queries, written
from tests.support.metrics_page import catalogue
from tests.unit.operations.test_rules import OUTSIDE, RECORDED


@pytest.mark.parametrize(("file", "content"), written().items(), ids=lambda value: getattr(value, "name", ""))
def test_a_file_is_what_the_generator_gives(file: Path, content: bytes) -> None:
    assert file.read_bytes() == content, "make it anew: python -m tests.support.dashboards"


def test_there_are_no_others() -> None:
    assert set(FOLDER.glob("*")) == set(written())


@pytest.mark.parametrize("expression", sorted({expression for _, _, expression in queries()}))
def test_a_query_asks_for_what_is_served(expression: str) -> None:
    served = set(OUTSIDE) | {"ALERTS"}
    for name, entry in catalogue().items():
        served |= {f"{name}_{part}" for part in ("bucket", "sum", "count")} if entry.kind == "histogram" else {name}
    recorded = {each["record"] for each in RECORDED}
    named = set(re.findall(r"(?<![:\w\"])(?:sendhub_\w+)(?![:\w])", expression)) - {"sendhub"}
    assert named <= served
    assert set(re.findall(r"\w+:sendhub_\w+:\w+", expression)) <= recorded


def test_every_panel_says_what_it_shows() -> None:
    for page in PAGES:
        assert page.says.endswith((".", "?"))
        for _, panels in page.rows:
            assert all(panel.says.endswith(".") and panel.queries for panel in panels)
