"""Which matter is a fact about, where ids are missing, shared between kinds, or repeated; and who is believed."""

from datetime import date
from itertools import permutations

import pytest

from hub.core.cases.case import cases_of
from hub.core.cases.disagreement import Precedence
from hub.core.cases.placing import chains_of
from hub.core.cases.references import Aliases
from hub.core.cases.requests import requests_of
from hub.core.casework.policy import Policy
from hub.core.clocks.bodies import Succession
from hub.core.facts.fact import read_fact
from hub.core.facts.standing import stand
from tests.unit.casework.facts import (
    COUNCIL,
    ICB,
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
)

REQUEST = requested("2026-01-05")


def about(kind, on, data=None, record=None, **subject):
    """A fact about something."""
    return fact(kind, on, record or next(iter(subject.values()), "R"), subject=subject, data=data or {})


def of_clock(facts, day, clock):
    return [d.to_json("chd-1", d.starts_on) for d in on_day(facts, day).deadlines if d.rule.clock == clock]


def test_a_source_may_number_its_plans_reviews_and_requests_alike():
    old_plan, new_request = about("plan.issued", "2024-03-01", plan="7"), requested("2026-01-05", "7")
    issued = about("plan.issued", "2026-05-01", plan="9", request="7")
    decided = about("review.decided", "2026-06-01", {"outcome": "keep"}, review="3", plan="7")
    found = on_day([old_plan, new_request, issued, decided], "2026-07-01")
    first = {d.subject.shown["plan"]: d.state for d in found.deadlines if d.rule.clock == "review-first-12m"}
    assert first == {f"{COUNCIL}/7": "met-late", f"{COUNCIL}/9": "running"}


def test_a_link_between_advice_ids_renames_no_request():
    linked = fact("subject.linked", "2026-01-06", "L", subject={"advice": "7"}, data={"to": {"advice": "ADV-1"}})
    found = on_day([requested("2026-01-05", "7"), linked], "2026-01-07")
    assert found.record["cases"][0]["id"] == f"{COUNCIL}/7"


def test_events_of_one_record_with_ids_of_their_own_are_separate():
    held = [
        about("review.held", on, record="PLAN-9", plan="PLAN-9") | {"occurrence": on[:4]}
        for on in ("2025-03-03", "2026-03-02")
    ]
    starts = sorted(value["starts_on"] for value in of_clock(held, "2026-03-10", "review-decision-4w"))
    assert starts == [date(2025, 3, 3), date(2026, 3, 2)]


FOLLOWERS = [
    ("transfer.area", {"direction": "in"}, "transfer", "transfer.family-notified", "area-in-notify-6w"),
    ("appeal.notified", {}, "appeal", "appeal.responded", "tribunal-response-30wd"),
    ("order.made", {"type": "assess"}, "order", "order.notified", "order-assess-notify-2w"),
    ("reassessment.requested", {}, "reassessment", "reassessment.decided", "reassessment-decision-15d"),
    ("mediation.requested", {"issues": "other"}, "mediation", "mediation.held", "mediation-30d"),
]


@pytest.mark.parametrize(("kind", "data", "name", "follows", "clock"), FOLLOWERS)
def test_what_names_nothing_is_about_the_last_that_had_started(kind, data, name, follows, clock):
    start = fact(kind, "2026-03-02", "S-1", subject={name: "S-1"}, data=data)
    answer = fact(follows, "2026-03-10", "A-1", data={"outcome": "refuse"} if "decided" in follows else {})
    assert deadlines(on_day([start, answer], "2026-06-01"))[clock]["state"] == "met"
    early = answer | {"effective_on": "2026-02-01"}
    found = on_day([start, early], "2026-06-01")
    assert (deadlines(found)[clock]["state"], codes(found)) == ("overdue", ["no-subject"])


def test_a_claim_that_names_nothing_known_is_a_question():
    for subject in ({}, {"request": "REQ-9"}):
        claim = fact("exemption.claimed", "2026-02-01", "C", subject=subject, data={"ground": "absence"})
        assert codes(on_day([REQUEST, claim], "2026-03-01")) == ["unknown-claim"]


