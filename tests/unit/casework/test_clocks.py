"""The four clocks, and the edge cases of the reference (section 7) that touch them: one named test each."""

from dataclasses import replace
from datetime import date

import pytest

from hub.core.casework.policy import Policy
from hub.core.clocks.rules import RULES
from schemas.deadlines import Deadline
from tests.unit.casework.facts import (
    CHILD,
    COUNCIL,
    ICB,
    LAW,
    POLICY,
    SOURCES,
    TRACKER,
    TRUST,
    about_advice,
    about_request,
    asked,
    codes,
    deadlines,
    fact,
    on_day,
    requested,
    states,
)

REQUEST = requested("2026-09-01")
ASSESS = about_request("assessment.decided", "2026-10-01", data={"outcome": "assess"})
REFUSE = about_request("assessment.decided", "2026-10-01", data={"outcome": "refuse"})
AGREED = [{"by": by, "on": "2026-09-20"} for by in ("author", "authority", "family")]
ADVICE = "advice-6w ADV-1"


def received(on, advice="ADV-1", **data):
    return about_advice("advice.received", on, advice, data=data) | {"record": f"{advice}-{on}"}


def one(name, *facts, day="2026-12-01", policy=POLICY):
    return deadlines(on_day([REQUEST, *facts], day, policy))[name]


def test_the_shape_is_the_schemas_and_the_example_of_the_design():
    sent, delivered = asked("2026-09-14", "ADV-77"), about_advice("advice.delivered", "2026-09-15", "ADV-77")
    value = one("advice-6w ADV-77", sent, delivered, day="2026-10-20")
    shown = Deadline.model_validate(value)
    assert value["subject"] == {"request": "REQ-1", "advice": "ADV-77"}
    assert (shown.starts_on, shown.due_on, shown.due_on_day_one, shown.act_by) == (
        date(2026, 9, 15),
        date(2026, 10, 27),
        date(2026, 10, 26),
        date(2026, 10, 26),
    )
    assert (value["law"], value["rule_version"], value["state"]) == ("reg 8(1)", "2014-09-01", "running")
    assert value["responsible"] == ICB
    assert value["answerable"] == {"role": "icb", "ods": None}


def test_the_body_asked_answered_for_itself_before_it_was_dissolved():
    early = [requested("2026-01-05"), asked("2026-02-01")]
    assert deadlines(on_day(early, "2026-03-31"))[ADVICE]["answerable"] == ICB
    assert deadlines(on_day(early, "2026-04-01"))[ADVICE]["answerable"] == {"role": "icb", "ods": None}
    assert deadlines(on_day(early, "2026-04-01"))[ADVICE]["responsible"] == ICB


def told(kind, on, outcome):
    return about_request(kind, on, data={"outcome": outcome})


