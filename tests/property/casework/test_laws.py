"""The laws of casework: what stands depends on the set of facts received and the day, and on nothing else."""

from datetime import date, timedelta
from typing import Any

import orjson
from hypothesis import given as given_as_it_comes
from hypothesis import settings
from hypothesis import strategies as st

from hub.core.alerts.rules import RULES
from hub.core.alerts.silence import Silences, read_saying, source_alerts
from hub.core.casework.evaluate import Evaluation, evaluate
from hub.core.casework.policy import Policy
from hub.core.facts.fact import read_fact
from schemas.sources import Source, Sources
from tests.property.casework.strategies import AFTER, FIRST, LAST, days, histories, silences
from tests.unit.casework.facts import CHILD, COUNCIL, POLICY, SOURCES, TRUST
from tests.unit.casework.stage import Bench, reached

DAY = timedelta(days=1)
LIVE = Policy(
    Sources(
        sources=(
            Source(id=COUNCIL, kind="council", area="825", live_from=date(2026, 5, 1)),
            Source(id=TRUST, kind="nhs", live_from=date(2026, 7, 1)),
        )
    )
)
SOON_COMPLETE = Policy(SOURCES, required_headings=frozenset({"medical"}), exempt_review_days=7)
policies = st.sampled_from([POLICY, LIVE, SOON_COMPLETE])


def given(*drawn):
    """As hypothesis's, without a time limit: the machine may be busy."""
    return lambda test: settings(deadline=None)(given_as_it_comes(*drawn)(test))


def run(values, day, policy=POLICY, said=()) -> Evaluation:
    return evaluate(CHILD, [read_fact(value) for value in values], day, policy, silences=silent(said))


def silent(said) -> Silences:
    return Silences(read_saying(value) for value in said)


def said(evaluation: Evaluation) -> dict[str, Any]:
    """All that an evaluation says, with the day of the last change in place of the day looked at."""
    traces = evaluation.now.traces
    return orjson.loads(
        orjson.dumps(
            {
                "record": evaluation.record,
                "deadlines": [d.to_json(CHILD, traces[d.id].changed_on) for d in evaluation.deadlines],
                "alerts": evaluation.alerts,
            }
        )
    )


