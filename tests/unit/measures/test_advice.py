"""Measures of advice: on time with and without regulation 8(2), ages, sending, routing, missing, existing, returned."""

from decimal import Decimal

import pytest

from hub.core.measures.catalogue import ADVICE_MEASURES
from hub.core.measures.tally import Tally
from tests.unit.measures.rows import ACCEPTED, SOURCE, YEAR, advice, case, child, day, deadline, figures, ratio

BASES = ("including", "excluding", "clock-only")


def asked(state="overdue", starts_on="2026-02-02", exemptions=(), case_=None, **said):
    """One request that reached the body on 2 February: its six weeks end on 16 March."""
    made = case("2026-01-05", advice("2026-02-02", **said), **(case_ or {}))
    clock = deadline("advice-6w", starts_on, state, advice="ADV-1", exemptions=list(exemptions))
    return child(made, clock)


@pytest.mark.parametrize(
    ("state", "said", "expected"),
    [
        ("met", {"received_on": "2026-03-16"}, [(1, 1)] * 3),
        ("met-late", {"received_on": "2026-03-17"}, [(0, 1)] * 3),
        ("overdue", {}, [(0, 1)] * 3),
        ("closed", {"declined_on": "2026-02-20"}, [(0, 1)] * 3),
        ("closed", {"not_known_on": "2026-02-20"}, [(0, 1)] * 3),
        ("void", {"cancelled_on": "2026-02-20"}, [(0, 0)] * 3),
        ("void", {"cancelled_on": "2026-04-20"}, [(0, 0), (0, 0), (0, 1)]),
        ("met", {"received_on": "2026-03-01", "cancelled_on": "2026-04-20"}, [(1, 1)] * 3),
    ],
)
def test_advice_on_time(state, said, expected):
    made = asked(state, **said)
    assert [ratio(made, "advice-on-time", "due", basis) for basis in BASES] == expected
    found = figures(made, "advice-on-time")
    for basis in BASES:
        if ("due", basis, "camhs") in found:
            assert found["due", basis, "camhs"][5:] == found["due", basis][5:]
        else:
            assert expected == [(0, 0)] * 3


@pytest.mark.parametrize(("state", "said"), [("exempt", {}), ("met-exempt", {"received_on": "2026-04-01"})])
def test_with_and_without_regulation_8_2(state, said):
    made = asked(state, exemptions=ACCEPTED, **said)
    assert [ratio(made, "advice-on-time", "due", basis) for basis in BASES] == [(0, 1), (0, 0), (0, 1)]


def test_a_refused_request_takes_its_advice_along():
    refused = {"outcome": "refused", "ended_on": "2026-03-01"}
    made = asked("void", case_=refused)
    assert [ratio(made, "advice-on-time", "due", basis) for basis in BASES] == [(0, 0)] * 3


def test_advice_that_ended_late_with_its_request_was_late_till_then():
    refused = {"outcome": "refused", "ended_on": "2026-04-01"}
    made = asked("void", case_=refused)
    assert [ratio(made, "advice-on-time", "due", basis) for basis in BASES] == [(0, 0), (0, 0), (0, 1)]
    before = YEAR._replace(as_of=day("2026-03-31"))
    assert [ratio(made, "advice-on-time", "due", basis, look=before) for basis in BASES] == [(0, 1)] * 3
    assert figures(made, "advice-age", before)["open", "all", "6-12"].value == 1


@pytest.mark.parametrize(
    ("said", "hits"),
    [
        ({"declined_on": "2026-03-16"}, 1),
        ({"not_known_on": "2026-03-17"}, 0),
        ({"not_known_on": "2026-03-01", "received_on": "2026-06-01"}, 1),
        ({}, 0),
    ],
)
def test_an_answer_is_more_than_advice(said, hits):
    assert ratio(asked("closed", **said), "advice-answered", "due", "including") == (hits, 1)


def test_advice_for_reviews_is_not_measured():
    made = child(case("2026-01-05", advice("2026-02-02", purpose="review")))
    assert figures(made, "advice-age")["open", "all", "26+"].value == 0