WITHDRAWN = about_request("assessment.withdrawn", "2026-12-01")
DECISION, NO_PLAN, FINAL = "assessment-decision-6w", "no-plan-decision-16w", "final-plan-20w"
STATES = [
    (DECISION, [], "2026-10-13", "running"),
    (DECISION, [], "2026-10-14", "overdue"),
    (DECISION, [told("assessment.decided", "2026-10-13", "refuse")], "2026-12-01", "met"),
    (DECISION, [told("assessment.decided", "2026-10-14", "assess")], "2026-12-01", "met-late"),
    (DECISION, [WITHDRAWN], "2026-12-01", "void"),
    (NO_PLAN, [], "2026-12-22", "running"),
    (NO_PLAN, [], "2026-12-23", "lapsed"),
    (NO_PLAN, [told("plan.decided", "2026-12-22", "no-plan")], "2027-01-01", "met"),
    (NO_PLAN, [told("plan.decided", "2026-12-23", "no-plan")], "2027-01-01", "met-late"),
    (NO_PLAN, [told("plan.decided", "2026-12-23", "issue")], "2027-01-01", "void"),
    (NO_PLAN, [about_request("plan.draft-sent", "2026-12-01")], "2026-12-01", "void"),
    (NO_PLAN, [about_request("plan.issued", "2026-12-01")], "2026-12-01", "void"),
    (NO_PLAN, [REFUSE], "2026-12-01", "void"),
    (FINAL, [], "2027-01-19", "running"),
    (FINAL, [], "2027-01-20", "overdue"),
    (FINAL, [about_request("plan.issued", "2027-01-19")], "2027-02-01", "met"),
    (FINAL, [about_request("plan.issued", "2027-01-20")], "2027-02-01", "met-late"),
    (FINAL, [REFUSE], "2026-12-01", "void"),
    (FINAL, [told("plan.decided", "2026-11-01", "no-plan")], "2026-12-01", "void"),
    (FINAL, [about_request("plan.issued", "2026-11-30"), WITHDRAWN], "2026-12-01", "met"),
    (FINAL, [about_request("plan.issued", "2026-12-01"), WITHDRAWN], "2026-12-01", "met"),
    (FINAL, [WITHDRAWN, about_request("plan.issued", "2026-12-02")], "2026-12-02", "void"),
]


@pytest.mark.parametrize(("clock", "facts", "day", "state"), STATES)
def test_states_of_a_case(clock, facts, day, state):
    assert one(clock, *facts, day=day)["state"] == state


def test_case_1_a_request_in_august_or_at_christmas_starts_at_once():
    for day in ("2026-08-03", "2026-12-25"):
        assert deadlines(on_day([requested(day)], day))["final-plan-20w"]["starts_on"].isoformat() == day


def test_case_2_a_request_noticed_later_runs_from_its_receipt_by_the_authority():
    value = deadlines(on_day([requested("2026-09-01", received="2026-09-10")], "2026-09-10"))
    assert value["final-plan-20w"]["starts_on"] == date(2026, 9, 1)


def test_case_3_an_incomplete_form_is_a_valid_request():
    assert len(on_day([requested("2026-09-01", data={})], "2026-09-01", LAW).deadlines) == 3


def test_case_4_two_requests_days_apart_run_as_one_from_the_earliest_receipt():
    found = on_day([requested("2026-09-08", "REQ-2", data={"by": "school"}), REQUEST], "2026-09-10", LAW)
    assert [deadline.starts_on for deadline in found.deadlines] == [date(2026, 9, 1)] * 3
    (case,) = found.record["cases"]
    assert [request["id"] for request in case["requests"]] == [f"{COUNCIL}/REQ-1", f"{COUNCIL}/REQ-2"]
    decided = about_request("assessment.decided", "2026-10-01", "REQ-2", data={"outcome": "assess"})
    assert one("assessment-decision-6w", requested("2026-09-08", "REQ-2"), decided)["state"] == "met"


def test_case_6_a_withdrawal_voids_everything_open():
    found = states(
        on_day([REQUEST, asked("2026-09-20"), about_request("assessment.withdrawn", "2026-10-05")], "2026-12-01")
    )
    assert set(found.values()) == {"void"}


def test_case_7_a_move_or_a_death_voids_everything_open():
    for ending in (
        fact("child.moved", "2026-10-05", "P", data={"to_area": "921"}),
        fact("transfer.area", "2026-10-05", "P", data={"direction": "out"}),
        fact("child.died", "2026-10-05", "P"),
    ):
        assert set(states(on_day([REQUEST, asked("2026-09-20"), ending], "2026-12-01")).values()) == {"void"}
    stays = fact("child.moved", "2026-10-05", "P", data={"to_area": "825"})
    assert one("final-plan-20w", stays)["state"] == "running"


