"""The rest of the timetable: what starts each clock, how its days are counted, and what ends it."""

from datetime import date

import pytest

from hub.core.clocks.rules import RULES
from hub.core.clocks.words import MOMENTS
from schemas.kinds import data_errors
from tests.unit.casework.facts import (
    COUNCIL,
    POLICY,
    TRACKER,
    about_request,
    asked,
    codes,
    deadlines,
    fact,
    on_day,
    requested,
)

REQUEST = requested("2026-01-05")
ISSUED = fact("plan.issued", "2026-05-20", "PLAN-1", subject={"request": "REQ-1", "plan": "PLAN-1"})
OLD_PLAN = fact("plan.issued", "2025-03-10", "PLAN-1", subject={"plan": "PLAN-1"})


def about(kind, on, **subject):
    """A fact about something, with `data` and `record` taken out of the subject's names."""
    data, record = subject.pop("data", {}), subject.pop("record", None)
    return fact(kind, on, record or next(iter(subject.values()), "R"), subject=subject, data=data)


def clock(name, facts, day, policy=POLICY):
    found = deadlines(on_day(facts, day, policy))
    return found.get(name)


def dates(value):
    return tuple(value[name].isoformat() for name in ("starts_on", "due_on", "due_on_day_one", "act_by"))


HELD = about("review.held", "2026-03-02", review="REV-1", plan="PLAN-1")
AREA_OUT = about("transfer.area", "2026-11-02", transfer="T-1", plan="PLAN-1", data={"direction": "out"})


def order(type_, on="2026-03-02", **data):
    return about("order.made", on, order="ORD-1", request="REQ-1", data={"type": type_} | data)


