"""The oracle on cases worked by hand: the table of section 1.12 of the domain reference, and what ends a clock."""

from datetime import UTC, date, datetime

import pytest

from hub.simulator.oracle import ADVICE, DECISION, NO_PLAN, PLAN, truths_of
from hub.simulator.partnership import Partnership
from hub.simulator.people import Child
from hub.simulator.truths import Advice, Case, Life, Telling, Truth

CHILD = Child("P-1", "Ada", "Brook", date(2017, 5, 4), "female", "ZZ99 1AA", "9990000018", "01", None, "T1")
UNKNOWN = Child("P-2", "Bo", "Brook", date(2017, 5, 4), "female", "ZZ99 1AA", None, None, None, "T2")
SLT = Advice("ADV-1", "REQ-1", "medical", "speech-and-language", "trust", "RXQ", source="bht-community:RXQ:2026")
TOLD = date(2026, 1, 1)


def truth(kind, on, advice=None, trust=None, route="webhook", **data):
    on = date.fromisoformat(on)
    at = datetime(2026, 1, 1, 9, tzinfo=UTC)
    return Truth(kind, on, at, "REQ-1", advice, trust, "", data, (Telling(route, TOLD),))


def requested(on):
    return truth("assessment.requested", on)


def expected(truths, day, advice=(SLT,), child=CHILD):
    case = Case(("REQ-1",), tuple(advice), tuple(truths))
    partnership = Partnership(1, TOLD, date.fromisoformat(day), (Life(child, (case,)),))
    return truths_of(partnership)


def clocks(truths, day, **others):
    return {each.clock: each for each in expected(truths, day, **others).deadlines}


def state(clock, truths, day, **others):
    found = clocks(truths, day, **others)[clock]
    return found.state, found.met_on


@pytest.mark.parametrize(
    ("received", "six", "sixteen", "twenty"),
    [
        ("2026-01-05", "2026-02-16", "2026-04-27", "2026-05-25"),
        ("2026-07-01", "2026-08-12", "2026-10-21", "2026-11-18"),
        ("2026-07-20", "2026-08-31", "2026-11-09", "2026-12-07"),
        ("2026-08-03", "2026-09-14", "2026-11-23", "2026-12-21"),
        ("2026-12-01", "2027-01-12", "2027-03-23", "2027-04-20"),
        ("2028-02-01", "2028-03-14", "2028-05-23", "2028-06-20"),
    ],
)
def test_worked_due_dates(received, six, sixteen, twenty):
    found = clocks([requested(received)], received)
    due = {clock: each.due_on.isoformat() for clock, each in found.items()}
    assert due == {DECISION: six, NO_PLAN: sixteen, PLAN: twenty}
    assert all((each.due_on - each.due_on_day_one).days == 1 for each in found.values())
    assert all(each.starts_on.isoformat() == received for each in found.values())


REQUESTED = requested("2026-01-05")
ASSESS = truth("assessment.decided", "2026-02-16", outcome="assess")


@pytest.mark.parametrize(
    ("clock", "more", "day", "wanted"),
    [
        (DECISION, [], "2026-02-16", ("running", None)),
        (DECISION, [], "2026-02-17", ("overdue", None)),
        (DECISION, [ASSESS], "2026-03-01", ("met", "2026-02-16")),
        (
            DECISION,
            [truth("assessment.decided", "2026-02-17", outcome="refuse")],
            "2026-03-01",
            ("met-late", "2026-02-17"),
        ),
        (DECISION, [truth("assessment.withdrawn", "2026-01-09")], "2026-03-01", ("void", None)),
        (NO_PLAN, [ASSESS], "2026-04-28", ("lapsed", None)),
        (NO_PLAN, [truth("plan.decided", "2026-04-27", outcome="no-plan")], "2026-06-01", ("met", "2026-04-27")),
        (NO_PLAN, [truth("plan.draft-sent", "2026-05-02")], "2026-06-01", ("void", None)),
        (PLAN, [truth("plan.issued", "2026-05-25")], "2026-06-01", ("met", "2026-05-25")),
        (PLAN, [truth("plan.issued", "2026-05-26")], "2026-06-01", ("met-late", "2026-05-26")),
        (PLAN, [truth("plan.decided", "2026-05-01", outcome="no-plan")], "2026-06-01", ("void", None)),
        (PLAN, [truth("assessment.decided", "2026-02-10", outcome="refuse")], "2026-06-01", ("void", None)),
        (PLAN, [ASSESS], "2026-05-26", ("overdue", None)),
    ],
)
def test_what_ends_a_case_clock(clock, more, day, wanted):
    found = state(clock, [REQUESTED, *more], day)
    assert found == (wanted[0], wanted[1] and date.fromisoformat(wanted[1]))