def test_case_8_a_withdrawn_request_that_is_revived_is_new():
    withdrawn, again = about_request("assessment.withdrawn", "2026-10-05"), requested("2026-11-01", "REQ-2")
    found = on_day([REQUEST, withdrawn, again], "2026-11-02", LAW)
    assert [case["outcome"] for case in found.record["cases"]] == ["withdrawn", "open"]
    assert sorted(deadline.starts_on.month for deadline in found.deadlines) == [9, 9, 9, 11, 11, 11]


def test_case_9_an_assessment_agreed_after_a_refusal_revives_nothing():
    later = about_request("assessment.decided", "2026-11-01", data={"outcome": "assess"}) | {"occurrence": "2"}
    found = on_day([REQUEST, REFUSE, later], "2026-11-02")
    assert states(found)["final-plan-20w"] == "void"
    assert states(found)["assessment-decision-6w"] == "met"
    assert codes(found) == ["second-decision"]
    assert deadlines(found)["final-plan-20w"]["questions"]


def test_cases_9_and_10_advice_asked_for_after_a_refusal_has_its_six_weeks():
    order = fact("order.made", "2026-10-20", "O", data={"type": "assess"})
    advice = [asked("2026-10-22"), about_advice("advice.delivered", "2026-10-23")]
    value = one(ADVICE, REFUSE, order, *advice, day="2026-11-01")
    assert (value["state"], value["due_on"]) == ("running", date(2026, 12, 4))
    assert one(ADVICE, REFUSE, *advice, day="2026-12-05")["state"] == "overdue"
    before = [asked("2026-09-20"), replacing("2026-10-22", "quality")]
    assert one("advice-6w ADV-2", *before, REFUSE, day="2026-10-23")["state"] == "running"
    withdrawn = about_request("assessment.withdrawn", "2026-10-05")
    for ending in (about_request("assessment.decided", "2026-10-22", data={"outcome": "refuse"}), withdrawn):
        assert one(ADVICE, ending, *advice, day="2026-12-05")["state"] == "void"


def test_a_death_is_before_every_clock_and_alert():
    died = fact("child.died", "2026-08-20", "P")
    found = on_day([died, REQUEST, asked("2026-09-10")], "2027-03-01")
    assert set(states(found).values()) == {"void"}
    assert (found.alerts, codes(found)) == ([], ["child-died", "request-after-death"])
    assert found.record["cases"][0]["outcome"] == "died"
    later = on_day([REQUEST, fact("child.died", "2026-10-05", "P")], "2027-03-01")
    assert codes(later) == ["child-died"]
    reassessed = asked("2026-08-01", request=None, purpose="reassessment")
    found = on_day([reassessed, died], "2027-03-01")
    assert (states(found), found.alerts) == ({ADVICE: "void"}, [])


@pytest.mark.parametrize("day", ["2026-10-01", "2026-10-02"])
def test_a_request_received_once_a_refusal_was_told_is_always_new(day):
    found = on_day([REQUEST, REFUSE, requested(day, "REQ-2")], "2026-10-03")
    assert [case["outcome"] for case in found.record["cases"]] == ["refused", "open"]


def test_case_16_advice_from_before_it_was_asked_for_counts_only_when_all_three_agree():
    early = [asked("2026-10-02"), received("2026-08-01")]
    assert one(ADVICE, *early)["state"] == "overdue"
    assert codes(on_day([REQUEST, *early], "2026-10-05")) == ["advice-before-asked"]
    agreed = about_advice(
        "advice.satisfied-by-existing", "2026-09-20", data={"heading": "medical", "agreements": AGREED}
    )
    value = one(ADVICE, *early, agreed)
    assert (value["state"], value["met_on"]) == ("met", date(2026, 9, 20))
    assert value["questions"] == ()
    two = about_advice(
        "advice.satisfied-by-existing", "2026-10-20", data={"heading": "medical", "agreements": AGREED[:2]}
    )
    assert one(ADVICE, asked("2026-10-02"), two)["state"] == "overdue"


