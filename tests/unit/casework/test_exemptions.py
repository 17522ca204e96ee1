"""Exemptions: the table of the regulations, ground by ground and clock by clock, and what is only claimed."""

from datetime import date, timedelta

import pytest

from tests.unit.casework.facts import (
    COUNCIL,
    ICB,
    TRUST,
    about_advice,
    asked,
    codes,
    deadlines,
    fact,
    on_day,
    requested,
)

REQUEST = requested("2026-06-01")  # 6 weeks: 13 July; 16: 21 September; 20: 19 October
ADVICE = [asked("2026-07-01"), about_advice("advice.delivered", "2026-07-02")]  # until 13 August
ORDER = fact("order.made", "2026-06-01", "ORD-1", subject={"order": "ORD-1"}, data={"type": "assess"})
REASSESS = fact(
    "reassessment.decided", "2026-06-01", "REA-1", subject={"reassessment": "REA-1"}, data={"outcome": "reassess"}
)
LATE = "2026-12-01"

CASE = ("assessment-decision-6w", "final-plan-20w")
REASSESSMENT, ORDERED, BY_ADVICE = "reassessment-plan-14w", "order-plan-14w", "advice-6w ADV-1"
ABOUT = {
    CASE[0]: {"request": "REQ-1"},
    CASE[1]: {"request": "REQ-1"},
    BY_ADVICE: {"advice": "ADV-1"},
    REASSESSMENT: {"reassessment": "REA-1"},
    ORDERED: {"order": "ORD-1"},
}
CLOSED = {"closed_from": "2026-07-20", "reopens_on": "2026-09-02", "advice_requested_on": "2026-07-13"}
AWAY = {"from": "2026-06-10", "to": "2026-07-10"}
ILL = {"from": "2026-07-05"}
GROUNDS = {
    "school-closure": CLOSED,
    "early-years-closure": CLOSED,
    "exceptional-circumstances": ILL,
    "absence": AWAY,
    "missed-appointment": {},
    "other": ILL,
}
LIFTS = {
    "school-closure": {*CASE, REASSESSMENT, ORDERED},
    "early-years-closure": {*CASE, REASSESSMENT, ORDERED},
    "exceptional-circumstances": {*CASE, REASSESSMENT, ORDERED, BY_ADVICE},
    "absence": {*CASE, REASSESSMENT, ORDERED},
    "missed-appointment": set(),
    "other": set(),
}


def claim(ground, subject, on="2026-07-08", source=COUNCIL, **data):
    return fact("exemption.claimed", on, "CLM-1", subject=subject, source=source, data={"ground": ground} | data)


def missed(on="2026-07-20", made_by=ICB, record="APT-1"):
    data = {"appointment_on": on} | ({"made_by": made_by} if made_by else {})
    return about_advice("advice.appointment-missed", on, data=data) | {"record": record}


def one(name, *facts, day=LATE):
    return deadlines(on_day([REQUEST, *ADVICE, ORDER, REASSESS, *facts], day))[name]


@pytest.mark.parametrize("name", [*CASE, BY_ADVICE, REASSESSMENT, ORDERED])
@pytest.mark.parametrize("ground", GROUNDS)
def test_which_ground_lifts_which_limit(ground, name):
    value = one(name, claim(ground, ABOUT[name], **GROUNDS[ground]))
    lifts = name in LIFTS[ground]
    assert value["state"] == ("exempt" if lifts else "overdue")
    (shown,) = value["exemptions"]
    assert (shown["state"], shown["fits"]) == (("accepted", True) if lifts else ("not-valid", False))
    assert (value["review_by"] is not None) == lifts


def test_a_claim_on_the_case_never_lifts_an_advice_clock_nor_the_reverse():
    on_case = claim("exceptional-circumstances", {"request": "REQ-1"}, **ILL)
    assert one(BY_ADVICE, on_case)["state"] == "overdue"
    on_advice = claim("exceptional-circumstances", {"request": "REQ-1", "advice": "ADV-1"}, **ILL)
    assert one(CASE[1], on_advice)["state"] == "overdue"
    assert one(BY_ADVICE, on_advice)["state"] == "exempt"