def test_the_age_of_open_requests_ends_as_deadlines_do():
    delivered = ["2026-12-03", "2026-12-02", "2026-11-19", "2026-10-08", "2026-07-02", "2026-07-01"]
    chains = [advice(on, f"ADV-{n}", delivered_on=on) for n, on in enumerate(delivered)]
    chains += [advice("2026-05-01", "ADV-8", received_on="2026-05-09"), advice("2026-05-01", "ADV-9", service=None)]
    made = child(case("2026-01-05", *chains))
    bands = {key[2:]: figure.value for key, figure in figures(made, "advice-age").items()}
    assert {band: bands[(band,)] for band in ("0-4", "4-6", "6-12", "12-26", "26+")} == {
        "0-4": 1,
        "4-6": 2,
        "6-12": 1,
        "12-26": 1,
        "26+": 2,
    }
    assert bands["camhs", "26+"] == 1
    assert bands["unknown", "26+"] == 1
    ages = figures(made, "advice-age-p50")
    assert (ages["open", "all"].value, ages["open", "all"].denominator) == (84, 7)
    assert figures(made, "advice-age-p90")["open", "all"].value == 244


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"service": None, "heading": "psychological"}, "psychological"),
        ({"service": "", "heading": "education"}, "education"),
        ({"service": "camhs", "heading": "medical"}, "camhs"),
        ({"service": None}, "unknown"),
    ],
)
def test_advice_that_names_no_service_stands_under_its_heading(said, name):
    """On time, answered, age, sending, routing and what was missing: everywhere the same name."""
    full = f"{SOURCE}/ADV-1"
    told = {"decided": "assess", "decided_on": "2026-02-01", "outcome": "plan-issued"}
    issued = {"issued_on": "2026-05-01", "ended_on": "2026-05-01", "issued_without": [full]}
    shared = {"delivered_on": "2026-02-02", "allocated_on": "2026-02-09", "case_": told | issued} | said
    late, open_ = asked("met-late", received_on="2026-06-11", returned_on="2026-06-01", **shared), asked(**shared)
    found = {
        measure.id: {figure.service for figure in figures} - {None}
        for measure, figures in Tally([late, open_._replace(child_id="chd-2")]).report(YEAR).measures
        if measure.by_service
    }
    assert found == {measure.id: {name} for measure in ADVICE_MEASURES}


def test_existing_advice_without_a_request_stands_under_its_heading():
    existing = [
        {"heading": "psychological", "service": None, "agreed_on": "2026-04-05"},
        {"heading": "medical", "service": "audiology", "agreed_on": "2026-04-05"},
        {"heading": None, "service": None, "agreed_on": "2026-04-05"},
    ]
    made = child(case("2026-03-01", satisfied=existing))
    for name in ("psychological", "audiology", "unknown"):
        assert ratio(made, "advice-reused", "outcome", "all", name) == (1, 1)


def test_advice_missing_from_a_plan_stays_open_and_lags():
    full = f"{SOURCE}/ADV-1"
    issued = {"outcome": "plan-issued", "issued_on": "2026-05-01", "ended_on": "2026-05-01", "issued_without": [full]}
    made = asked("overdue", case_=issued)
    assert figures(made, "advice-age")["open", "all", "26+"].value == 1
    assert ratio(made, "plan-without-advice", "outcome", "all") == (1, 1)
    assert figures(made, "advice-missing")["outcome", "all", "camhs"].value == 1
    assert ratio(made, "missing-arrived", "outcome", "all", "camhs") == (0, 1)
    later = asked("met-late", case_=issued, received_on="2026-06-11")
    assert ratio(later, "missing-arrived", "outcome", "all") == (1, 1)
    assert figures(later, "missing-lag")["outcome", "all", "camhs"].value == Decimal("41.0")


@pytest.mark.parametrize(
    ("sent_on", "days"),
    [("2026-04-02", 0), ("2026-04-01", 0), ("2026-04-07", 1), ("2026-04-08", 2), ("2026-04-09", 3)],
)
def test_time_to_send_is_in_working_days_over_easter(sent_on, days):
    """Decided on Thursday 2 April 2026: Good Friday, the weekend and Easter Monday do not count."""
    assessed = {"decided": "assess", "decided_on": "2026-04-02"}
    made = child(case("2026-03-01", advice("2026-04-01", delivered_on=sent_on), **assessed))
    assert figures(made, "time-to-send")["decision", "all"].value == Decimal(days)
    assert figures(made, "time-to-send-p90")["decision", "all", "camhs"].value == days
    assert ratio(made, "sent-2wd", "decision", "all") == (int(days <= 2), 1)