def replacing(on, because, advice="ADV-2", of="ADV-1"):
    return asked(on, advice, replaces={"advice": of, "because": because})


def test_case_17_advice_asked_for_again_keeps_its_first_dates_and_its_id():
    first = [asked("2026-10-02"), about_advice("advice.delivered", "2026-10-05")]
    before = one(ADVICE, *first)
    for because in ("quality", "change-of-need", "icb-changed"):
        again = [replacing("2026-11-01", because), about_advice("advice.delivered", "2026-11-02", "ADV-2")]
        value = one("advice-6w ADV-2", *first, *again)
        assert (value["id"], value["starts_on"], value["due_on"]) == (
            before["id"],
            date(2026, 10, 5),
            date(2026, 11, 16),
        )
        found = deadlines(on_day([REQUEST, *first, *again], "2026-12-01"))
        assert len([name for name in found if "advice-6w" in name]) == 1
        assert one("advice-6w ADV-2", *again)["id"] == before["id"]  # the first may not have arrived yet


def test_advice_asked_for_again_for_its_quality_is_open_until_the_better_one_comes():
    chain = [asked("2026-10-02"), received("2026-10-20"), replacing("2026-10-25", "quality")]
    assert one("advice-6w ADV-2", *chain)["state"] == "overdue"
    assert one("advice-6w ADV-2", *chain, received("2026-11-10", "ADV-2"))["state"] == "met"
    passed_on = [asked("2026-10-02"), received("2026-10-20"), replacing("2026-10-25", "icb-changed")]
    assert one("advice-6w ADV-2", *passed_on)["met_on"] == date(2026, 10, 20)


def test_case_18_a_draft_is_not_the_advice():
    draft, final = received("2026-10-20", final=False), received("2026-11-20", usable=True)
    assert one(ADVICE, asked("2026-10-02"), draft)["state"] == "overdue"
    assert one(ADVICE, asked("2026-10-02"), draft, final)["met_on"] == date(2026, 11, 20)
    found = on_day([REQUEST, asked("2026-10-02"), draft, final], "2026-12-01").record["cases"][0]["advice"][0]
    assert (found["draft_on"], found["received_on"]) == (date(2026, 10, 20), date(2026, 11, 20))


def test_case_19_advice_that_comes_after_all_is_what_counts():
    closed = [received("2026-10-20", not_known=True), received("2026-11-10") | {"occurrence": "2"}]
    assert one(ADVICE, asked("2026-10-02"), *closed)["met_on"] == date(2026, 11, 10)


def test_case_19_not_known_to_the_service_closes_without_the_advice():
    found = on_day([REQUEST, asked("2026-10-02"), received("2026-10-20", not_known=True)], "2026-12-01")
    assert states(found)[ADVICE] == "closed"
    assert found.record["cases"][0]["headings"][0]["complete"] is False


DECLINED = [
    (ICB, "harms-functions", True, "closed"),
    (ICB, "incompatible-with-duties", True, "closed"),
    (ICB, "harms-functions", False, "overdue"),
    (ICB, "other", True, "overdue"),
    ({"role": "own-authority"}, "harms-functions", True, "overdue"),
]


@pytest.mark.parametrize(("body", "ground", "reasons", "state"), DECLINED)
def test_case_20_only_a_permitted_ground_with_reasons_closes(body, ground, reasons, state):
    declined = about_advice("advice.declined", "2026-10-20", data={"ground": ground, "reasons_given": reasons})
    assert one(ADVICE, asked("2026-10-02", asked=body), declined)["state"] == state


def test_case_21_the_right_body_has_its_six_weeks_from_its_own_receipt():
    wrong = [asked("2026-10-02"), about_advice("advice.delivered", "2026-10-05")]
    right = [
        replacing("2026-10-20", "wrong-body"),
        about_advice("advice.delivered", "2026-10-22", "ADV-2"),
    ]
    right[0]["data"]["asked"] = {"role": "trust", "ods": "RXQ"}
    value = one("advice-6w ADV-2", *wrong, *right)
    assert (value["starts_on"], value["due_on"]) == (date(2026, 10, 22), date(2026, 12, 3))
    assert value["id"] == one(ADVICE, *wrong)["id"]
    assert value["responsible"] == {"role": "trust", "ods": "RXQ"}