CLOSURES = [
    ("2026-07-20", "2026-09-02", "2026-07-13", True),  # one week before the closure
    ("2026-07-20", "2026-09-02", "2026-07-12", False),
    ("2026-07-20", "2026-09-02", "2026-08-26", True),  # one week before the reopening
    ("2026-07-20", "2026-09-02", "2026-08-27", False),
    ("2026-07-20", "2026-08-17", "2026-07-20", True),  # 28 days
    ("2026-07-20", "2026-08-16", "2026-07-20", False),
    ("2026-10-26", "2026-11-02", "2026-10-26", False),  # half-term
    ("2026-07-20", "2026-09-02", None, False),
]


@pytest.mark.parametrize(("closed", "reopens", "asked_on", "lifts"), CLOSURES)
def test_the_school_closure_formula(closed, reopens, asked_on, lifts):
    data = {"closed_from": closed, "reopens_on": reopens} | ({"advice_requested_on": asked_on} if asked_on else {})
    value = one(CASE[1], claim("school-closure", {"request": "REQ-1"}, **data))
    assert value["state"] == ("exempt" if lifts else "overdue")


ABSENCES = [
    (CASE[0], "2026-06-01", "2026-06-28", True),  # 28 days inside
    (CASE[0], "2026-05-20", "2026-06-27", False),  # 27 inside
    (CASE[0], "2026-06-17", "2026-08-30", False),  # 27 before the limit
    (CASE[0], "2026-06-16", "2026-08-30", True),
    (ORDERED, "2026-06-10", "2026-06-23", True),  # two weeks are enough for an order
    (ORDERED, "2026-06-10", "2026-06-22", False),
    (BY_ADVICE, "2026-07-06", "2026-08-02", True),
    (CASE[0], "2026-06-16", None, True),  # it goes on
    (CASE[0], "2026-06-17", None, False),
    (CASE[0], None, "2026-06-28", False),
]


@pytest.mark.parametrize(("name", "first", "last", "lifts"), ABSENCES)
def test_an_absence_needs_its_days_inside_the_period(name, first, last, lifts):
    data = {key: value for key, value in (("from", first), ("to", last)) if value}
    assert one(name, claim("absence", ABOUT[name], **data))["state"] == ("exempt" if lifts else "overdue")


OPEN_ENDED = [  # clock, first day, the day from which it fits
    (CASE[0], "2026-06-05", "2026-07-02"),
    (CASE[0], "2026-05-01", "2026-06-28"),  # only days inside the period count
    (CASE[0], "2026-06-16", "2026-07-13"),  # on the last day of the limit
    (ORDERED, "2026-06-05", "2026-06-18"),
]


@pytest.mark.parametrize(("name", "first", "fits"), OPEN_ENDED)
def test_an_absence_without_a_last_day_counts_once_it_has_lasted_so_long(name, first, fits):
    going_on = claim("absence", ABOUT[name], on="2026-06-05", **{"from": first})
    facts = [REQUEST, ORDER, going_on]
    before, after = date.fromisoformat(fits) - timedelta(days=1), date.fromisoformat(fits)

    def shown(day):
        (found,) = deadlines(on_day(facts, day.isoformat()))[name]["exemptions"]
        return found["state"], found["fits"]

    assert (shown(before), shown(after)) == (("waiting", False), ("accepted", True))
    assert f"fits from {fits}" in " ".join(deadlines(on_day(facts, before.isoformat()))[name]["explanation"])
    assert on_day(facts, before.isoformat()).next_on <= after
    assert not [alert for alert in on_day(facts, before.isoformat()).alerts if "exemption" in alert["threshold"]]


def test_an_absence_that_can_no_longer_last_long_enough_is_not_valid_at_once():
    late = claim("absence", {"request": "REQ-1"}, on="2026-06-20", **{"from": "2026-06-20"})
    (shown,) = deadlines(on_day([REQUEST, late], "2026-06-21"))[CASE[0]]["exemptions"]
    assert (shown["state"], shown["fits"]) == ("not-valid", False)


def test_an_absence_that_goes_on_counts_no_day_after_the_deadline_ended():
    going_on = claim("absence", {"request": "REQ-1"}, on="2026-06-05", **{"from": "2026-06-05"})
    decided = fact("assessment.decided", "2026-07-01", subject={"request": "REQ-1"}, data={"outcome": "refuse"})
    for day in ("2026-07-01", "2026-07-02", LATE):
        (shown,) = deadlines(on_day([REQUEST, going_on, decided], day))[CASE[0]]["exemptions"]
        assert (shown["state"], shown["fits"]) == ("not-valid", False)