STARTS = [  # clock, facts, starts, due, due when the first day counts, act by
    ("draft-response-15d", [REQUEST, about("plan.draft-sent", "2026-11-02", request="REQ-1")],
     "2026-11-02", "2026-11-16", "2026-11-16", "2026-11-16"),
    ("draft-response-15d", [REQUEST, about("plan.draft-sent", "2026-10-30", request="REQ-1", data={"method": "post"})],
     "2026-11-03", "2026-11-17", "2026-11-17", "2026-11-17"),
    ("draft-response-15d", [REQUEST, about("plan.draft-sent", "2026-12-24", request="REQ-1", data={"method": "post"})],
     "2026-12-30", "2027-01-13", "2027-01-13", "2027-01-13"),
    ("review-first-12m", [OLD_PLAN], "2025-03-10", "2026-03-09", "2026-03-09", "2026-03-09"),
    ("review-first-12m", [about("plan.issued", "2024-02-29", plan="P")],
     "2024-02-29", "2025-02-27", "2025-02-27", "2025-02-27"),
    ("review-next-12m", [OLD_PLAN, HELD, about("review.decided", "2026-03-20", review="REV-1", plan="PLAN-1",
                                               data={"outcome": "keep"})],
     "2026-03-20", "2027-03-19", "2027-03-19", "2027-03-19"),
    ("review-advice-2w", [about("review.scheduled", "2026-03-02", review="REV-1", data={"meeting_on": "2026-04-20"})],
     "2026-04-20", "2026-04-06", "2026-04-06", "2026-04-02"),
    ("review-report-2w", [HELD], "2026-03-02", "2026-03-16", "2026-03-15", "2026-03-13"),
    ("review-decision-4w", [HELD], "2026-03-02", "2026-03-30", "2026-03-29", "2026-03-27"),
    ("review-final-12w", [HELD], "2026-03-02", "2026-05-25", "2026-05-24", "2026-05-22"),
    ("amendment-final-8w", [about("review.amendment-notice-sent", "2026-03-02", plan="PLAN-1")],
     "2026-03-02", "2026-04-27", "2026-04-26", "2026-04-24"),
    ("phase-transfer", [about("transfer.phase", "2025-09-01", transfer="T-1", data={"to": "post-16", "year": 2026})],
     "2025-09-01", "2026-03-30", "2026-03-30", "2026-03-30"),
    ("phase-transfer", [about("transfer.phase", "2025-09-01", transfer="T-1", data={"to": "other", "year": 2026})],
     "2025-09-01", "2026-02-14", "2026-02-14", "2026-02-13"),
    ("phase-transfer", [about("transfer.phase", "2025-09-01", transfer="T-1",
                              data={"to": "post-16", "year": 2026, "moves_on": "2026-07-31"})],
     "2026-07-31", "2026-02-28", "2026-02-28", "2026-02-27"),
    ("reassessment-decision-15d", [about("reassessment.requested", "2026-03-02", reassessment="REA-1")],
     "2026-03-02", "2026-03-17", "2026-03-16", "2026-03-16"),
    ("reassessment-plan-14w", [about("reassessment.decided", "2026-03-02", reassessment="REA-1",
                                     data={"outcome": "reassess"})],
     "2026-03-02", "2026-06-08", "2026-06-07", "2026-06-05"),
    ("order-assess-notify-2w", [order("assess")], "2026-03-02", "2026-03-16", "2026-03-15", "2026-03-13"),
    ("order-assess-notify-2w", [order("reconsider")], "2026-03-02", "2026-03-16", "2026-03-15", "2026-03-13"),
    ("order-decision-10w", [order("reassess")], "2026-03-02", "2026-05-11", "2026-05-10", "2026-05-08"),
    ("order-plan-14w", [order("assess", unopposed=True)], "2026-03-02", "2026-06-08", "2026-06-07", "2026-06-05"),
    ("order-draft-5w", [order("make-plan")], "2026-03-02", "2026-04-06", "2026-04-05", "2026-04-02"),
    ("order-final-11w", [order("make-plan")], "2026-03-02", "2026-05-18", "2026-05-17", "2026-05-15"),
    ("order-amend-5w", [order("amend-plan")], "2026-03-02", "2026-04-06", "2026-04-05", "2026-04-02"),
    ("order-amend-5w", [order("keep-and-amend")], "2026-03-02", "2026-04-06", "2026-04-05", "2026-04-02"),
    ("order-amend-5w", [order("amend-plan", due_on="2026-03-20")],
     "2026-03-02", "2026-03-20", "2026-03-20", "2026-03-20"),
    ("order-school-2w", [order("name-school")], "2026-03-02", "2026-03-16", "2026-03-15", "2026-03-13"),
    ("order-health-care-reply-5w", [order("health-care-recommendation")],
     "2026-03-02", "2026-04-06", "2026-04-05", "2026-04-02"),
    ("area-out-15wd", [OLD_PLAN, AREA_OUT], "2026-11-02", "2026-11-20", "2026-11-20", "2026-11-20"),
    ("area-out-15wd", [OLD_PLAN, AREA_OUT | {"data": {"direction": "out", "knew_on": "2026-10-26"}}],
     "2026-10-26", "2026-11-13", "2026-11-13", "2026-11-13"),
    ("area-out-15wd", [OLD_PLAN, AREA_OUT | {"data": {"direction": "out", "knew_on": "2026-09-01"}}],
     "2026-09-01", "2026-11-02", "2026-11-02", "2026-11-02"),
    ("area-in-notify-6w", [about("transfer.area", "2026-03-02", transfer="T-1", data={"direction": "in"})],
     "2026-03-02", "2026-04-13", "2026-04-12", "2026-04-10"),
    ("area-in-notify-6w", [about("transfer.area", "2026-03-02", transfer="T-1", data={"direction": "in"}),
                           about("transfer.plan-passed", "2026-03-09", transfer="T-1")],
     "2026-03-09", "2026-04-20", "2026-04-19", "2026-04-17"),
    ("area-in-notify-6w", [about("transfer.area", "2026-03-02", transfer="T-1", data={"direction": "in"}),
                           about("transfer.plan-passed", "2026-02-23", transfer="T-1")],
     "2026-03-02", "2026-04-13", "2026-04-12", "2026-04-10"),
    ("area-in-review", [OLD_PLAN, about("transfer.area", "2026-01-12", transfer="T-1", plan="PLAN-1",
                                        data={"direction": "in"}),
                        about("transfer.plan-passed", "2026-01-20", transfer="T-1")],
     "2026-01-20", "2026-04-19", "2026-04-19", "2026-04-17"),
    ("area-in-review", [OLD_PLAN, about("transfer.area", "2026-01-12", transfer="T-1", plan="PLAN-1",
                                        data={"direction": "in"})],
     "2026-01-12", "2026-04-11", "2026-04-11", "2026-04-10"),
    ("area-in-review", [OLD_PLAN, about("transfer.area", "2025-06-02", transfer="T-1", plan="PLAN-1",
                                        data={"direction": "in"})],
     "2025-06-02", "2026-03-09", "2026-03-09", "2026-03-09"),
    ("icb-change-15wd", [about("transfer.icb", "2026-11-02", transfer="T-1", data={"cause": "move", "from": "QU9"})],
     "2026-11-02", "2026-11-20", "2026-11-20", "2026-11-20"),
    ("icb-change-15wd", [about("transfer.icb", "2026-11-02", transfer="T-1",
                               data={"cause": "move", "from": "QU9", "knew_on": "2026-09-01"})],
     "2026-09-01", "2026-11-02", "2026-11-02", "2026-11-02"),
    ("icb-change-15wd", [about("transfer.icb", "2026-11-02", transfer="T-1", data={"cause": "other", "from": "QU9"})],
     "2026-11-02", "2026-11-23", "2026-11-20", "2026-11-20"),
    ("tribunal-response-30wd", [about("appeal.notified", "2026-07-20", appeal="APP-1")],
     "2026-07-20", "2026-09-29", "2026-09-28", "2026-09-28"),
    ("tribunal-response-30wd", [about("appeal.notified", "2026-12-14", appeal="APP-1")],
     "2026-12-14", "2027-02-02", "2027-02-01", "2027-02-01"),
    ("mediation-30d", [about("mediation.requested", "2026-03-02", mediation="M-1", data={"issues": "other"})],
     "2026-03-02", "2026-04-01", "2026-03-31", "2026-03-31"),
    ("mediation-30d", [about("mediation.requested", "2026-03-02", mediation="M-1", data={"issues": "health"}),
                       about("mediation.icb-told", "2026-03-04", mediation="M-1")],
     "2026-03-04", "2026-04-03", "2026-04-02", "2026-04-02"),
    ("mediation-tell-icb-3wd", [about("mediation.requested", "2026-04-01", mediation="M-1", data={"issues": "both"})],
     "2026-04-01", "2026-04-08", "2026-04-07", "2026-04-07"),
    ("icb-told-considering-2wd", [requested("2026-05-22")], "2026-05-22", "2026-05-27", "2026-05-26", "2026-05-26"),
    ("advice-all-in-12w", [REQUEST], "2026-01-05", "2026-03-30", "2026-03-29", "2026-03-27"),
    ("draft-sent-16w", [REQUEST], "2026-01-05", "2026-04-27", "2026-04-26", "2026-04-24"),
    ("section-g-before-final", [REQUEST], "2026-01-05", "2026-05-24", "2026-05-24", "2026-05-22"),
    ("section-g-before-final", [REQUEST, ISSUED], "2026-01-05", "2026-05-19", "2026-05-19", "2026-05-19"),
    ("send-advice-request-2wd", [REQUEST, about_request("assessment.decided", "2026-02-13",
                                                        data={"outcome": "assess"})],
     "2026-02-13", "2026-02-17", "2026-02-16", "2026-02-16"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "facts", "starts", "due", "day_one", "act_by"), STARTS)
