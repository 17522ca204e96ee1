"""Who is told, and how early: the shipped rows, a deployment's own, and what is wrong with them."""

from datetime import date, timedelta

import pytest

from hub.core.alerts.occasions import soon_on
from hub.core.alerts.rules import RULES
from hub.core.casework.policy import Policy
from hub.core.clocks import rules as clocks
from hub.runtime.alert_rows import alert_rules
from tests.unit.casework.facts import (
    SOURCES,
    about_request,
    alerts,
    asked,
    fact,
    on_day,
    requested,
)

ADVICE = [
    requested("2026-09-01"),
    about_request("assessment.decided", "2026-10-01", data={"outcome": "assess"}),
    asked("2026-10-02"),
]
TARGETS = sorted(rule.clock for rule in clocks.RULES if rule.is_target)
SHORT = ("days", "weeks", "working-days")


def rows_in(tmp_path, text):
    file = tmp_path / "alerts.toml"
    file.write_text(text)
    return alert_rules(file)


def test_without_a_file_the_shipped_rows_hold():
    assert alert_rules(None) is RULES


@pytest.mark.parametrize("clock", TARGETS)
@pytest.mark.parametrize("threshold", ["due-soon", "overdue", "exempt-still-open", "date-moved-back"])
def test_local_targets_are_told_only_where_a_row_names_them(clock, threshold):
    assert RULES.tells(threshold, clock, target=True) == ()


@pytest.mark.parametrize("rule", [rule for rule in clocks.RULES if not rule.is_target], ids=lambda rule: rule.clock)
def test_every_limit_of_the_law_has_somebody_who_is_told(rule):
    for role in ("icb", "own-authority", "school"):
        assert RULES.tells("overdue", rule.clock, None, role)
        warned = RULES.tells("due-soon", rule.clock, None, role)
        assert bool(warned) == (not rule.conditional or role == "icb")


def days_of(rule):
    return rule.limit * {"weeks": 7, "days": 1, "working-days": 1.4}[rule.unit]


@pytest.mark.parametrize(
    "rule",
    [rule for rule in clocks.RULES if rule.counts in ("after", "beginning-with") and rule.unit in SHORT and rule.limit],
    ids=lambda rule: f"{rule.clock} {rule.about}",
)
def test_the_lead_leaves_time_before_it(rule):
    lead = RULES.lead(rule.clock, None)
    assert lead * 1.4 <= days_of(rule) / 2
    assert lead == 10 if days_of(rule) >= 28 else lead <= 3


def test_nothing_is_due_soon_on_its_first_day():
    start = date(2026, 8, 27)
    for offset in range(14):  # over a weekend and a bank holiday
        day = (start + timedelta(days=offset)).isoformat()
        told = fact("mediation.requested", day, "M-1", data={"issues": "health"})
        found = on_day([told], day)
        assert {deadline.rule.clock for deadline in found.deadlines} >= {"mediation-tell-icb-3wd"}
        assert found.alerts == []
        assert all(soon_on(deadline, 250) > deadline.starts_on for deadline in found.deadlines)


def test_a_row_of_the_same_name_takes_the_place_of_the_shipped_one(tmp_path):
    rules = rows_in(
        tmp_path,
        """
        [[told]]
        name = "advice-of-health"
        thresholds = ["due-soon", "overdue"]
        clocks = ["advice-6w"]
        roles = ["icb"]
        tell = [{ audience = "service:{service}" }, { audience = "head-of-send", per = "case" }]
        """,
    )
    found = on_day(ADVICE, "2026-11-10", Policy(SOURCES, alerts=rules))
    assert alerts(found) == [("due-soon", "head-of-send"), ("due-soon", "service:speech-and-language")]
    assert [row.name for row in rules.told] == [row.name for row in RULES.told]


def test_other_rows_come_first_and_an_empty_one_tells_nobody(tmp_path):
    rules = rows_in(
        tmp_path,
        """
        [[told]]
        name = "not speech"
        thresholds = ["due-soon"]
        services = ["speech-and-language"]
        """,
    )
    assert alerts(on_day(ADVICE, "2026-11-10", Policy(SOURCES, alerts=rules))) == []
    assert len(alerts(on_day(ADVICE, "2026-11-20", Policy(SOURCES, alerts=rules, rules=LAW)))) == 3


LAW = tuple(rule for rule in clocks.RULES if not rule.is_target)


def test_a_lead_of_ones_own_by_clock_and_service(tmp_path):
    rules = rows_in(
        tmp_path,
        """
        [[lead]]
        name = "speech is slow"
        clocks = ["advice-6w"]
        services = ["speech-and-language"]
        working_days = 20
        """,
    )
    policy = Policy(SOURCES, alerts=rules)
    assert alerts(on_day(ADVICE, "2026-10-14", policy)) == []
    assert len(alerts(on_day(ADVICE, "2026-10-15", policy))) == 3
    other = [*ADVICE[:2], asked("2026-10-02", service="physiotherapy")]
    assert alerts(on_day(other, "2026-10-28", policy)) == []


def test_a_target_can_be_told_where_a_row_names_it(tmp_path):
    rules = rows_in(
        tmp_path,
        """
        [[told]]
        name = "drafts"
        thresholds = ["overdue"]
        clocks = ["draft-sent-16w"]
        tell = [{ audience = "coordinator" }]
        """,
    )
    assert ("overdue", "coordinator") in alerts(on_day(ADVICE[:2], "2026-12-23", Policy(SOURCES, alerts=rules)))
    assert ("overdue", "coordinator") not in alerts(on_day(ADVICE[:2], "2026-12-23", Policy(SOURCES)))


WRONG = [
    ('[[told]]\nname = "a"\nthresholds = ["late"]', "told row 'a', thresholds.0"),
    ('[[told]]\nthresholds = ["overdue"]', "told row 1, name"),
    ('[[told]]\nname = "a"\nthresholds = []', "told row 'a', thresholds"),
    (
        '[[told]]\nname = "a"\nthresholds = ["overdue"]\nclocks = ["advice-7w"]',
        "told row 'a': there is no clock 'advice",
    ),
    ('[[lead]]\nname = "b"\nworking_days = -1', "lead row 'b', working_days"),
    (
        '[[lead]]\nname = "b"\nworking_days = 1\n[[lead]]\nname = "b"\nworking_days = 2',
        "lead row 'b': there is another",
    ),
    ('[[tell]]\nname = "b"', "tell: Extra inputs"),
    ("[[told", "is not a TOML file"),
]


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_what_is_wrong_is_said_with_its_row(tmp_path, text, said):
    with pytest.raises(ValueError, match=r"alerts\.toml") as error:
        rows_in(tmp_path, text)
    assert said in str(error.value)