def test_onward_legs_are_routing_and_another_body_is_not_the_body_asked():
    onward = about_advice(
        "advice.delivered", "2026-10-03", data={"leg": "onward", "to": {"role": "trust", "ods": "RXQ"}}
    )
    elsewhere = about_advice("advice.delivered", "2026-10-04", data={"to": {"role": "trust", "ods": "RXQ"}}) | {
        "occurrence": "2"
    }
    reached = about_advice("advice.delivered", "2026-10-06", data={"to": ICB}) | {"occurrence": "3"}
    assert one(ADVICE, asked("2026-10-02"), onward)["starts_on"] == date(2026, 10, 2)
    assert one(ADVICE, asked("2026-10-02"), elsewhere)["questions"]
    assert one(ADVICE, asked("2026-10-02"), onward, elsewhere, reached)["starts_on"] == date(2026, 10, 6)


def test_case_22_a_heading_is_complete_only_when_every_required_part_is():
    parts = [asked("2026-10-02"), asked("2026-10-02", "ADV-2", service="physiotherapy")]
    optional = asked("2026-10-02", "ADV-3", service="audiology", required=False)

    def heading(*facts):
        (found,) = on_day([REQUEST, *parts, optional, *facts], "2026-12-01").record["cases"][0]["headings"]
        return found["complete"], found["parts_in"], found["parts"]

    assert heading(received("2026-10-20")) == (False, 1, 2)
    assert heading(received("2026-10-20"), received("2026-10-21", "ADV-2")) == (True, 2, 2)


def test_case_23_advice_after_the_plan_is_late_and_reopens_nothing():
    issued = about_request("plan.issued", "2026-11-20")
    found = on_day([REQUEST, asked("2026-10-02"), issued, received("2026-11-25")], "2026-12-01", LAW)
    assert states(found) == {
        ADVICE: "met-late",
        "final-plan-20w": "met",
        "no-plan-decision-16w": "void",
        "assessment-decision-6w": "overdue",
        "review-first-12m": "running",
    }


def test_an_issued_plan_voids_no_advice():
    assert one(ADVICE, asked("2026-10-02"), about_request("plan.issued", "2026-11-20"))["state"] == "overdue"


def test_case_24_a_plan_without_a_psychologists_advice_is_a_question():
    issued = about_request("plan.issued", "2026-11-20")
    psychologist = asked("2026-10-02", heading="psychological", service=None, asked={"role": "own-authority"})
    assert codes(on_day([REQUEST, psychologist, issued], "2026-12-01")) == ["plan-without-psychological"]
    assert codes(on_day([REQUEST, psychologist, received("2026-11-20"), issued], "2026-12-01")) == []


def test_case_25_the_first_issue_counts():
    again = about_request("plan.issued", "2026-12-20") | {"occurrence": "2"}
    assert one("final-plan-20w", about_request("plan.issued", "2026-11-20"), again)["met_on"] == date(2026, 11, 20)


def test_case_48_one_clock_for_one_request_stated_by_two_records():
    copy = requested("2026-09-02", source=TRACKER, record="T-1") | {"subject": {"request": f"{COUNCIL}/REQ-1"}}
    found = on_day([REQUEST, copy], "2026-09-10", LAW)
    assert len(found.deadlines) == 3
    (disagreement,) = found.record["disagreements"]
    assert [saying["stands"] for saying in disagreement["sayings"]] == [False, True]


