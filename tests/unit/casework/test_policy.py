"""Another policy: every child is looked at again on the next day, in slices, and an unchanged one costs nothing."""

from dataclasses import replace
from datetime import date

import pytest

from hub.core.alerts.rules import RULES
from hub.core.casework.policy import Policy
from hub.core.forecast.likely_late import LikelyLate
from hub.core.forecast.outlook import Outlook
from hub.stages import casework
from hub.stages.casework_due import DueIndex
from schemas.alerts import AlertRows, LeadRow, Tell, ToldRow
from schemas.sources import Source, Sources
from tests.unit.forecast.spells import model_of, spell

from .facts import LAW, SOURCES, requested
from .stage import Bench, reached, to_record

OFFICE = ToldRow(name="office", thresholds=("overdue",), tell=(Tell(audience="office"),))
OTHERS = Policy(SOURCES, rules=LAW.rules, alerts=RULES.with_own(AlertRows(told=(OFFICE,))))
"""What is overdue is told to the office and to nobody else."""

CHILDREN = [requested("2026-09-01") | {"child_id": f"chd-{n:03}"} for n in range(120)]
QUIET = requested("2026-10-20") | {"child_id": "chd-quiet"}
"""Nothing of it changes on any day of these tests."""


def told(bench: Bench, since: int = 0) -> list[tuple[str, str]]:
    """State and audience of the alerts about what is overdue, each kind once."""
    return sorted({(a["state"], a["audience"]) for a in bench.alerts[since:] if a["threshold"] == "overdue"})


def restarted(bench: Bench, policy: Policy) -> Bench:
    bench.policy = policy
    bench.reopen()
    return bench


def overdue() -> Bench:
    bench = Bench(LAW)
    bench.feed([*CHILDREN, QUIET, reached("2026-10-20")])
    assert told(bench) == [("open", "coordinator")]
    return bench


def test_alerts_follow_the_new_rows_on_the_next_day_and_once():
    bench = overdue()
    said = len(bench.alerts)
    restarted(bench, OTHERS).feed([reached("2026-10-20"), CHILDREN[0]])
    assert len(bench.alerts) == said
    bench.feed([reached("2026-10-21")])
    assert told(bench, said) == [("cleared", "coordinator"), ("open", "office")]
    assert len(bench.alerts) == said + 2 * len(CHILDREN)
    for day in ("2026-10-22", "2026-10-23"):
        restarted(bench, OTHERS).feed([reached(day)])
    assert len(bench.alerts) == said + 2 * len(CHILDREN)


def test_it_is_worked_through_in_slices_and_goes_on_after_a_restart(monkeypatch):
    monkeypatch.setattr(casework, "MOST_CHILDREN", 50)
    whole, bench = overdue(), overdue()
    said = len(bench.alerts)
    assert restarted(whole, OTHERS).feed([reached("2026-10-21")]) == 3
    restarted(bench, OTHERS)
    record = [to_record(reached("2026-10-21"))]
    step = bench.handler.handle(record, bench.state)
    assert step.consumed == 0
    bench.commit(step.outputs)
    bench.handler.handle(record, bench.state)  # computed, never committed
    assert restarted(bench, OTHERS).feed([reached("2026-10-21")]) == 2
    assert bench.state.values == whole.state.values
    assert len(bench.alerts) == said + 2 * len(CHILDREN)


def test_an_interrupted_pass_goes_on_with_the_day_after(monkeypatch):
    monkeypatch.setattr(casework, "MOST_CHILDREN", 50)
    bench = overdue()
    restarted(bench, OTHERS)
    bench.commit(bench.handler.handle([to_record(reached("2026-10-21"))], bench.state).outputs)
    restarted(bench, OTHERS).feed([reached("2026-10-22")])
    assert {alert["audience"] for alert in bench.open_alerts().values()} == {"office"}
    assert len(bench.open_alerts()) == 1  # the children's requests are of one name, and so are the alerts about them


def test_back_to_what_it_was_gives_back_what_was_open():
    bench = overdue()
    restarted(bench, OTHERS).feed([reached("2026-10-21")])
    restarted(bench, LAW).feed([reached("2026-10-22")])
    assert {alert["audience"] for alert in bench.open_alerts().values()} == {"coordinator"}


def test_an_unchanged_policy_makes_nobody_be_looked_at():
    bench = overdue()
    outputs, values = len(bench.outputs), dict(bench.state.values)
    restarted(bench, Policy(SOURCES, rules=LAW.rules)).feed([reached("2026-10-21")])
    assert len(bench.outputs) == outputs
    assert bench.state.values == values | {"!day": bench.state.values["!day"]}


def test_a_child_that_was_looked_at_meanwhile_is_not_looked_at_again():
    bench = overdue()
    restarted(bench, OTHERS)
    news = requested("2026-10-20", "REQ-2") | {"child_id": "chd-000"}
    bench.feed([news])
    before = bench.state.values["chd-000"]
    bench.feed([reached("2026-10-21")])
    assert bench.state.values["chd-000"] == before
    assert bench.state.values["chd-quiet"] != overdue().state.values["chd-quiet"]


def outlook(*days: int) -> Outlook:
    return Outlook((model_of([spell(each) for each in days] * 10),), LikelyLate())


FORECAST = replace(LAW, forecast=outlook(10, 40, 80))
LEAD = AlertRows(lead=(LeadRow(name="usual", working_days=3),))


@pytest.mark.parametrize(
    "other",
    [
        OTHERS,
        replace(LAW, alerts=RULES.with_own(LEAD)),
        replace(LAW, rules=LAW.rules[1:]),
        replace(LAW, required_headings=frozenset({"medical"})),
        replace(LAW, exempt_review_days=7),
        replace(LAW, area_icbs={}),
        FORECAST,
        replace(LAW, successions=()),
        replace(LAW, sources=Sources(sources=(Source(id="a:825:1", kind="council", area="825"),))),
    ],
)
def test_the_digest_tells_one_policy_from_another(other):
    assert other.digest != LAW.digest
    assert replace(other).digest == other.digest


def test_the_digest_tells_one_forecast_from_another():
    again = replace(LAW, forecast=outlook(10, 40, 80))
    assert FORECAST.digest == again.digest
    assert FORECAST.digest != replace(LAW, forecast=outlook(10, 40, 90)).digest
    assert FORECAST.digest != replace(LAW, forecast=replace(outlook(10, 40, 80), policy=LikelyLate(0.1))).digest


def test_the_digest_does_not_tell_in_which_order_a_set_was_written_nor_what_was_asked_before():
    one, two = (replace(LAW, required_headings=frozenset(names)) for names in (("a", "b", "c"), ("c", "b", "a")))
    one.rules_for("case", "", "")
    one.alerts.telling(LAW.rules[0], None, "icb")
    assert one.digest == two.digest


def test_who_is_outdated_is_known_from_the_beginning_of_a_memory():
    index, value = DueIndex(OTHERS.digest), overdue().state.values["chd-quiet"]
    index.set("chd-quiet", value[:40])
    day = date(2026, 10, 21)
    assert index.by(day, {}) == ["chd-quiet"]
    assert index.by(day, {"chd-quiet": value}) == []
    index.set("chd-quiet", None)
    assert index.by(day, {}) == []