ASKED = truth("advice.requested", "2026-02-18", "ADV-1")
DELIVERED = truth("advice.delivered", "2026-02-20", "ADV-1", route="tracker")
RECEIVED = truth("advice.received", "2026-04-03", "ADV-1")


def test_six_weeks_run_from_delivery_or_else_from_sending():
    assert clocks([REQUESTED, ASSESS, ASKED], "2026-03-01")[ADVICE].due_on == date(2026, 4, 1)
    assert clocks([REQUESTED, ASSESS, ASKED, DELIVERED], "2026-03-01")[ADVICE].due_on == date(2026, 4, 3)


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ([], ("overdue", None)),
        ([RECEIVED], ("met", "2026-04-03")),
        ([truth("advice.received", "2026-03-20", "ADV-1", final=False)], ("overdue", None)),
        ([truth("advice.received", "2026-03-20", "ADV-1", not_known=True)], ("closed", None)),
        ([truth("advice.declined", "2026-03-20", "ADV-1")], ("closed", None)),
        ([truth("advice.declined", "2026-03-20", "ADV-1"), RECEIVED], ("met", "2026-04-03")),
        (
            [
                truth("advice.declined", "2026-03-20", "ADV-1"),
                truth("advice.cancelled", "2026-03-25", "ADV-1"),
                RECEIVED,
            ],
            ("closed", None),
        ),
        ([truth("advice.cancelled", "2026-03-20", "ADV-1")], ("void", None)),
        ([truth("assessment.withdrawn", "2026-03-20")], ("void", None)),
        ([RECEIVED, truth("assessment.withdrawn", "2026-04-10")], ("met", "2026-04-03")),
        ([RECEIVED, truth("advice.returned", "2026-04-10", "ADV-1")], ("overdue", None)),
        ([truth("plan.issued", "2026-04-10")], ("overdue", None)),
    ],
)
def test_what_ends_an_advice_clock(more, wanted):
    found = state(ADVICE, [REQUESTED, ASSESS, ASKED, DELIVERED, *more], "2026-04-20")
    assert found == (wanted[0], wanted[1] and date.fromisoformat(wanted[1]))


def test_advice_answered_again_after_it_was_sent_back_is_met_then():
    again = [truth("advice.returned", "2026-04-10", "ADV-1"), truth("advice.received", "2026-04-15", "ADV-1")]
    found = state(ADVICE, [REQUESTED, ASSESS, ASKED, DELIVERED, RECEIVED, *again], "2026-04-20")
    assert found == ("met-late", date(2026, 4, 15))


def test_a_replacement_keeps_the_first_due_date_and_shows_the_latest_id():
    anew = Advice("ADV-2", "REQ-1", "medical", "speech-and-language", "trust", "RXQ", replaces="ADV-1")
    truths = [REQUESTED, ASSESS, ASKED, DELIVERED, RECEIVED, truth("advice.requested", "2026-04-10", "ADV-2")]
    found = clocks(truths, "2026-04-20", advice=(SLT, anew))[ADVICE]
    assert (found.subject, found.due_on, found.state) == (
        "council-tracker:825:2026/ADV-2",
        date(2026, 4, 3),
        "overdue",
    )


def test_the_councils_date_of_receipt_is_believed_before_the_trusts():
    trust = truth("advice.received", "2026-04-01", "ADV-1", "bht-community:RXQ:2026", route="bars")
    both = [REQUESTED, ASSESS, ASKED, DELIVERED, trust, RECEIVED]
    assert state(ADVICE, both, "2026-04-20") == ("met", date(2026, 4, 3))
    assert state(ADVICE, both[:-1], "2026-04-20") == ("met", date(2026, 4, 1))


def test_what_only_an_untraced_row_or_message_tells_is_not_known():
    tracked = truth("advice.requested", "2026-02-18", "ADV-1", route="tracker")
    assert not expected([REQUESTED, ASSESS, tracked], "2026-03-01", child=UNKNOWN).advice
    assert expected([REQUESTED, ASSESS, tracked], "2026-03-01").advice == {"council-tracker:825:2026/ADV-1"}


def test_two_requests_run_as_one_from_the_earlier_receipt():
    second = Truth(
        "assessment.requested",
        date(2026, 1, 9),
        datetime(2026, 1, 9, 9, tzinfo=UTC),
        "REQ-2",
        tellings=(Telling("webhook", TOLD),),
    )
    found = expected([REQUESTED, second], "2026-01-10")
    assert found.requests == {"one-education:825:2022/REQ-1", "one-education:825:2022/REQ-2"}
    assert {each.subject for each in found.deadlines} == {"one-education:825:2022/REQ-1"}


def test_a_truth_that_was_never_told_counts_for_nothing():
    silent = Truth("assessment.requested", date(2026, 1, 5), datetime(2026, 1, 5, 9, tzinfo=UTC), "REQ-1")
    assert expected([silent], "2026-02-01").children == {}