def test_how_each_clock_counts(name, facts, starts, due, day_one, act_by):
    value = clock(name, facts, "2026-12-31")
    assert value is not None
    assert dates(value) == (starts, due, day_one, act_by)


def test_every_clock_of_the_timetable_is_counted_here_or_among_the_first_four():
    first = {"assessment-decision-6w", "advice-6w", "no-plan-decision-16w", "final-plan-20w"}
    agreed = {"mediation-agreement-2w"}
    assert {row[0] for row in STARTS} | first | agreed == {rule.clock for rule in RULES}


KEEP = about("review.decided", "2026-03-20", review="REV-1", data={"outcome": "keep"})
AMEND = about("review.decided", "2026-03-20", review="REV-1", data={"outcome": "amend"})
NOTICE = about("review.amendment-notice-sent", "2026-04-02", review="REV-1")
AMENDED = about("plan.amended", "2026-05-20", plan="PLAN-1")
CEASED = about("plan.ceased", "2026-03-10", plan="PLAN-1", data={"reason": 2})
REQUESTED_AGAIN = about("reassessment.requested", "2026-03-02", reassessment="REA-1", plan="PLAN-1")
REASSESS = about("reassessment.decided", "2026-03-10", reassessment="REA-1", data={"outcome": "reassess"})
MEDIATION = about("mediation.requested", "2026-03-02", mediation="M-1", data={"issues": "both"})
APPEAL = about("appeal.notified", "2026-03-02", appeal="APP-1")
PHASE = about("transfer.phase", "2025-09-01", transfer="T-1", plan="PLAN-1", data={"to": "other", "year": 2026})