def test_a_bare_claim_is_the_deciding_sources_own():
    def claim(source, request):
        data = {"ground": "exceptional-circumstances", "from": "2026-01-10"}
        return fact("exemption.claimed", "2026-02-01", "7", subject={"request": request}, source=source, data=data)

    theirs = claim(TRACKER, f"{COUNCIL}/REQ-1")
    refused = fact("exemption.refused", "2026-02-05", "D", source=TRACKER, data={"claim": "7"})
    value = deadlines(on_day([REQUEST, claim(COUNCIL, "REQ-1"), theirs, refused], "2026-03-01"))["final-plan-20w"]
    assert {shown["claim"]: shown["state"] for shown in value["exemptions"]} == {
        f"{COUNCIL}/7": "accepted",
        f"{TRACKER}/7": "refused",
    }


def test_advice_divided_into_parts_is_answered_with_the_last_of_them():
    whole = [asked("2026-02-02"), about_advice("advice.delivered", "2026-02-03")]
    parts = [
        asked("2026-02-04", f"ADV-{n}", service=service, part_of="ADV-1", asked={"role": "trust", "ods": "RXQ"})
        for n, service in ((2, "physiotherapy"), (3, "audiology"))
    ]
    answers = [about_advice("advice.received", on, f"ADV-{n}") for n, on in ((2, "2026-03-02"), (3, "2026-03-09"))]
    one = deadlines(on_day([REQUEST, *whole, *parts, answers[0]], "2026-03-20"))["advice-6w ADV-1"]
    assert one["state"] == "overdue"
    found = on_day([REQUEST, *whole, *parts, *answers, about_request("plan.issued", "2026-04-01")], "2026-04-02")
    value = deadlines(found)["advice-6w ADV-1"]
    assert (value["state"], value["met_on"]) == ("met", date(2026, 3, 9))
    assert found.record["cases"][0]["issued_without"] == []


def received(on, advice):
    return about_advice("advice.received", on, advice)


def test_parts_may_be_divided_themselves_whatever_their_ids():
    for whole, middle, leaf in permutations(("ADV-1", "ADV-2", "ADV-3")):
        sent = [
            asked("2026-02-02", whole),
            asked("2026-02-03", middle, part_of=whole),
            asked("2026-02-04", leaf, part_of=middle),
        ]
        found = deadlines(on_day([REQUEST, *sent, received("2026-03-02", leaf)], "2026-03-20"))
        assert {value["state"] for name, value in found.items() if "advice-6w" in name} == {"met"}


def test_parts_may_be_nested_as_deep_as_they_come():
    deep = [asked("2026-02-02", f"ADV-{n}", part_of=f"ADV-{n + 1}") for n in range(1100)]
    facts = [REQUEST, *deep, asked("2026-02-02", "ADV-1100"), received("2026-03-02", "ADV-0")]
    found = stand([read_fact(value) for value in facts], date(2026, 3, 20))
    precedence, aliases = Precedence(SOURCES), Aliases(())
    requests, _, _ = requests_of(found, aliases, precedence)
    chains, questions = chains_of(found, cases_of(requests, found, aliases, precedence), requests, aliases, precedence)
    assert {chain.received_on for chain in chains} == {date(2026, 3, 2)}
    assert questions == []


def test_a_request_whose_parts_are_no_longer_wanted_is_waited_for_itself():
    sent = [asked("2026-02-02"), asked("2026-02-03", "ADV-2", part_of="ADV-1")]
    gone = about_advice("advice.cancelled", "2026-02-20", "ADV-2")
    issued = about_request("plan.issued", "2026-04-01")
    (case,) = on_day([REQUEST, *sent, gone, issued], "2026-04-02").record["cases"]
    assert (case["issued_without"], case["headings"][0]["parts"]) == ([f"{COUNCIL}/ADV-1"], 1)


def test_a_trust_s_part_of_the_council_s_request_of_the_same_number_is_its_part():
    part = asked("2026-02-03", "ADV-1", request=None, part_of="ADV-1", source=TRUST)
    answer = about_advice("advice.received", "2026-03-02", "ADV-1", source=TRUST)
    found = on_day([REQUEST, asked("2026-02-02"), part, answer], "2026-03-20")
    assert {d.subject.source: d.state for d in found.deadlines if d.subject.chain} == {COUNCIL: "met", TRUST: "met"}
    assert codes(found) == []