def test_case_49_an_answer_that_comes_before_its_question_waits_for_it():
    answer = received("2026-10-20")
    assert codes(on_day([REQUEST, answer], "2026-10-20")) == ["which-case"]
    assert one(ADVICE, answer, asked("2026-10-02"))["state"] == "met"


def test_case_50_a_repeat_changes_nothing():
    facts = [REQUEST, ASSESS, asked("2026-10-02")]
    assert on_day(facts, "2026-12-01").record == on_day(facts * 3, "2026-12-01").record


def test_case_51_a_late_fact_restates_the_present_and_not_the_past():
    late = about_request("assessment.decided", "2026-10-01", data={"outcome": "assess"}, received="2026-11-01")
    assert states(on_day([REQUEST, late], "2026-10-20"))["assessment-decision-6w"] == "overdue"
    assert states(on_day([REQUEST, late], "2026-11-01"))["assessment-decision-6w"] == "met"
    known = on_day([REQUEST, late], "2026-10-20", known_at="2026-12-01")
    assert states(known)["assessment-decision-6w"] == "met"


def test_case_53_a_blanked_date_is_a_retraction():
    blanked = ASSESS | {"version": 2, "retracted": True, "received_at": "2026-10-05T09:00:00Z"}
    assert one("assessment-decision-6w", ASSESS, blanked)["state"] == "overdue"


def test_case_61_the_date_in_law_and_the_working_day_before_are_both_shown():
    value = deadlines(on_day([requested("2026-01-05")], "2026-01-05"))["final-plan-20w"]
    assert (value["due_on"], value["act_by"]) == (date(2026, 5, 25), date(2026, 5, 22))


def test_advice_sent_back_is_open_again_with_the_same_date():
    back = about_advice("advice.returned", "2026-11-01")
    value = one(ADVICE, asked("2026-10-02"), received("2026-10-20"), back)
    assert (value["state"], value["due_on"]) == ("overdue", date(2026, 11, 13))
    assert one(ADVICE, asked("2026-10-02"), received("2026-10-20"), back, received("2026-11-10"))["state"] == "met"


def test_unusable_advice_does_not_count_and_unchecked_advice_does():
    assert one(ADVICE, asked("2026-10-02"), received("2026-10-20", usable=False))["state"] == "overdue"
    assert one(ADVICE, asked("2026-10-02"), received("2026-10-20", usable="not-checked"))["state"] == "met"


def test_cancelled_advice_is_void_and_advice_already_met_never_is():
    cancelled = about_advice("advice.cancelled", "2026-10-25")
    assert one(ADVICE, asked("2026-10-02"), cancelled)["state"] == "void"
    assert one(ADVICE, asked("2026-10-02"), received("2026-10-20"), cancelled)["state"] == "met"
    assert one(ADVICE, asked("2026-10-02"), received("2026-10-30"), cancelled)["state"] == "void"


def test_bodies_outside_section_31_are_asked_under_guidance():
    for role in ("own-authority", "school", "early-years", "independent"):
        assert one(ADVICE, asked("2026-10-02", asked={"role": role}))["law"] == "guidance"
    for role in ("icb", "trust", "nhs-england", "other-authority", "youth-offending-team"):
        assert one(ADVICE, asked("2026-10-02", asked={"role": role}))["law"] == "reg 8(1)"


def test_advice_for_a_review_has_no_six_weeks():
    assert ADVICE not in states(on_day([REQUEST, asked("2026-10-02", purpose="review")], "2026-12-01"))


def test_an_end_before_its_start_ends_nothing_and_is_a_question():
    early = about_request("plan.issued", "2026-08-01")
    found = on_day([REQUEST, early], "2026-12-01")
    assert states(found)["final-plan-20w"] == "running"
    assert codes(found) == ["ends-before-start"]


def test_two_starts_of_one_request_are_a_question_and_the_earliest_counts():
    other = requested("2026-09-05", record="REQ-1-copy") | {"subject": {"request": "REQ-1"}}
    found = on_day([REQUEST, other], "2026-09-10")
    assert deadlines(found)["final-plan-20w"]["starts_on"] == date(2026, 9, 1)
    assert codes(found) == ["two-starts"]


