import tomllib
from typing import get_args

from hub.core.alerts.rules import RULES, unknown_in
from hub.core.clocks import rules as clocks
from schemas.alerts import AlertRows, Reason, Threshold
from tests.unit.alerts.page import PAGE, page


def test_the_tables_are_those_of_the_rows():
    assert PAGE.read_text() == page(), "write it anew: python -m tests.unit.alerts.page"


def test_every_threshold_and_reason_is_explained():
    text = PAGE.read_text()
    assert [name for name in get_args(Threshold) if f"| `{name}` |" not in text] == []
    assert [name for name in get_args(Reason) if f"*{name}*" not in text] == []


def test_the_example_can_be_read():
    example = PAGE.read_text().split("```toml\n")[1].split("```")[0]
    rows = AlertRows.model_validate(tomllib.loads(example))
    assert unknown_in(rows, (rule.clock for rule in clocks.RULES)) == []
    assert len(RULES.with_own(rows).told) == len(RULES.told)


def test_every_clock_that_the_shipped_rows_name_exists():
    named = {clock for row in (*RULES.told, *RULES.leads) for clock in row.clocks}
    assert named <= {rule.clock for rule in clocks.RULES}
