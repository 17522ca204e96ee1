"""The laws of the whole timetable: neither order nor repetition of facts changes a deadline, a question or the record,
and nothing that a source may write raises anything.
"""

from datetime import date, timedelta
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.core.casework.evaluate import Evaluation, evaluate
from hub.core.casework.policy import Policy
from hub.core.facts.fact import read_fact
from schemas.kinds import KINDS
from tests.unit.casework.facts import CHILD, COUNCIL, POLICY, SOURCES, TRACKER, TRUST
from tests.unit.casework.stage import Bench, reached

FIRST = date(2025, 9, 1)
DAYS = 420
AFTER = FIRST + timedelta(days=DAYS + 60)
ICB = {"role": "icb", "ods": "QU9"}

NAMES = {
    "request": ["REQ-1", "REQ-2"],
    "advice": ["ADV-1", "ADV-2", "ADV-3"],
    "plan": ["PLAN-1", "PLAN-2"],
    "review": ["REV-1", "REV-2"],
    "reassessment": ["REA-1"],
    "order": ["ORD-1", "ORD-2"],
    "appeal": ["APP-1"],
    "mediation": ["MED-1"],
    "transfer": ["TRA-1", "TRA-2"],
}
days = st.integers(0, DAYS).map(lambda n: FIRST + timedelta(days=n))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "outcome": st.sampled_from(["assess", "refuse", "issue", "no-plan", "keep", "amend", "cease", "reassess"]),
    "type": st.sampled_from(["assess", "reassess", "make-plan", "amend-plan", "name-school", "reconsider", "other"]),
    "direction": st.sampled_from(["in", "out"]),
    "cause": st.sampled_from(["move", "other"]),
    "issues": st.sampled_from(["health", "other", "both"]),
    "to": st.sampled_from(["icb", "school", "post-16", "other", ICB]),
    "method": st.sampled_from(["email", "post"]),
    "ground": st.sampled_from(["school-closure", "absence", "exceptional-circumstances", "missed-appointment"]),
    "year": st.sampled_from([2025, 2026, 2027, 0, True, "2026"]),
    "heading": st.sampled_from(["medical", "psychological", "education", "social-care"]),
    "asked": st.sampled_from([ICB, {"role": "school"}, {"role": "trust", "ods": "RXQ"}]),
    "made_by": st.sampled_from([ICB, {"role": "trust", "ods": "RXQ"}, None]),
    "part_of": st.sampled_from(["ADV-1", "ADV-2", "ADV-3"]),
    "required": st.booleans(),
    "replaces": st.fixed_dictionaries(
        {
            "advice": st.sampled_from(["ADV-1", "ADV-2", "ADV-3"]),
            "because": st.sampled_from(["quality", "wrong-body", "icb-changed"]),
        }
    ),
    "purpose": st.sampled_from(["assessment", "reassessment", "review"]),
    "notice": st.sampled_from(["formal", "informal"]),
    "claim": st.sampled_from(["R-1", "R-2"]),
    "appointment": st.sampled_from(["R-1", "R-2"]),
} | {
    name: days.map(date.isoformat) | st.sampled_from(["2026-02-30", "", None, 7])
    for name in ("from", "due_on", "meeting_on", "moves_on", "knew_on", "closed_from", "reopens_on",
                 "advice_requested_on", "appointment_on")
}  # fmt: skip


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    """Any fact that a source may state, about any of a few things, rightly or wrongly."""
    on = draw(days)
    received = on + timedelta(days=draw(st.integers(0, 30)))
    names = draw(st.lists(st.sampled_from(sorted(NAMES)), max_size=2, unique=True))
    chosen = draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=5, unique=True))
    return {
        "kind": draw(st.sampled_from(sorted(KINDS)) | st.sampled_from(["assessment.requested", "plan.issued"])),
        "child_id": CHILD,
        "source": draw(st.sampled_from([COUNCIL, COUNCIL, TRACKER, TRUST])),
        "record": draw(st.sampled_from(["R-1", "R-2", "R-3"])),
        "occurrence": draw(st.sampled_from(["", "", "", "1", "2"])),
        "version": draw(st.integers(1, 2)),
        "subject": {name: draw(st.sampled_from(NAMES[name])) for name in names},
        "effective_on": on.isoformat(),
        "recorded_at": f"{received.isoformat()}T08:00:00Z",
        "received_at": f"{received.isoformat()}T09:00:00Z",
        "retracted": draw(st.sampled_from([False] * 9 + [True])),
        "data": {name: draw(VALUES[name]) for name in chosen},
    }


histories = st.lists(statements(), min_size=1, max_size=14)


def run(values: list[dict[str, Any]], day: date, policy: Policy = POLICY) -> Evaluation:
    return evaluate(CHILD, [read_fact(value) for value in values], day, policy)


def said(evaluation: Evaluation) -> dict[str, Any]:
    deadlines = [deadline.to_json(CHILD, FIRST) for deadline in evaluation.deadlines]
    shown = {"record": evaluation.record, "deadlines": deadlines, "alerts": evaluation.alerts}
    found: dict[str, Any] = orjson.loads(orjson.dumps(shown))
    return found


