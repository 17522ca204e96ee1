"""Cases of the reference (section 7) about clocks beyond those of a request and its advice: one test each."""

from datetime import date

from hub.core.facts.fact import read_fact
from tests.unit.casework.facts import (
    COUNCIL,
    ICB,
    TRACKER,
    about_advice,
    about_request,
    asked,
    codes,
    deadlines,
    fact,
    on_day,
    requested,
)

REQUEST = requested("2026-01-05")
TRUST = {"role": "trust", "ods": "RXQ"}


def about(kind, on, data=None, **subject):
    """A fact about something."""
    return fact(kind, on, next(iter(subject.values())), subject=subject, data=data or {})


def clock(name, facts, day):
    return deadlines(on_day(facts, day)).get(name)


def test_case_10_an_ordered_assessment_has_its_own_limits_and_the_old_request_stays():
    refused = about_request("assessment.decided", "2026-02-10", data={"outcome": "refuse"})
    order = about("order.made", "2026-06-01", {"type": "assess"}, order="ORD-1", request="REQ-1")
    found = on_day([REQUEST, refused, order], "2026-06-02")
    dues = {name: value["due_on"].isoformat() for name, value in deadlines(found).items() if name.startswith("order")}
    assert dues == {
        "order-assess-notify-2w": "2026-06-15",
        "order-decision-10w": "2026-08-10",
        "order-plan-14w": "2026-09-07",
    }
    (case,) = found.record["cases"]
    assert (case["outcome"], case["decided"], case["ended_on"]) == ("refused", "refuse", date(2026, 2, 10))


def test_case_9_a_concession_before_the_tribunal_runs_from_the_notice_and_the_refusal_stays_the_outcome():
    refused = about_request("assessment.decided", "2026-02-10", data={"outcome": "refuse"})
    appeal = about("appeal.notified", "2026-04-01", appeal="APP-1", request="REQ-1")
    notice = about("order.made", "2026-05-04", {"type": "assess", "unopposed": True}, order="N-1", request="REQ-1")
    found = on_day([REQUEST, refused, appeal, notice], "2026-05-05")
    assert deadlines(found)["order-plan-14w"]["due_on"] == date(2026, 8, 10)
    assert found.record["cases"][0]["challenges"] == [{"decision": "request", "tribunal": True, "on": date(2026, 4, 1)}]


def test_case_11_a_mediation_agreement_has_an_orders_limits_two_weeks_or_a_date_that_was_agreed():
    def agreed(**data):
        return about("mediation.agreed", "2026-03-02", data, mediation="M-1", request="REQ-1")

    assert clock("order-amend-5w", [REQUEST, agreed(type="amend-plan")], "2026-03-03")["due_on"] == date(2026, 4, 6)
    other = [REQUEST, agreed(type="other")]
    assert clock("mediation-agreement-2w", other, "2026-03-03")["due_on"] == date(2026, 3, 16)
    dated = [REQUEST, agreed(type="other", due_on="2026-05-01")]
    value = clock("mediation-agreement-2w", dated, "2026-03-03")
    assert value["due_on"] == date(2026, 5, 1)
    assert "agreed in writing, which takes the place of the rule's limit (reg 42(5))" in value["explanation"][2]


def test_case_26_a_draft_by_post_counts_from_its_service_not_from_its_sending():
    posted = about_request("plan.draft-sent", "2026-04-02", data={"method": "post"})  # Easter lies between
    value = clock("draft-response-15d", [REQUEST, posted], "2026-04-10")
    assert (value["starts_on"], value["due_on"]) == (date(2026, 4, 8), date(2026, 4, 22))
    assert clock("draft-sent-16w", [REQUEST, posted], "2026-04-10")["met_on"] == date(2026, 4, 2)


def test_a_second_draft_gives_the_family_days_of_its_own():
    first, second = about_request("plan.draft-sent", "2026-04-02"), about_request("plan.draft-sent", "2026-04-20")
    same_day = second | {"occurrence": "3", "data": {"method": "hand"}}
    issued = about_request("plan.issued", "2026-04-28")
    facts = [REQUEST, first, second | {"occurrence": "2"}, same_day]

    def windows(*more, day="2026-04-25"):
        found = on_day([*facts, *more], day).deadlines
        return [(d.starts_on.day, d.state) for d in found if d.rule.clock == "draft-response-15d"]

    assert sorted(windows()) == [(2, "met"), (20, "running")]
    assert sorted(windows(day="2026-05-05")) == [(2, "met"), (20, "met")]
    assert clock("draft-sent-16w", facts, "2026-04-25")["met_on"] == date(2026, 4, 2)
    assert "plan-within-window" in codes(on_day([*facts, issued], "2026-05-10"))
    later = issued | {"effective_on": "2026-05-05"}
    assert "plan-within-window" not in codes(on_day([*facts, later], "2026-05-10"))
    after = about_request("plan.draft-sent", "2026-05-20") | {"occurrence": "4"}  # hides nothing
    assert "plan-within-window" in codes(on_day([*facts, issued, after], "2026-06-10"))
    ids = {d.id for d in on_day([REQUEST, first], "2026-04-25").deadlines if d.rule.clock == "draft-response-15d"}
    assert ids <= {d.id for d in on_day(facts, "2026-04-25").deadlines}