def test_the_last_day_that_comes_in_later_decides():
    going_on = claim("absence", {"request": "REQ-1"}, on="2026-06-05", **{"from": "2026-06-05"})
    back = going_on | {"version": 2, "data": going_on["data"] | {"to": "2026-06-20"}}
    assert one(CASE[0], going_on)["state"] == "exempt"
    assert one(CASE[0], going_on, back)["state"] == "overdue"


CIRCUMSTANCES = [
    ({"from": "2026-08-13"}, True),
    ({"from": "2026-08-14"}, False),
    ({"from": "2026-05-01", "to": "2026-07-02"}, True),
    ({"from": "2026-05-01", "to": "2026-07-01"}, False),
    ({}, False),
]


@pytest.mark.parametrize(("data", "lifts"), CIRCUMSTANCES)
def test_exceptional_circumstances_must_overlap_the_period(data, lifts):
    value = one(BY_ADVICE, claim("exceptional-circumstances", {"advice": "ADV-1"}, **data))
    assert value["state"] == ("exempt" if lifts else "overdue")


APPOINTMENTS = [
    ([missed()], {"appointment": "APT-1"}, True),
    ([missed()], {"from": "2026-07-20"}, True),
    ([missed()], {}, True),
    ([], {"appointment": "APT-1"}, False),
    ([missed()], {"appointment": "APT-9"}, False),
    ([missed(made_by={"role": "trust", "ods": "RXQ"})], {"appointment": "APT-1"}, False),
    ([missed(made_by=None)], {"appointment": "APT-1"}, False),
    ([missed("2026-08-13")], {"appointment": "APT-1"}, True),
    ([missed("2026-08-14")], {"appointment": "APT-1"}, False),
    ([missed("2026-07-01")], {"appointment": "APT-1"}, False),
]


@pytest.mark.parametrize(("appointments", "cites", "lifts"), APPOINTMENTS)
def test_a_missed_appointment_of_that_body_inside_its_six_weeks_and_cited(appointments, cites, lifts):
    value = one(BY_ADVICE, *appointments, claim("missed-appointment", {"advice": "ADV-1"}, **cites))
    assert value["state"] == ("exempt" if lifts else "overdue")


def test_an_appointment_of_a_service_that_the_body_passed_the_request_to_counts_as_its_own():
    trust = {"role": "trust", "ods": "RXQ"}
    onward = about_advice("advice.delivered", "2026-07-03", data={"leg": "onward", "to": trust}) | {"occurrence": "2"}
    cited = claim("missed-appointment", {"advice": "ADV-1"}, appointment="APT-1")
    assert one(BY_ADVICE, onward, missed(made_by=trust), cited)["state"] == "exempt"


def test_a_missed_appointment_alone_lifts_nothing_and_is_shown_as_unclaimed():
    value = one(BY_ADVICE, missed())
    assert value["state"] == "overdue"
    assert [(shown["state"], shown["claim"]) for shown in value["exemptions"]] == [("unclaimed", None)]
    assert one(CASE[1], missed())["exemptions"] == []


def test_case_14_a_missed_appointment_never_excuses_the_twenty_weeks():
    value = one(CASE[1], missed(), claim("missed-appointment", {"request": "REQ-1"}, appointment="APT-1"))
    assert value["state"] == "overdue"


def decide(kind, on="2026-08-20", claimed="CLM-1"):
    return fact(kind, on, "DEC-1", source="hub", data={"claim": claimed})


@pytest.mark.parametrize("named", ["CLM-1", f"{TRUST}/CLM-1"])
def test_a_claim_that_is_not_the_councils_waits_for_an_officer(named):
    theirs = claim("exceptional-circumstances", {"advice": f"{COUNCIL}/ADV-1"}, source=TRUST, **ILL)
    waiting = one(BY_ADVICE, theirs)
    assert (waiting["state"], waiting["exemptions"][0]["state"], waiting["exemptions"][0]["fits"]) == (
        "overdue",
        "waiting",
        True,
    )
    assert one(BY_ADVICE, theirs, decide("exemption.accepted", claimed=named))["state"] == "exempt"
    assert one(BY_ADVICE, theirs, decide("exemption.refused", claimed=named))["exemptions"][0]["state"] == "refused"