def no_plan(on="2026-04-01"):
    return about("plan.decided", on, request="REQ-1", data={"outcome": "no-plan"})


ENDS = [  # clock, facts, day, state, met on
    ("draft-response-15d", [REQUEST, about("plan.draft-sent", "2026-11-02", request="REQ-1")], "2026-11-16",
     "running", None),
    ("draft-response-15d", [REQUEST, about("plan.draft-sent", "2026-11-02", request="REQ-1")], "2026-11-17",
     "met", "2026-11-16"),
    ("draft-response-15d", [REQUEST, about("plan.draft-sent", "2026-11-02", request="REQ-1"),
                            about_request("assessment.withdrawn", "2026-11-05")], "2026-11-20", "void", None),
    ("review-first-12m", [OLD_PLAN, HELD, KEEP], "2026-12-01", "met-late", "2026-03-20"),
    ("review-first-12m", [OLD_PLAN, about("plan.amended", "2026-02-01", plan="PLAN-1")], "2026-03-10", "overdue", None),
    ("review-first-12m", [OLD_PLAN, about("plan.ceased", "2026-01-10", plan="PLAN-1")], "2026-12-01", "void", None),
    ("review-next-12m", [OLD_PLAN, HELD, KEEP], "2027-03-19", "running", None),
    ("review-next-12m", [OLD_PLAN, HELD, KEEP], "2027-03-20", "overdue", None),
    ("review-advice-2w", [HELD, about("review.advice-circulated", "2026-02-16", review="REV-1")], "2026-12-01",
     "met", "2026-02-16"),
    ("review-advice-2w", [HELD, about("review.advice-circulated", "2026-02-17", review="REV-1")], "2026-12-01",
     "met-late", "2026-02-17"),
    ("review-advice-2w", [HELD], "2026-12-01", "overdue", None),
    ("review-report-2w", [HELD, about("review.report-sent", "2026-03-16", review="REV-1")], "2026-12-01",
     "met", "2026-03-16"),
    ("review-decision-4w", [HELD, KEEP], "2026-12-01", "met", "2026-03-20"),
    ("review-decision-4w", [HELD, AMEND], "2026-12-01", "overdue", None),
    ("review-decision-4w", [HELD, AMEND, NOTICE], "2026-12-01", "met-late", "2026-04-02"),
    ("review-final-12w", [HELD, KEEP], "2026-12-01", "void", None),
    ("review-final-12w", [HELD, AMEND, NOTICE, AMENDED], "2026-12-01", "met", "2026-05-20"),
    ("review-final-12w", [HELD, AMEND, NOTICE], "2026-12-01", "overdue", None),
    ("amendment-final-8w", [HELD, AMEND, NOTICE, AMENDED], "2026-12-01", "met", "2026-05-20"),
    ("amendment-final-8w", [about("review.amendment-notice-sent", "2026-03-02", plan="PLAN-1", record="N"),
                            about("plan.amended", "2026-05-20", plan="PLAN-1", data={"change": "none"})],
     "2026-12-01", "met-late", "2026-05-20"),
    ("phase-transfer", [OLD_PLAN, PHASE, about("plan.amended", "2026-02-14", plan="PLAN-1")], "2026-12-01",
     "met", "2026-02-14"),
    ("phase-transfer", [OLD_PLAN, PHASE, about("plan.amended", "2026-02-15", plan="PLAN-1")], "2026-12-01",
     "met-late", "2026-02-15"),
    ("phase-transfer", [OLD_PLAN, PHASE, about("plan.ceased", "2026-01-15", plan="PLAN-1")], "2026-12-01",
     "void", None),
    ("reassessment-decision-15d", [OLD_PLAN, REQUESTED_AGAIN, REASSESS], "2026-12-01", "met", "2026-03-10"),
    ("reassessment-decision-15d", [OLD_PLAN, REQUESTED_AGAIN, about("plan.amended", "2026-06-16",
                                                                    reassessment="REA-1")],
     "2026-12-01", "closed", None),
    ("reassessment-plan-14w", [OLD_PLAN, REQUESTED_AGAIN, REASSESS, AMENDED], "2026-12-01", "overdue", None),
    ("reassessment-plan-14w", [OLD_PLAN, REQUESTED_AGAIN, REASSESS, about("plan.amended", "2026-06-16",
                                                                           reassessment="REA-1")],
     "2026-12-01", "met", "2026-06-16"),
    ("order-assess-notify-2w", [REQUEST, order("assess"), about("order.notified", "2026-03-17", order="ORD-1")],
     "2026-12-01", "met-late", "2026-03-17"),
    ("order-assess-notify-2w", [REQUEST, order("assess"), ISSUED], "2026-12-01", "closed", None),
    ("order-assess-notify-2w", [REQUEST, order("reconsider"), about("plan.draft-sent", "2026-03-16", order="ORD-1")],
     "2026-12-01", "met", "2026-03-16"),
    ("order-assess-notify-2w", [REQUEST, order("reconsider"), no_plan("2026-03-17")], "2026-12-01",
     "met-late", "2026-03-17"),
    ("order-decision-10w", [REQUEST, order("assess")], "2026-12-01", "lapsed", None),
    ("order-decision-10w", [REQUEST, order("assess"), no_plan()], "2026-12-01", "met", "2026-04-01"),
    ("order-decision-10w", [REQUEST, order("assess"), ISSUED], "2026-12-01", "void", None),
    ("order-plan-14w", [REQUEST, order("assess"), no_plan()], "2026-12-01", "void", None),
    ("order-plan-14w", [REQUEST, order("assess"), ISSUED], "2026-12-01", "met", "2026-05-20"),
    ("order-draft-5w", [REQUEST, order("make-plan"), about("plan.draft-sent", "2026-04-06", order="ORD-1")],
     "2026-12-01", "met", "2026-04-06"),
    ("order-final-11w", [REQUEST, order("make-plan"), ISSUED], "2026-12-01", "met-late", "2026-05-20"),
    ("order-school-2w", [OLD_PLAN, order("name-school"), about("plan.amended", "2026-03-16", plan="PLAN-1")],
     "2026-12-01", "met", "2026-03-16"),
    ("order-health-care-reply-5w", [order("health-care-recommendation"),
                                    about("order.health-care-replied", "2026-04-01", order="ORD-1")],
     "2026-12-01", "met", "2026-04-01"),
    ("area-out-15wd", [OLD_PLAN, AREA_OUT, about("transfer.plan-passed", "2026-11-20", transfer="T-1")],
     "2026-12-01", "met", "2026-11-20"),
    ("icb-change-15wd", [about("transfer.icb", "2026-11-02", transfer="T-1", data={"cause": "other"}),
                         about("transfer.icb-notified", "2026-11-24", transfer="T-1")], "2026-12-01",
     "met-late", "2026-11-24"),
    ("tribunal-response-30wd", [APPEAL, about("appeal.responded", "2026-04-15", appeal="APP-1")], "2026-12-01",
     "met", "2026-04-15"),
    ("tribunal-response-30wd", [APPEAL, about("appeal.closed", "2026-03-15", appeal="APP-1")], "2026-12-01",
     "void", None),
    ("mediation-30d", [MEDIATION, about("mediation.held", "2026-04-02", mediation="M-1")], "2026-12-01",
     "met-late", "2026-04-02"),
    ("mediation-tell-icb-3wd", [MEDIATION, about("mediation.icb-told", "2026-03-05", mediation="M-1")], "2026-12-01",
     "met", "2026-03-05"),
    ("mediation-tell-icb-3wd", [MEDIATION, about("mediation.held", "2026-03-20", mediation="M-1")], "2026-12-01",
     "closed", None),
    ("icb-told-considering-2wd", [REQUEST, about_request("notice.considering", "2026-01-07", data={"to": "icb"})],
     "2026-12-01", "met", "2026-01-07"),
    ("icb-told-considering-2wd", [REQUEST, about_request("notice.considering", "2026-01-07", data={"to": "school"})],
     "2026-02-01", "overdue", None),
    ("icb-told-considering-2wd", [REQUEST, about_request("assessment.decided", "2026-02-10",
                                                         data={"outcome": "assess"})], "2026-02-11", "closed", None),
    ("draft-sent-16w", [REQUEST, about_request("plan.draft-sent", "2026-04-28")], "2026-12-01", "met-late",
     "2026-04-28"),
    ("section-g-before-final", [REQUEST, about_request("plan.section-g-agreed", "2026-05-18"), ISSUED], "2026-12-01",
     "met", "2026-05-18"),
    ("section-g-before-final", [REQUEST, ISSUED], "2026-12-01", "closed", None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "facts", "day", "state", "met_on"), ENDS)
