"""However the log is cut into batches, and a day into slices, casework remembers the same and says the same last."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import count, pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.core.casework.policy import Policy
from hub.stages import casework
from tests.property.casework.strategies import FIRST, histories, silences
from tests.property.casework.test_laws import LIVE, SOON_COMPLETE
from tests.unit.casework.facts import POLICY, requested
from tests.unit.casework.stage import Bench, reached

LOG_DAYS = 240


@st.composite
def logs(draw: st.DrawFn) -> list[dict[str, Any]]:
    """One partition's facts of three children, some of them twice, days and what is said of sources, in any order."""
    said = [value | {"child_id": f"chd-{n}"} for n in range(3) for value in draw(histories(6))]
    again = draw(st.lists(st.sampled_from(said), max_size=3))
    offsets = st.integers(0, LOG_DAYS).map(lambda n: FIRST + timedelta(days=n))
    days = [reached(day.isoformat()) for day in draw(st.lists(offsets, max_size=4))]
    return draw(st.permutations([*said, *again, *days, *draw(silences)]))


def remembered(bench: Bench, log: Sequence[dict[str, Any]], cuts: Sequence[int]) -> tuple[Any, ...]:
    """The state after the log was fed in batches that end at `cuts`, and what is said last on compacted topics."""
    edges = [0, *sorted(cut % (len(log) + 1) for cut in cuts), len(log)]
    for start, end in pairwise(edges):
        bench.feed(log[start:end])
        bench.reopen()
    tasks = {key: task for key, task in bench.topics.get("hub.review", {}).items() if task["state"] == "open"}
    said = (bench.topics.get("hub.children", {}), bench.topics.get("hub.deadlines", {}), tasks)
    # Two children may name one request, and so share an alert's id.
    last = {(alert["child_id"] or "", alert["id"]): alert["state"] for alert in bench.alerts}
    return bench.state.values, *said, sorted(key for key, state in last.items() if state == "open")


@settings(max_examples=150, deadline=None)
@given(logs(), st.sampled_from([POLICY, LIVE, SOON_COMPLETE]), st.lists(st.integers(0, 60), max_size=8))
def test_any_cut_into_batches_remembers_the_same_bytes(
    log: list[dict[str, Any]], policy: Policy, cuts: list[int]
) -> None:
    one_by_one = range(len(log))
    assert remembered(Bench(policy), log, cuts) == remembered(Bench(policy), log, one_by_one)


@settings(max_examples=50, deadline=None)
@given(logs(), st.lists(st.integers(0, 60), max_size=3))
def test_days_cut_into_slices_of_one_child_remember_the_same_bytes(log: list[dict[str, Any]], cuts: list[int]) -> None:
    seconds = count(step=2 * casework.MOST_SECONDS)
    sliced = Bench(monotonic=lambda: float(next(seconds)))
    assert remembered(sliced, log, cuts) == remembered(Bench(), log, [])


def test_a_child_is_evaluated_on_the_day_of_its_own_news_not_on_a_later_one_of_its_batch() -> None:
    log = [
        requested("2026-09-01") | {"child_id": "chd-0"},
        requested("2026-09-20") | {"child_id": "chd-1"},
        requested("2026-09-01") | {"child_id": "chd-0"},
    ]
    assert remembered(Bench(), log, []) == remembered(Bench(), log, [1, 2])