def test_three_requests_of_which_each_replaces_the_one_before_are_one_chain_in_any_order():
    first = asked("2026-02-02", "ADV-2")
    again = [
        asked("2026-02-10", "ADV-1", replaces={"advice": "ADV-2", "because": "quality"}),
        asked("2026-02-20", "ADV-3", replaces={"advice": "ADV-1", "because": "quality"}),
    ]
    for facts in permutations([first, *again]):
        found = on_day([REQUEST, *facts], "2026-03-01")
        (advice,) = found.record["cases"][0]["advice"]
        assert advice["ids"] == [f"{COUNCIL}/ADV-{n}" for n in (2, 1, 3)]
        assert codes(found) == []


def circle(*advice, name="replaces"):
    """Requests of which each names the one before it, and the first the last."""
    before = (advice[-1], *advice)
    said = [{"advice": other, "because": "quality"} if name == "replaces" else other for other in before]
    return [asked(f"2026-02-0{n + 2}", id_, **{name: said[n]}) for n, id_ in enumerate(advice)]


@pytest.mark.parametrize("ids", [("ADV-1",), ("ADV-1", "ADV-2"), ("ADV-2", "ADV-3", "ADV-1")])
def test_requests_that_replace_one_another_in_a_circle_run_as_one_and_are_a_question(ids):
    later = asked("2026-02-20", "ADV-0", replaces={"advice": "ADV-1", "because": "icb-changed"})
    for facts in permutations([*circle(*ids), later]):
        found = on_day([REQUEST, *facts], "2026-04-20")
        (deadline,) = [d for d in found.deadlines if d.subject.chain]
        assert (deadline.state, deadline.subject.id) == ("overdue", f"{COUNCIL}/ADV-1")
        assert [(q.code, q.about) for q in found.questions] == [("replaces-in-circle", f"{COUNCIL}/ADV-1")]
        assert deadline.subject.questions
        (advice,) = found.record["cases"][0]["advice"]
        assert advice["ids"] == [f"{COUNCIL}/{id_}" for id_ in (*ids, "ADV-0")]


@pytest.mark.parametrize("ids", [("ADV-1",), ("ADV-1", "ADV-2"), ("ADV-2", "ADV-3", "ADV-1")])
def test_requests_that_are_parts_of_one_another_are_each_waited_for_and_a_question(ids):
    part = asked("2026-02-20", "ADV-0", part_of="ADV-1")
    for facts in permutations([*circle(*ids, name="part_of"), part]):
        found = on_day([REQUEST, *facts, received("2026-03-02", "ADV-0")], "2026-04-20")
        waited = {d.subject.id.partition("/")[2]: d.state for d in found.deadlines if d.subject.chain}
        # the first is divided by a part that is none of the circle
        assert waited == {"ADV-0": "met", "ADV-1": "met"} | {id_: "overdue" for id_ in ids if id_ != "ADV-1"}
        assert [(q.code, q.about) for q in found.questions] == [("parts-in-circle", f"{COUNCIL}/ADV-1")]
        assert found.record["cases"][0]["headings"][0]["parts"] == len(ids)


def test_two_circles_are_two_questions():
    facts = [*circle("ADV-1", "ADV-2"), *circle("ADV-3", "ADV-4")]
    assert codes(on_day([REQUEST, *facts], "2026-03-01")) == ["replaces-in-circle"] * 2


def test_existing_advice_may_have_an_id_of_its_own():
    agreed = [{"by": by, "on": "2026-01-20"} for by in ("author", "authority", "family")]
    existing = fact("advice.satisfied-by-existing", "2026-01-20", "E-1",
                    subject={"request": "REQ-1", "advice": "E-1"},
                    data={"heading": "medical", "agreements": agreed})  # fmt: skip
    found = on_day([REQUEST, asked("2026-02-02", heading="education", service=None), existing], "2026-02-10")
    headings = {heading["heading"]: heading["complete"] for heading in found.record["cases"][0]["headings"]}
    assert (headings, codes(found)) == ({"education": False, "medical": True}, [])