def test_what_ends_each_clock(name, facts, day, state, met_on):
    value = clock(name, facts, day)
    assert value is not None
    assert (value["state"], value["met_on"] and value["met_on"].isoformat()) == (state, met_on)


def test_a_mediation_agreement_has_the_limits_of_an_order_or_two_weeks():
    agreed = about("mediation.agreed", "2026-03-02", mediation="M-1", request="REQ-1", data={"type": "assess"})
    assert dates(clock("order-plan-14w", [REQUEST, agreed], "2026-03-10"))[1] == "2026-06-08"
    other = about("mediation.agreed", "2026-03-02", mediation="M-1", request="REQ-1", data={"type": "other"})
    assert dates(clock("mediation-agreement-2w", [REQUEST, other], "2026-03-10"))[1] == "2026-03-16"


def test_after_a_refusal_the_live_clock_is_the_orders_and_no_question_is_asked():
    refused = about_request("assessment.decided", "2026-02-01", data={"outcome": "refuse"})
    later = about_request("assessment.decided", "2026-03-05", data={"outcome": "assess"}) | {"occurrence": "2"}
    found = on_day([REQUEST, refused, order("assess"), later], "2026-03-10")
    assert (deadlines(found)["final-plan-20w"]["state"], deadlines(found)["order-plan-14w"]["state"]) == (
        "void",
        "running",
    )
    assert codes(found) == []
    assert codes(on_day([REQUEST, refused, later], "2026-03-10")) == ["second-decision"]