def test_an_officer_may_refuse_the_councils_own_claim_and_cannot_make_one_fit():
    own = claim("absence", {"request": "REQ-1"}, **AWAY)
    assert one(CASE[1], own, decide("exemption.refused"))["state"] == "overdue"
    short = claim("absence", {"request": "REQ-1"}, **{"from": "2026-06-10", "to": "2026-06-20"})
    value = one(CASE[1], short, decide("exemption.accepted"))
    assert (value["state"], value["exemptions"][0]["state"]) == ("overdue", "not-valid")


def test_the_last_decision_on_a_claim_stands():
    own = claim("absence", {"request": "REQ-1"}, **AWAY)
    refused = decide("exemption.refused", "2026-08-20")
    accepted = decide("exemption.accepted", "2026-08-25") | {"record": "DEC-2"}
    assert one(CASE[1], own, refused, accepted)["state"] == "exempt"


def test_an_exempt_deadline_keeps_its_dates_and_is_looked_at_again():
    own = claim("absence", {"request": "REQ-1"}, **AWAY)
    value = one(CASE[1], own, day="2026-10-20")
    assert (value["state"], value["due_on"], value["review_by"]) == ("exempt", date(2026, 10, 19), date(2026, 11, 16))
    assert one(CASE[1], own, day="2026-11-16")["review_by"] == date(2026, 11, 16)
    assert one(CASE[1], own, day="2026-11-17")["review_by"] == date(2026, 12, 14)
    running = one(CASE[1], own, day="2026-10-19")
    assert (running["state"], running["review_by"]) == ("running", None)


def test_what_is_met_late_with_an_exemption_is_met_exempt():
    issued = fact("plan.issued", "2026-10-20", "P", subject={"request": "REQ-1"})
    own = claim("absence", {"request": "REQ-1"}, **AWAY)
    assert one(CASE[1], own, issued)["state"] == "met-exempt"
    assert one(CASE[1], own, issued | {"effective_on": "2026-10-19"})["state"] == "met"


def test_case_15_an_exemption_entered_weeks_later_changes_the_present_and_not_the_past():
    entered = claim("absence", {"request": "REQ-1"}, **AWAY) | {"received_at": "2026-11-10T09:00:00Z"}
    facts = [REQUEST, entered]
    assert deadlines(on_day(facts, "2026-10-25"))[CASE[1]]["state"] == "overdue"
    assert deadlines(on_day(facts, "2026-11-10"))[CASE[1]]["state"] == "exempt"
    assert deadlines(on_day(facts, "2026-10-25", known_at="2026-12-01"))[CASE[1]]["state"] == "exempt"


@pytest.mark.parametrize("ground", ["lateness", "staffing", "extension-agreed"])
def test_case_12_what_is_not_on_the_closed_list_lifts_nothing(ground):
    assert one(CASE[1], claim(ground, {"request": "REQ-1"}, **ILL))["state"] == "overdue"


def test_case_13_school_closure_is_about_that_school_and_never_about_health():
    assert one(BY_ADVICE, claim("school-closure", {"advice": "ADV-1"}, **CLOSED))["state"] == "overdue"


def test_a_claim_that_ends_before_it_begins_is_a_question_and_lifts_nothing():
    wrong = claim("exceptional-circumstances", {"request": "REQ-1"}, **{"from": "2026-08-10", "to": "2026-08-01"})
    found = on_day([REQUEST, wrong], LATE)
    assert codes(found) == ["claim-dates"]
    assert deadlines(found)[CASE[1]]["state"] == "overdue"
    assert deadlines(found)[CASE[1]]["questions"]


def test_a_retracted_claim_is_gone():
    own = claim("absence", {"request": "REQ-1"}, **AWAY)
    value = one(CASE[1], own, own | {"version": 2, "retracted": True})
    assert (value["state"], value["exemptions"]) == ("overdue", [])


def test_the_explanation_names_start_rule_count_exemption_and_end():
    own = claim("absence", {"request": "REQ-1"}, **AWAY)
    issued = fact("plan.issued", "2026-10-20", "P", subject={"request": "REQ-1"})
    text = " ".join(one(CASE[1], own, issued)["explanation"])
    for part in (
        "reg 13(2)",
        "2026-06-01",
        "the authority received the request, or became responsible (CFA 2014 s24)",
        f"(assessment.requested), stated by {COUNCIL} in record REQ-1",
        "20 weeks",
        "2026-10-19",
        "absence from 2026-06-10 to 2026-07-10, accepted",
        "plan.issued",
        "2026-10-20",
    ):
        assert part in text
