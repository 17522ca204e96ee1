"""Facts that come late: what is kept of the past is the same in whatever order they came, and however they were cut."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.core.casework.memory import dump, load
from hub.core.casework.policy import Policy
from hub.core.facts.fact import read_fact
from tests.property.casework.strategies import AFTER, FIRST, histories, silences
from tests.property.casework.test_laws import policies, silent
from tests.unit.casework.facts import CHILD, POLICY, fact, requested
from tests.unit.casework.stage import Bench, reached


def left(policy: Policy, quiet: list[dict[str, Any]], *batches: list[dict[str, Any]]) -> tuple[Any, ...]:
    """The facts that are kept of the child after these batches, and what their days leave behind of one day after all.

    Between any two batches all is read anew from the state.
    """
    bench = Bench(policy)
    for batch in batches:
        bench.feed(batch)
        bench.reopen()
    memory = load(bench.state.values[CHILD])
    memory.evaluate(CHILD, AFTER, None, policy, silent(quiet))
    assert load(dump(memory)) == memory
    days = [history.day for history in (*memory.past.kept, memory.now)]
    assert days == sorted(set(days))
    return memory.facts, memory.past, memory.now


@st.composite
def crowded(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Facts of which many were received on the same few days."""
    apart = draw(st.sampled_from([1, 9, 30]))

    def received(value: dict[str, Any]) -> dict[str, Any]:
        on = read_fact(value).received_on
        day = on - timedelta(days=(on - FIRST).days % apart)
        return value | {"received_at": f"{day.isoformat()}{value['received_at'][10:]}"}

    return [received(value) for value in draw(histories())]


def in_order(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(values, key=lambda value: value["received_at"])


@settings(max_examples=150, deadline=None)
@given(crowded(), policies, silences, st.randoms(use_true_random=False))
def test_what_is_kept_of_the_past_does_not_tell_in_which_order_facts_came(values, policy, quiet, random):
    """Nor how they were cut into batches, nor on which days somebody looked in between."""
    late = values + random.choices(values, k=2) + quiet
    random.shuffle(late)
    batches = []
    while late:
        size = random.randint(1, 4)
        batch, late = late[:size], late[size:]
        if random.random() < 0.5:
            day = FIRST + timedelta(days=random.randint(0, (AFTER - FIRST).days))
            batch.insert(random.randint(0, len(batch)), reached(day.isoformat()))
        batches.append(batch)
    assert left(policy, quiet, *batches) == left(policy, quiet, [*in_order(values), *quiet])


@settings(max_examples=100, deadline=None)
@given(crowded(), policies, st.integers(1, 12), st.randoms(use_true_random=False))
def test_facts_that_come_a_few_days_late_leave_what_they_leave_in_order(values, policy, days, random):
    """As a feed that is always a little behind: each fact in a batch of its own."""
    moved = [(read_fact(value).received_on + timedelta(days=random.randint(0, days)), value) for value in values]
    late = [[value] for _, value in sorted(moved, key=lambda pair: pair[0])]
    assert left(policy, [], *late) == left(policy, [], in_order(values))


def test_a_release_under_the_number_of_the_decision_that_it_undoes_leaves_the_same_early_and_late():
    def decided(kind: str, on: str) -> dict[str, Any]:
        return fact(f"link.{kind}", on, "lnk-1", source="hub", link="lnk-1", seq=1)

    linked = requested("2026-03-01", link="lnk-1", seq=1)
    given, taken = decided("assigned", "2026-03-02"), decided("released", "2026-04-10")
    other = requested("2026-03-20", "REQ-9")
    assert left(POLICY, [], [linked], [given], [other], [taken]) == left(POLICY, [], [taken], [linked], [given, other])