@pytest.mark.parametrize("by", ["parent", "young-person", "school", "icb"])
def test_those_whom_section_44_lets_ask_for_a_reassessment_may_and_their_clock_runs(by):
    assert data_errors("reassessment.requested", {"by": by}) == []
    asked_for = about("reassessment.requested", "2026-03-02", reassessment="REA-1", data={"by": by})
    assert clock("reassessment-decision-15d", [OLD_PLAN, asked_for], "2026-03-03")["state"] == "running"


def test_orders_that_ask_for_nothing_have_no_clock():
    for type_ in ("keep-plan", "dismissed"):
        assert not [name for name in deadlines(on_day([order(type_)], "2026-12-01")) if name.startswith("order-")]


def test_each_review_has_clocks_of_its_own_and_the_next_year_another():
    second = [
        about("review.held", "2027-03-01", review="REV-2", plan="PLAN-1"),
        about("review.decided", "2027-03-15", review="REV-2", data={"outcome": "keep"}),
    ]
    found = on_day([OLD_PLAN, HELD, KEEP, *second], "2027-04-01")
    cycles = [d.to_json("chd-1", found.day) for d in found.deadlines if d.rule.clock == "review-next-12m"]
    assert sorted((value["starts_on"].isoformat(), value["state"]) for value in cycles) == [
        ("2026-03-20", "met"),
        ("2027-03-15", "running"),
    ]
    assert len([d for d in found.deadlines if d.rule.clock == "review-decision-4w"]) == 2