def test_case_27_a_family_away_needs_four_weeks_and_two_for_a_tribunals_clock():
    order = about("order.made", "2026-06-01", {"type": "amend-plan"}, order="ORD-1")
    away = {"ground": "absence", "from": "2026-06-03", "to": "2026-06-17"}
    on_order = about("exemption.claimed", "2026-06-20", away, order="ORD-1") | {"record": "CLM-1"}
    on_case = about("exemption.claimed", "2026-06-20", away, request="REQ-1") | {"record": "CLM-2"}
    found = deadlines(on_day([REQUEST, order, on_order, on_case], "2026-12-01"))
    assert (found["order-amend-5w"]["state"], found["final-plan-20w"]["state"]) == ("exempt", "overdue")


def test_case_29_a_move_in_the_middle_of_a_review_runs_from_the_day_the_old_authority_knew():
    plan = about("plan.issued", "2025-06-01", plan="PLAN-1")
    held = about("review.held", "2026-05-18", review="REV-1", plan="PLAN-1")
    moved = about(
        "transfer.area", "2026-05-22", {"direction": "out", "knew_on": "2026-06-03"}, transfer="T", plan="PLAN-1"
    )
    found = deadlines(on_day([plan, held, moved], "2026-06-04"))
    assert (found["area-out-15wd"]["starts_on"], found["area-out-15wd"]["due_on"]) == (
        date(2026, 6, 3),
        date(2026, 6, 23),
    )
    assert found["review-decision-4w"]["state"] == "void"


def test_case_30_a_new_gp_moves_the_icb_and_open_requests_keep_their_date():
    sent = [asked("2026-02-16"), about_advice("advice.delivered", "2026-02-17")]
    changed = about("transfer.icb", "2026-03-02", {"from": "QU9", "to": "QHL", "cause": "other"}, transfer="T")
    passed_on = asked("2026-03-03", "ADV-2", replaces={"advice": "ADV-1", "because": "icb-changed"},
                      asked={"role": "icb", "ods": "QHL"})  # fmt: skip
    found = deadlines(on_day([REQUEST, *sent, changed, passed_on], "2026-03-05"))
    assert found["icb-change-15wd"]["due_on"] == date(2026, 3, 23)
    assert found["advice-6w ADV-2"]["due_on"] == date(2026, 3, 31)
    assert found["advice-6w ADV-2"]["responsible"] == {"role": "icb", "ods": "QHL"}


def test_case_31_a_dissolved_icb_stays_responsible_for_the_past_and_its_successor_answers():
    value = clock("advice-6w ADV-1", [REQUEST, asked("2026-02-16")], "2026-04-01")
    assert (value["responsible"], value["answerable"]) == (ICB, {"role": "icb", "ods": None})


def test_case_32_the_home_authority_owns_a_case_whose_advice_comes_from_another_areas_trust():
    abroad = asked("2026-02-16", asked={"role": "trust", "ods": "RYV"})
    value = clock("advice-6w ADV-1", [REQUEST, abroad], "2026-03-01")
    assert (value["area"], value["responsible"], value["law"]) == ("825", {"role": "trust", "ods": "RYV"}, "reg 8(1)")


def test_case_33_another_authority_that_is_asked_is_bound_by_the_six_weeks():
    placing = asked("2026-02-16", heading="social-care", service=None, asked={"role": "other-authority"})
    value = clock("advice-6w ADV-1", [REQUEST, placing], "2026-03-01")
    assert (value["law"], value["due_on"]) == ("reg 8(1)", date(2026, 3, 30))


def test_case_58_an_instant_late_in_a_summer_evening_is_the_next_day_in_london():
    late = requested("2026-07-01", received="2026-07-01T23:30:00Z")  # half past midnight on the second
    assert on_day([late], "2026-07-01").deadlines == []
    assert len(on_day([late], "2026-07-02").deadlines) > 0
    assert read_fact(late).received_on == date(2026, 7, 2)
    winter = requested("2026-12-01", received="2026-12-01T23:30:00Z")
    assert len(on_day([winter], "2026-12-01").deadlines) > 0


def test_case_59_days_on_which_the_clocks_change_count_as_one():
    for received, due in (("2026-02-15", "2026-03-29"), ("2026-09-13", "2026-10-25")):
        assert clock("assessment-decision-6w", [requested(received)], received)["due_on"] == date.fromisoformat(due)