@pytest.mark.parametrize(
    "said",
    [{"required": False}, {"part_of": f"{SOURCE}/ADV-0"}, {"purpose": "reassessment"}],
    ids=lambda said: next(iter(said)),
)
def test_what_is_not_the_authoritys_sending(said):
    assessed = {"decided": "assess", "decided_on": "2026-04-02"}
    made = child(case("2026-03-01", advice("2026-04-02", **said), **assessed))
    assert ratio(made, "sent-2wd", "decision", "all") == (0, 0)


def test_time_to_route_needs_an_allocation():
    chains = [
        advice("2026-04-02", "ADV-1", delivered_on="2026-04-02", allocated_on="2026-04-12"),
        advice("2026-04-02", "ADV-2", delivered_on="2026-04-02", allocated_on="2026-04-30"),
        advice("2026-04-02", "ADV-3", delivered_on="2026-04-02"),
        advice("2026-04-02", "ADV-4", allocated_on="2026-04-03"),
    ]
    made = child(case("2026-03-01", *chains))
    assert ratio(made, "routed", "delivery", "all") == (2, 3)
    assert figures(made, "time-to-route-p50")["delivery", "all"].value == 10
    assert figures(made, "time-to-route-p90")["delivery", "all", "camhs"].value == 28


def test_existing_and_returned_advice():
    chains = [
        advice("2026-04-02", "ADV-1", received_on="2026-04-20", state="received"),
        advice("2026-04-02", "ADV-2", received_on="2026-04-02", state="satisfied-by-existing", service="audiology"),
        advice("2026-04-02", "ADV-3", returned_on="2026-05-01", state="returned"),
        advice("2026-04-02", "ADV-4", returned_on="2026-05-01", received_on="2026-05-20", state="received"),
        advice("2025-04-02", "ADV-5", received_on="2025-04-20", state="received"),
    ]
    made = child(case("2026-03-01", *chains))
    assert ratio(made, "advice-reused", "outcome", "all") == (1, 3)
    assert ratio(made, "advice-reused", "outcome", "all", "audiology") == (1, 1)
    assert ratio(made, "advice-returned", "outcome", "all") == (2, 4)
    until_may = YEAR._replace(to_on=day("2026-05-01"))
    assert ratio(made, "advice-returned", "outcome", "all", look=until_may) == (2, 3)
    without_request = [{"heading": "medical", "service": "audiology", "agreed_on": "2026-04-05"}]
    both = child(case("2026-03-01", *chains, satisfied=without_request))
    assert ratio(both, "advice-reused", "outcome", "all", "audiology") == (2, 2)


@pytest.mark.parametrize(
    ("clock", "measure"), [("advice-all-in-12w", "complete-12w"), ("send-advice-request-2wd", "asked-2wd")]
)
@pytest.mark.parametrize(
    ("state", "met_on", "expected"),
    [
        ("met", "2026-03-30", (1, 1)),
        ("met-late", "2026-03-31", (0, 1)),
        ("overdue", None, (0, 1)),
        ("closed", None, (0, 1)),
        ("void", None, (0, 0)),
    ],
)
def test_local_targets(clock, measure, state, met_on, expected):
    made = child(case("2026-01-05"), deadline(clock, "2026-01-05", state, met_on=met_on))
    assert ratio(made, measure, "due", "all") == expected
    early = YEAR._replace(as_of=day("2026-03-30"))
    assert ratio(made, measure, "due", "all", look=early) == (0, 0)


def test_advice_without_its_deadline_waits_for_it():
    """The two come on different topics: until both are there, only the dates alone can be counted."""
    made = child(case("2026-01-05", advice("2026-02-02", received_on="2026-03-01")))
    assert [ratio(made, "advice-on-time", "due", basis) for basis in BASES] == [(0, 0), (0, 0), (1, 1)]


def test_a_replaced_request_is_found_by_its_latest_id():
    chain = advice("2026-02-02", received_on="2026-03-01", latest=f"{SOURCE}/ADV-2")
    made = child(case("2026-01-05", chain), deadline("advice-6w", "2026-02-02", "met", advice="ADV-2"))
    assert ratio(made, "advice-on-time", "due", "including") == (1, 1)