def test_between_sources_the_written_precedence_decides_and_the_other_is_shown():
    theirs = about_request("assessment.decided", "2026-09-20", source=TRACKER, data={"outcome": "assess"})
    theirs["subject"] = {"request": f"{COUNCIL}/REQ-1"}
    found = on_day([REQUEST, ASSESS, theirs], "2026-12-01")
    assert deadlines(found)["assessment-decision-6w"]["met_on"] == date(2026, 10, 1)
    (disagreement,) = found.record["disagreements"]
    assert (disagreement["kind"], len(disagreement["sayings"])) == ("assessment.decided", 2)


@pytest.mark.parametrize("policy", [POLICY, Policy()], ids=["registered", "not registered"])
def test_the_councils_own_date_of_receipt_is_believed_before_a_trusts(policy):
    told = received("2026-10-20") | {"source": TRUST, "subject": {"advice": f"{COUNCIL}/ADV-1"}}
    value = one(ADVICE, asked("2026-10-02"), told, received("2026-10-24"), policy=policy)
    assert value["met_on"] == date(2026, 10, 24)


def test_a_deadlines_id_depends_on_clock_and_subject_alone():
    ids = {one(ADVICE, asked("2026-10-02", asked=body))["id"] for body in (ICB, {"role": "school"})}
    ids.add(one(ADVICE, asked("2026-10-09"))["id"])
    assert len(ids) == 1


def test_a_reform_is_rows_and_cases_on_both_sides_of_it_keep_their_own_limit():
    day = date(2029, 9, 1)
    old = [replace(rule, valid_to=date(2029, 8, 31)) if rule.clock == "final-plan-20w" else rule for rule in RULES]
    new = [replace(rule, valid_from=day, limit=12) for rule in RULES if rule.clock == "final-plan-20w"]
    policy = Policy(SOURCES, rules=(*old, *new))
    before = deadlines(on_day([requested("2029-08-31")], "2029-09-30", policy))["final-plan-20w"]
    after = deadlines(on_day([requested("2029-09-01")], "2029-09-30", policy))["final-plan-20w"]
    assert (before["due_on"] - before["starts_on"]).days == 140
    assert (after["due_on"] - after["starts_on"]).days == 84
    assert (before["rule_version"], after["rule_version"]) == ("2014-09-01", "2029-09-01")


def test_a_start_before_any_rule_is_a_question():
    assert codes(on_day([requested("2014-08-31", received="2026-09-01")], "2026-09-01")) == ["no-rule"]


def test_a_claim_is_shown_and_lifts_nothing():
    claim = about_request("exemption.claimed", "2026-09-20", data={"ground": "other", "from": "2026-09-01"})
    found = on_day([REQUEST, claim], "2026-10-20")
    assert states(found)["assessment-decision-6w"] == "overdue"
    assert found.record["exemptions_claimed"][0]["ground"] == "other"


def test_no_fact_no_record():
    empty = on_day([REQUEST], "2026-08-01")
    assert (empty.record["child_id"], empty.record["cases"], empty.deadlines) == (CHILD, [], [])


def test_a_trusts_own_word_counts_where_the_council_has_none_yet():
    theirs = about_advice("advice.received", "2026-10-20", source=TRUST)
    theirs["subject"] = {"advice": f"{COUNCIL}/ADV-1"}
    assert one(ADVICE, asked("2026-10-02"), theirs)["met_on"] == date(2026, 10, 20)
    both = on_day([REQUEST, asked("2026-10-02"), theirs, received("2026-10-23")], "2026-12-01")
    assert deadlines(both)[ADVICE]["met_on"] == date(2026, 10, 23)
    assert both.record["disagreements"][0]["kind"] == "advice.received"