def test_a_plan_that_moves_in_counts_as_made_on_the_old_date_and_its_review_is_the_movers():
    moved = about("transfer.area", "2026-01-12", transfer="T-1", plan="PLAN-1", data={"direction": "in"})
    assert dates(clock("review-first-12m", [OLD_PLAN, moved], "2026-02-01"))[1] == "2026-03-09"
    assert clock("review-first-12m", [OLD_PLAN, moved], "2026-03-20")["state"] == "void"
    assert clock("area-in-review", [OLD_PLAN, moved], "2026-03-20")["state"] == "running"
    reviewed = [about("review.held", "2026-03-20", review="REV-9", plan="PLAN-1"),
                about("review.decided", "2026-04-01", review="REV-9", data={"outcome": "keep"})]  # fmt: skip
    assert clock("area-in-review", [OLD_PLAN, moved, *reviewed], "2026-05-01")["state"] == "met"


def test_case_28_a_move_without_a_plan_transfers_nothing():
    out = about("transfer.area", "2026-03-02", transfer="T-1", data={"direction": "out"})
    found = deadlines(on_day([REQUEST, asked("2026-02-20"), out], "2026-06-01"))
    assert "area-out-15wd" not in found
    assert {value["state"] for value in found.values()} <= {"void"}


def test_a_plan_that_moves_away_ends_the_old_authoritys_reviews():
    assert clock("review-first-12m", [ISSUED, AREA_OUT], "2027-12-01")["state"] == "void"


def test_a_formal_death_voids_everything_open_and_an_informal_one_nothing():
    formal, informal = fact("child.died", "2026-03-08", "D"), fact("child.died", "2026-03-08", "D")
    informal["data"] = {"notice": "informal"}
    facts = [OLD_PLAN, HELD, PHASE | {"data": {"to": "other", "year": 2027}}, MEDIATION, APPEAL, order("amend-plan")]
    assert {value["state"] for value in deadlines(on_day([*facts, formal], "2026-03-09")).values()} == {"void"}
    assert "void" not in {value["state"] for value in deadlines(on_day([*facts, informal], "2026-03-09")).values()}


def test_send_advice_request_is_met_when_the_last_required_kind_is_asked_for_or_satisfied():
    decided = about_request("assessment.decided", "2026-02-02", data={"outcome": "assess"})
    kinds = ["education", "psychological", "social-care"]
    sent = [asked(f"2026-02-0{n + 2}", f"ADV-{n}", heading=kind, service=None) for n, kind in enumerate(kinds)]
    name = "send-advice-request-2wd"
    assert clock(name, [REQUEST, decided, *sent], "2026-02-05")["state"] == "overdue"
    agreed = [{"by": by, "on": "2026-02-03"} for by in ("author", "authority", "family")]
    existing = about_request(
        "advice.satisfied-by-existing", "2026-02-03", data={"heading": "medical", "agreements": agreed}
    )
    value = clock(name, [REQUEST, decided, *sent, existing], "2026-02-10")
    assert (value["state"], value["met_on"]) == ("met", date(2026, 2, 4))