def test_a_successors_successor_answers_from_its_own_day_and_a_circle_ends():
    chain = (Succession("QU9", date(2026, 2, 1), "QAA"), Succession("QAA", date(2026, 3, 1), "QBB"))
    policy = Policy(SOURCES, successions=chain)

    def answers(day, using=policy):
        return deadlines(on_day([REQUEST, asked("2026-01-20")], day, using))["advice-6w ADV-1"]["answerable"]["ods"]

    assert [answers(day) for day in ("2026-01-31", "2026-02-01", "2026-02-28", "2026-03-01")] == [
        "QU9", "QAA", "QAA", "QBB",
    ]  # fmt: skip
    assert on_day([REQUEST, asked("2026-01-20")], "2026-02-01", policy).next_on <= date(2026, 3, 1)
    circle = Policy(SOURCES, successions=(*chain, Succession("QBB", date(2026, 4, 1), "QU9")))
    assert answers("2026-05-01", circle) == "QU9"


def test_who_was_responsible_when_it_ended_stays_and_what_is_open_follows_the_gp():
    agreed, changed = about_request("plan.section-g-agreed", "2026-02-10"), fact(
        "commissioner.set", "2026-03-01", "C", data={"ods": "QHL", "why": "gp"}
    )  # fmt: skip
    ended = deadlines(on_day([REQUEST, agreed, changed], "2026-04-01"))["section-g-before-final"]
    still = deadlines(on_day([REQUEST, changed], "2026-04-01"))["section-g-before-final"]
    assert (ended["responsible"], still["responsible"]) == (ICB, {"role": "icb", "ods": "QHL"})


def test_a_plan_that_ceased_before_it_was_issued_is_a_question_and_goes_on():
    issued = about("plan.issued", "2026-03-01", plan="P")
    found = on_day([issued, about("plan.ceased", "2026-02-01", {"reason": 2}, plan="P")], "2026-06-01")
    assert (deadlines(found)["review-first-12m"]["state"], codes(found)) == ("running", ["ends-before-start"])


def test_a_directed_date_before_the_order_is_a_question_and_the_rule_stands():
    order = about("order.made", "2026-07-10", {"type": "amend-plan", "due_on": "2026-07-01"}, order="O")
    found = on_day([order], "2026-07-12")
    assert (deadlines(found)["order-amend-5w"]["due_on"], codes(found)) == (
        date(2026, 8, 14),
        ["directed-before-order"],
    )


def test_an_appeal_that_is_not_opposed_needs_no_answer():
    appeal = about("appeal.notified", "2026-03-02", appeal="A", request="REQ-1")
    notice = about("order.made", "2026-03-20", {"type": "assess", "unopposed": True}, order="N", request="REQ-1")
    assert deadlines(on_day([REQUEST, appeal, notice], "2026-06-01"))["tribunal-response-30wd"]["state"] == "void"


def test_an_old_amendment_answers_no_transfer():
    plan = about("plan.issued", "2024-03-01", plan="P")
    phase = about("transfer.phase", "2025-06-01", {"to": "other", "year": 2027}, transfer="T", plan="P")
    typo, real = about("plan.amended", "2025-07-01", plan="P"), about("plan.amended", "2026-12-01", plan="P")
    assert deadlines(on_day([plan, phase, typo], "2026-12-05"))["phase-transfer"]["state"] == "running"
    assert deadlines(on_day([plan, phase, typo, real], "2026-12-05"))["phase-transfer"]["met_on"] == date(2026, 12, 1)


def test_an_amendment_within_the_familys_days_is_a_question_and_a_notice_of_none_is_not():
    held, notice = about("review.held", "2026-05-04", review="V"), about(
        "review.amendment-notice-sent", "2026-05-20", review="V"
    )  # fmt: skip
    for change, expected in (("amended", ["amended-within-window"]), ("none", [])):
        amended = about("plan.amended", "2026-05-25", {"change": change}, review="V")
        assert codes(on_day([held, notice, amended], "2026-06-01")) == expected


def test_data_of_any_shape_is_no_error():
    odd = about_advice("advice.declined", "2026-02-10", data={"ground": ["harms-functions"], "reasons_given": True})
    agreed = about_advice("advice.satisfied-by-existing", "2026-02-11",
                          data={"heading": "medical", "agreements": [{"by": ["author"]}]})  # fmt: skip
    assert on_day([REQUEST, asked("2026-02-02"), odd, agreed], "2026-03-01").deadlines
    with pytest.raises(ValueError, match="can't hold"):
        on_day([REQUEST | {"data": {"n": 2**70}}], "2026-03-01")