@settings(deadline=None)
@given(histories, days, st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(values, day, random):
    shuffled = values + random.choices(values, k=len(values))
    random.shuffle(shuffled)
    assert said(run(values, day)) == said(run(shuffled, day))


@settings(deadline=None)
@given(histories, st.randoms(use_true_random=False))
def test_the_stage_says_what_one_evaluation_says_however_the_facts_are_cut(values, random):
    """Records and deadlines with their explanations, of every kind of matter, to the last word."""
    bench, waiting = Bench(POLICY), values + random.choices(values, k=3)
    random.shuffle(waiting)
    while waiting:
        size = random.randint(1, 5)
        batch, waiting = waiting[:size], waiting[size:]
        if random.random() < 0.5:
            day = FIRST + timedelta(days=random.randint(0, DAYS))
            batch.insert(random.randint(0, len(batch)), reached(day.isoformat()))
        bench.feed(batch)
        if random.random() < 0.3:
            bench.reopen()
    bench.feed([reached(AFTER.isoformat())])
    expected = said(run(values, AFTER))
    assert bench.topics["hub.children"] == {CHILD.encode(): expected["record"]}
    held = {key.decode().partition("|")[2]: value for key, value in bench.topics.get("hub.deadlines", {}).items()}
    for value in (*held.values(), *expected["deadlines"]):
        value.pop("as_of")
    assert held == {value["id"]: value for value in expected["deadlines"]}


@settings(deadline=None)
@given(histories, days)
def test_one_deadline_for_each_clock_and_subject_and_dates_that_fit_together(values, day):
    evaluation = run(values, day)
    ids = [deadline.id for deadline in evaluation.deadlines]
    assert len(ids) == len(set(ids))
    for deadline in evaluation.deadlines:
        assert deadline.act_by <= deadline.due_on_day_one <= deadline.due_on
        assert (deadline.met_on is not None) == (deadline.state in ("met", "met-late", "met-exempt"))
        assert (deadline.state == "running") <= (day <= deadline.due_on)
        assert (deadline.review_by is not None) == (deadline.state == "exempt")
        assert len(deadline.to_json(CHILD, day)["explanation"]) >= 4


@settings(deadline=None)
@given(histories, days)
def test_next_on_is_never_too_late(values, day):
    known = [value for value in values if read_fact(value).received_on <= day]
    evaluation = run(known, day)
    until = evaluation.next_on or day + timedelta(days=200)
    for deadline in evaluation.deadlines:
        if deadline.state == "running":
            assert until <= deadline.due_on + timedelta(days=1)
    before = said(run(known, until - timedelta(days=1)))
    assert before == said(evaluation)


@st.composite
def advice(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Requests for advice of one heading that name one another as they like, and some answers and cancellations."""
    found = []
    for number in range(draw(st.integers(1, 4))):
        data: dict[str, Any] = {"heading": "medical", "asked": ICB}
        for name in ("part_of", "replaces", "required"):
            if draw(st.booleans()):
                data[name] = draw(VALUES[name])
        found.append(_stated("advice.requested", f"ADV-{number}", 10 + number, data))
        for kind in ("advice.received", "advice.cancelled"):
            if draw(st.sampled_from([True, False, False])):
                found.append(_stated(kind, f"ADV-{number}", draw(st.integers(11, 90)), {}))
    return found


def _stated(kind: str, record: str, after: int, data: dict[str, Any]) -> dict[str, Any]:
    on = (FIRST + timedelta(days=after)).isoformat()
    name = "request" if kind == "assessment.requested" else "advice"
    return {
        "kind": kind, "child_id": CHILD, "source": COUNCIL, "record": record, "version": 1, "subject": {name: record},
        "effective_on": on, "recorded_at": f"{on}T08:00:00Z", "received_at": f"{on}T09:00:00Z", "data": data,
    }  # fmt: skip


@settings(deadline=None)
@given(advice(), st.integers(14, 120).map(lambda n: FIRST + timedelta(days=n)), st.randoms(use_true_random=False))
def test_however_requests_name_one_another_each_is_shown_once_and_all_is_in_only_when_nothing_expected_is_open(
    values, day, random
):
    facts = [_stated("assessment.requested", "REQ-1", 0, {}), *values]
    evaluation = run(facts, day, Policy(SOURCES, required_headings=frozenset({"medical"})))
    shown = [id_ for case in evaluation.record["cases"] for chain in case["advice"] for id_ in chain["ids"]]
    asked_for = [value["record"] for value in values if value["kind"] == "advice.requested"]
    assert sorted(shown) == sorted(f"{COUNCIL}/{id_}" for id_ in asked_for)
    chains = [deadline.subject.chain for deadline in evaluation.deadlines if deadline.is_open]
    if "all-advice-in" in {alert["threshold"] for alert in evaluation.alerts}:
        assert not [chain.id for chain in chains if chain is not None and chain.expected]
    random.shuffle(facts)
    assert said(run(facts, day)) == said(run([*facts, *values], day))


@settings(deadline=None)
@given(histories, days)
def test_a_formal_death_leaves_nothing_open(values, day):
    died = {
        "kind": "child.died",
        "child_id": CHILD,
        "source": COUNCIL,
        "record": "DIED",
        "version": 9,
        "effective_on": day.isoformat(),
        "recorded_at": f"{day.isoformat()}T08:00:00Z",
        "received_at": f"{day.isoformat()}T09:00:00Z",
        "data": {"notice": "formal"},
    }
    evaluation = run([*values, died], day)
    assert [deadline.rule.clock for deadline in evaluation.deadlines if deadline.is_open] == []