def test_all_advice_is_in_when_the_last_required_heading_is_complete():
    kinds = ["education", "medical", "psychological", "social-care"]
    sent = [asked("2026-02-02", f"ADV-{n}", heading=kind, service=None) for n, kind in enumerate(kinds)]
    received = [
        fact("advice.received", f"2026-03-2{n}", f"R-{n}", subject={"advice": f"ADV-{n}"}) for n in range(len(kinds))
    ]
    name = "advice-all-in-12w"
    assert clock(name, [REQUEST, *sent, *received[:3]], "2026-04-01")["state"] == "overdue"
    value = clock(name, [REQUEST, *sent, *received], "2026-04-01")
    assert (value["state"], value["met_on"]) == ("met", date(2026, 3, 23))
    part = asked("2026-02-02", "ADV-9", heading="medical", service="physiotherapy")
    assert clock(name, [REQUEST, *sent, part, *received], "2026-04-01")["state"] == "overdue"


def test_who_must_act_and_who_answers_today():
    changed = about("transfer.icb", "2026-05-04", transfer="T-1", data={"cause": "other", "from": "QU9"})
    value = clock("icb-change-15wd", [changed], "2026-05-05")
    assert (value["responsible"], value["answerable"]) == ({"role": "icb", "ods": "QU9"}, {"role": "icb", "ods": None})
    assert clock("section-g-before-final", [REQUEST], "2026-02-01")["responsible"] == {"role": "icb", "ods": "QU9"}
    followed = fact("commissioner.set", "2026-01-10", "C", data={"ods": "QHL", "why": "gp"})
    found = on_day([REQUEST, followed], "2026-02-01")
    assert deadlines(found)["section-g-before-final"]["responsible"] == {"role": "icb", "ods": "QHL"}
    assert found.record["commissioner"]["assumed"] is False
    assert on_day([REQUEST], "2026-02-01").record["commissioner"]["assumed"] is True
    assert clock("draft-response-15d", [REQUEST, about_request("plan.draft-sent", "2026-02-02")], "2026-02-03")[
        "responsible"
    ] == {"role": "family", "ods": None}


WRONG = [
    ([about("review.scheduled", "2026-03-02", review="REV-1", data={})], "meeting-date"),
    ([about("transfer.phase", "2026-03-02", transfer="T-1", data={"to": "other"})], "transfer-year"),
    ([HELD, about("review.report-sent", "2026-02-02", review="REV-1")], "ends-before-start"),
    ([APPEAL, about("appeal.responded", "2026-02-02", appeal="APP-1")], "ends-before-start"),
    ([REQUEST, about_request("plan.draft-sent", "2026-05-10"), ISSUED], "plan-within-window"),
]


@pytest.mark.parametrize(("facts", "code"), WRONG)
def test_what_cannot_be_right_is_a_question_and_the_rest_stands(facts, code):
    assert code in codes(on_day([REQUEST, *facts], "2026-06-01"))
    assert deadlines(on_day([REQUEST, *facts], "2026-06-01"))["final-plan-20w"]["starts_on"] == date(2026, 1, 5)


def test_an_end_before_its_start_ends_nothing():
    early = about("appeal.responded", "2026-02-02", appeal="APP-1")
    value = clock("tribunal-response-30wd", [APPEAL, early], "2026-12-01")
    assert (value["state"], len(value["questions"])) == ("overdue", 1)


def test_two_sources_of_one_review_run_as_one_and_their_difference_is_shown():
    theirs = about("review.held", "2026-03-03", review=f"{COUNCIL}/REV-1") | {"source": TRACKER}
    found = on_day([HELD, theirs], "2026-03-10")
    assert [d.starts_on for d in found.deadlines if d.rule.clock == "review-decision-4w"] == [date(2026, 3, 2)]
    assert found.record["disagreements"][0]["kind"] == "review.held"


def test_ids_do_not_change_when_a_plan_gets_its_own_id():
    nameless = about_request("plan.issued", "2026-05-20")
    one = clock("review-first-12m", [REQUEST, nameless], "2026-06-01")
    other = clock("review-first-12m", [REQUEST, ISSUED], "2026-06-01")
    assert one["id"] == other["id"]


def test_every_moment_of_the_rows_has_words_and_no_words_are_left_over():
    named = {name for rule in RULES for names in (rule.starts, rule.meets, rule.closes, rule.voids) for name in names}
    named |= {rule.event for rule in RULES if rule.event} | {rule.or_later.moment for rule in RULES if rule.or_later}
    assert set(MOMENTS) == named