@given(histories(), days, policies, silences, st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(values, day, policy, quiet, random):
    shuffled = values + random.choices(values, k=len(values))
    random.shuffle(shuffled)
    again = quiet + quiet[:1]
    random.shuffle(again)
    assert said(run(values, day, policy, quiet)) == said(run(shuffled, day, policy, again))


@given(histories(), days, policies, silences)
def test_the_past_is_what_was_known_then(values, day, policy, quiet):
    known = [value for value in values if read_fact(value).received_on <= day]
    heard = [value for value in quiet if read_saying(value).known_on <= day]
    assert said(run(values, day, policy, quiet)) == said(run(known, day, policy, heard))


@given(histories(), policies, silences, st.randoms(use_true_random=False))
def test_the_stage_says_what_one_evaluation_says_however_the_facts_come(values, policy, quiet, random):
    shuffled = values + random.choices(values, k=3) + quiet + quiet[:1]
    random.shuffle(shuffled)
    bench = Bench(policy)
    while shuffled:
        size = random.randint(1, 5)
        batch, shuffled = shuffled[:size], shuffled[size:]
        if random.random() < 0.5:
            day = FIRST + timedelta(days=random.randint(0, (LAST - FIRST).days))
            batch.insert(random.randint(0, len(batch)), reached(day.isoformat()))
        bench.feed(batch)
        if random.random() < 0.3:
            bench.reopen()
    bench.feed([reached(AFTER.isoformat())])
    expected = said(run(values, AFTER, policy, quiet))
    assert bench.topics["hub.children"] == {CHILD.encode(): expected["record"]}
    assert bench.topics.get("hub.deadlines", {}) == {
        f"{CHILD}|{deadline['id']}".encode(): deadline for deadline in expected["deadlines"]
    }
    of_sources = source_alerts(silent(quiet), AFTER, RULES, policy.sources)
    assert sorted(bench.open_alerts()) == sorted([alert["id"] for alert in expected["alerts"]] + [*of_sources])
    assert_opened_and_cleared_in_turn(bench)
    tasks = [task for task in bench.topics.get("hub.review", {}).values() if task["state"] == "open"]
    assert sorted(task["id"] for task in tasks) == sorted(
        question["id"] for question in expected["record"]["questions"]
    )


def assert_opened_and_cleared_in_turn(bench: Bench) -> None:
    last: dict[str, str] = {}
    for alert in bench.alerts:
        assert last.get(alert["id"], "cleared") != alert["state"]
        last[alert["id"]] = alert["state"]


@given(histories(8), days, policies, silences)
def test_next_on_is_never_too_late(values, day, policy, quiet):
    known = [value for value in values if read_fact(value).received_on <= day]
    heard = [value for value in quiet if read_saying(value).known_on <= day]
    evaluation = run(known, day, policy, heard)
    expected = said(evaluation)
    until = evaluation.next_on or day + timedelta(days=150)
    for step in range(1, min((until - day).days, 150)):
        assert said(run(known, day + step * DAY, policy, heard)) == expected


@given(histories(), days, policies, silences)
def test_a_silence_opens_no_alert_and_takes_none_back(values, day, policy, quiet):
    """But for those after it: what a silence held back may open later, under another number. What was due soon stands
    on where it is overdue without the silence."""
    heard = [value for value in quiet if value["kind"] == "source.silent"]
    without, under = run(values, day, policy), run(values, day, policy, heard)
    standing = {(alert["about"], alert["threshold"], alert["audience"]) for alert in without.alerts}
    for alert in under.alerts:
        late = alert["threshold"] == "due-soon" and (alert["about"], "overdue", alert["audience"]) in standing
        assert late or (alert["about"], alert["threshold"], alert["audience"]) in standing
    assert said(under)["deadlines"] == said(without)["deadlines"]
    before = {alert["id"] for alert in run(values, day - DAY, policy, heard).alerts}
    cleared = before - {alert["id"] for alert in under.alerts}
    assert cleared.isdisjoint(alert["id"] for alert in without.alerts)


@given(histories(), days)
def test_an_older_version_changes_nothing_but_what_was_said_in_the_past(values, day):
    newest = [value | {"version": 9, "received_at": value["received_at"]} for value in values]
    facts = [read_fact(value) for value in newest + values]
    only = evaluate(CHILD, [read_fact(value) for value in newest], day, POLICY)
    both = evaluate(CHILD, facts, day, POLICY)
    assert both.record == only.record
    assert [d.to_json(CHILD, day) for d in both.deadlines] == [d.to_json(CHILD, day) for d in only.deadlines]


@given(histories(), days)
def test_what_is_retracted_is_as_if_it_had_never_been_said(values, day):
    gone = read_fact(values[0]).key
    others = [value for value in values if read_fact(value).key != gone]
    retraction = values[0] | {"version": 9, "retracted": True, "received_at": "2025-12-01T09:00:00Z", "link": None}
    with_it, without = said(run([*values, retraction], day)), said(run(others, day))
    with_it["record"].pop("moving"), without["record"].pop("moving")
    assert with_it == without


json = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "icb", "assess", f"{COUNCIL}/ADV-1"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["role", "advice", "by"]), inner),
    max_leaves=4,
)
NAMES = ["outcome", "asked", "replaces", "to", "from", "by", "answers", "agreements", "heading", "service", "part_of"]


@given(histories(), st.lists(st.dictionaries(st.sampled_from(NAMES), json), min_size=1, max_size=5), days)
def test_data_of_any_shape_raises_nothing(values, junk, day):
    broken = [value | {"data": junk[n % len(junk)]} for n, value in enumerate(values)]
    evaluation = run(broken, day)
    orjson.dumps(evaluation.record)