def test_case_60_leap_day_and_month_ends():
    issued = about("plan.issued", "2028-02-29", plan="P")
    assert clock("review-first-12m", [issued], "2028-03-01")["due_on"] == date(2029, 2, 27)
    assert clock("assessment-decision-6w", [requested("2028-02-29")], "2028-03-01")["due_on"] == date(2028, 4, 11)
    moves = about(
        "transfer.phase", "2027-09-01", {"to": "post-16", "year": 2028, "moves_on": "2028-07-31"}, transfer="T"
    )
    assert clock("phase-transfer", [moves], "2027-10-01")["due_on"] == date(2028, 2, 29)


def test_case_62_before_means_the_day_before():
    for to, due in (("other", date(2026, 2, 14)), ("post-16", date(2026, 3, 30))):
        known = about("transfer.phase", "2025-10-01", {"to": to, "year": 2026}, transfer="T")
        assert clock("phase-transfer", [known], "2025-11-01")["due_on"] == due


def test_case_63_a_reviews_decision_is_due_from_the_meeting_not_from_the_report():
    held = about("review.held", "2026-03-02", review="R")
    report = about("review.report-sent", "2026-03-16", review="R")
    assert clock("review-decision-4w", [held, report], "2026-03-17")["due_on"] == date(2026, 3, 30)


def test_case_64_a_decision_to_amend_without_the_proposed_amendments_is_not_the_step():
    held = about("review.held", "2026-03-02", review="R")
    amend = about("review.decided", "2026-03-10", {"outcome": "amend"}, review="R")
    notice = about("review.amendment-notice-sent", "2026-03-30", review="R")
    assert clock("review-decision-4w", [held, amend], "2026-03-11")["state"] == "running"
    value = clock("review-decision-4w", [held, amend, notice], "2026-04-01")
    assert (value["state"], value["met_on"]) == ("met", date(2026, 3, 30))


def test_case_65_a_meeting_without_the_advice_circulated_before_is_late_advice():
    held = about("review.held", "2026-03-02", review="R")
    assert clock("review-advice-2w", [held], "2026-03-02")["state"] == "overdue"
    after = about("review.advice-circulated", "2026-03-05", review="R")
    assert clock("review-advice-2w", [held, after], "2026-03-06")["state"] == "met-late"


def test_case_66_a_plan_that_the_panel_agreed_is_not_issued():
    agreed = about_request("plan.decided", "2026-05-01", data={"outcome": "issue"})
    assert clock("final-plan-20w", [REQUEST, agreed], "2026-05-02")["state"] == "running"


def test_case_5_a_schools_request_without_the_familys_knowledge_is_valid():
    school = requested("2026-01-05", data={"by": "school"})
    assert clock("final-plan-20w", [school], "2026-01-06")["state"] == "running"


def test_cases_17_and_30_a_body_asked_again_is_one_deadline():
    again = asked("2026-03-01", "ADV-2", replaces={"advice": "ADV-1", "because": "quality"}, asked=TRUST)
    found = [
        name for name in deadlines(on_day([REQUEST, asked("2026-02-16"), again], "2026-03-02")) if "6w ADV" in name
    ]
    assert found == ["advice-6w ADV-2"]


def test_two_copies_of_one_request_from_portal_and_case_management_run_as_one_until_a_person_parts_them():
    copy = requested("2026-01-06", "P-77", source=TRACKER)
    found = on_day([REQUEST, copy], "2026-01-07")
    assert [len(case["requests"]) for case in found.record["cases"]] == [2]
    assert codes(found) == []
    ours, theirs = f"{COUNCIL}/REQ-1", f"{TRACKER}/P-77"
    for parted in (ours, theirs):  # whichever of the two the person said it of
        own = fact("subject.linked", "2026-01-08", "L", subject={"request": parted}, data={"to": {"request": parted}})
        apart = on_day([REQUEST, copy, own], "2026-01-08")
        assert [case["id"] for case in apart.record["cases"]] == [ours, theirs]
        starts = {d.subject.id: d.starts_on for d in apart.deadlines if d.rule.clock == "final-plan-20w"}
        assert starts == {ours: date(2026, 1, 5), theirs: date(2026, 1, 6)}
        undone = own | {"version": 2, "retracted": True, "received_at": "2026-01-09T09:00:00Z"}
        together = on_day([REQUEST, copy, own, undone], "2026-01-09")
        assert [len(case["requests"]) for case in together.record["cases"]] == [2]
        same = fact("subject.linked", "2026-01-09", "L", subject={"request": theirs}, data={"to": {"request": ours}})
        one = on_day([REQUEST, copy, own | {"subject": {"request": theirs}, "record": "M"}, same], "2026-01-09")
        assert [len(case["requests"]) for case in one.record["cases"]] == [1]  # the last word: one request
