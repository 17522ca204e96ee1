"""What stands before the service: the queue, the breaker, patience and memory."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from connectors.nhs.pds.breaker import Breaker
from connectors.nhs.pds.cache import Cached, Policy
from connectors.nhs.pds.errors import Away, Busy, Denied, Garbled, Paused, PdsFault, Stale, Unfit
from connectors.nhs.pds.pace import Paced
from connectors.nhs.pds.persistent import LONGEST_WAIT, Persistent
from connectors.nhs.pds.port import Reply, Sought
from tests.unit.identity.people import MONDAY, NHS

SOUGHT = Sought("Amy", "Example", date(2016, 3, 4), "HP19 8FF")
FOUND = Reply("found")


@dataclass
class Scripted:
    """Answers or raises what it is told, then that somebody was found."""

    script: list[Reply | PdsFault] = field(default_factory=list)
    asked: list[object] = field(default_factory=list)

    async def retrieve(self, number: str) -> Reply:
        return await self._next(number)

    async def search(self, sought: Sought) -> Reply:
        return await self._next(sought)

    async def _next(self, what: object) -> Reply:
        self.asked.append(what)
        found = self.script.pop(0) if self.script else FOUND
        await asyncio.sleep(0)
        if isinstance(found, PdsFault):
            raise found
        return found


@dataclass
class Time:
    """Passes only while somebody sleeps."""

    at: float = 0.0

    def now(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 5), st.lists(st.floats(0, 0.4), min_size=1, max_size=30))
def test_never_more_than_so_many_questions_in_any_second(per_second: int, pauses: list[float]) -> None:
    time, begun = Time(), []

    class Noting(Scripted):
        async def _next(self, what: object) -> Reply:
            begun.append(time.at)
            return FOUND

    async def ask() -> None:
        paced = Paced(Noting(), per_second, time.now, time.sleep)
        for pause in pauses:
            time.at += pause
            await paced.retrieve(NHS)

    asyncio.run(ask())
    assert len(begun) == len(pauses)
    for first, later in zip(begun, begun[per_second:], strict=False):
        assert later - first >= 1.0 - 1e-9


async def test_the_queue_is_first_come_first_served() -> None:
    time, inner = Time(), Scripted()
    paced = Paced(inner, 2, time.now, time.sleep)
    await asyncio.gather(*(paced.retrieve(str(number)) for number in range(7)))
    assert inner.asked == [str(number) for number in range(7)]
    assert time.at >= 3.0


class Opened:
    """A breaker that opened at 0."""

    def __init__(self) -> None:
        self.time, self.inner = Time(), Scripted([Away("no") for _ in range(3)])
        self.breaker = Breaker(self.inner, 3, 30.0, self.time.now)


@pytest.fixture
async def opened() -> Opened:
    made = Opened()
    for _ in range(3):
        with pytest.raises(Away):
            await made.breaker.retrieve(NHS)
    return made


async def test_after_failures_in_a_row_the_service_is_left_alone(opened: Opened) -> None:
    opened.time.at = 12.0
    with pytest.raises(Paused) as raised:
        await opened.breaker.search(SOUGHT)
    assert raised.value.retry_after == 18.0
    assert len(opened.inner.asked) == 3
    assert opened.breaker.is_open


async def test_then_one_question_tries_and_an_answer_closes_it(opened: Opened) -> None:
    opened.time.at = 30.0
    first, second = asyncio.gather(opened.breaker.retrieve("1")), asyncio.gather(opened.breaker.retrieve("2"))
    assert await first == [FOUND]
    with pytest.raises(Paused):
        await second
    assert not opened.breaker.is_open
    assert await opened.breaker.retrieve(NHS) == FOUND


@pytest.mark.parametrize("fault", [Away("no"), Garbled("no"), Busy("no")])
async def test_a_trial_that_fails_opens_it_again(opened: Opened, fault: PdsFault) -> None:
    opened.time.at, opened.inner.script = 30.0, [fault]
    with pytest.raises(type(fault)):
        await opened.breaker.retrieve(NHS)
    opened.time.at = 59.0
    with pytest.raises(Paused):
        await opened.breaker.retrieve(NHS)
    opened.time.at = 60.0
    assert await opened.breaker.retrieve(NHS) == FOUND


async def test_a_trial_that_is_cancelled_lets_another_one_try(opened: Opened) -> None:
    opened.time.at = 30.0
    trial = asyncio.ensure_future(opened.breaker.retrieve(NHS))
    await asyncio.sleep(0)
    trial.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trial
    assert await opened.breaker.retrieve(NHS) == FOUND


@pytest.mark.parametrize("fault", [Denied("no"), Unfit("no"), Stale("no"), Busy("no")])
async def test_who_answers_is_not_away(fault: PdsFault) -> None:
    breaker = Breaker(Scripted([fault] * 5), 3, 30.0, Time().now)
    for _ in range(5):
        with pytest.raises(type(fault)):
            await breaker.retrieve(NHS)
    assert not breaker.is_open


async def test_an_answer_between_failures_starts_the_count_anew() -> None:
    breaker = Breaker(Scripted([Away("no"), Away("no"), FOUND, Away("no"), Away("no")]), 3, 30.0, Time().now)
    results: Counter[str] = Counter()
    for _ in range(6):
        try:
            results[(await breaker.retrieve(NHS)).result] += 1
        except Away:
            results["away"] += 1
    assert results == {"away": 4, "found": 2}


def persistent(*script: Reply | PdsFault, attempts: int = 4) -> tuple[Persistent, Scripted]:
    inner = Scripted(list(script))
    return Persistent(inner, attempts, first=0.001, longest=0.002), inner


@pytest.mark.parametrize("fault", [Away, Garbled, Busy, Unfit, Stale])
async def test_what_may_be_asked_again_is(fault: Callable[[str], PdsFault]) -> None:
    asking, inner = persistent(fault("no"), fault("no"))
    assert await asking.retrieve(NHS) == FOUND
    assert len(inner.asked) == 3


@pytest.mark.parametrize("fault", [Denied("no"), Paused("no", 30.0), Busy("no", LONGEST_WAIT + 1)])
async def test_what_may_not_is_handed_on_at_once(fault: PdsFault) -> None:
    asking, inner = persistent(fault)
    with pytest.raises(type(fault)):
        await asking.search(SOUGHT)
    assert len(inner.asked) == 1


async def test_it_waits_as_long_as_it_is_told() -> None:
    asking, _ = persistent(Busy("no", 0.15))
    begun = asyncio.get_running_loop().time()
    await asking.retrieve(NHS)
    assert asyncio.get_running_loop().time() - begun >= 0.15


async def test_the_last_fault_is_handed_on_but_an_unfit_answer_is_unreadable() -> None:
    away, inner = persistent(*[Away("no")] * 9)
    with pytest.raises(Away):
        await away.retrieve(NHS)
    assert len(inner.asked) == 4
    unfit, _ = persistent(*[Unfit("no")] * 9)
    assert await unfit.retrieve(NHS) == Reply("unreadable")


async def test_what_is_logged_of_a_retry_names_nobody() -> None:
    asking, _ = persistent(Away("the service fails (503)"))
    with capture_logs() as logged:
        await asking.retrieve(NHS)
        await asking.search(SOUGHT)
    assert "503" in str(logged)
    assert [mark for mark in (NHS, "Amy", "Example") if mark in str(logged)] == []


class Stopped:
    def __init__(self) -> None:
        self.at = MONDAY

    def now(self) -> datetime:
        return self.at


@pytest.mark.parametrize(
    ("result", "kept"),
    [
        ("found", 100),
        ("superseded", 100),
        ("invalidated", 100),
        ("none", 10),
        ("many", 10),
        ("not-found", 10),
        ("invalid-number", 10),
        ("refused", 0),
        ("unreadable", 0),
    ],
)
async def test_answers_are_kept_by_policy(result: str, kept: int) -> None:
    clock, inner = Stopped(), Scripted([Reply(result)] * 3)  # type: ignore[arg-type]
    cached = Cached(inner, Policy(person=100, nobody=10), clock)
    first, second = await cached.retrieve(NHS), await cached.retrieve(NHS)
    assert (first, first.kept, second.kept) == (second, False, bool(kept))
    assert len(inner.asked) == (1 if kept else 2)
    inner.asked.clear()
    clock.at += timedelta(seconds=kept)
    await cached.retrieve(NHS)
    assert len(inner.asked) == 1


async def test_faults_are_not_kept_and_the_oldest_answers_go_first() -> None:
    inner = Scripted([Away("no")])
    cached = Cached(inner, Policy(entries=2), Stopped())
    with pytest.raises(Away):
        await cached.retrieve("1")
    for number in ("1", "2", "3", "3", "2", "1"):
        await cached.retrieve(number)
    assert inner.asked == ["1", "1", "2", "3", "1"]


async def test_what_is_not_kept_pushes_nothing_out() -> None:
    inner = Scripted([FOUND, Reply("refused")])
    cached = Cached(inner, Policy(entries=1), Stopped())
    for number in ("1", "2", "1"):
        await cached.retrieve(number)
    assert inner.asked == ["1", "2"]


async def test_the_same_query_is_the_same_question_and_another_postcode_is_not() -> None:
    inner = Scripted()
    cached = Cached(inner, Policy(), Stopped())
    for postcode in ("HP19 8FF", "hp20 1aa", None, "OX1 1AA"):
        await cached.search(Sought("Amy", "Example", date(2016, 3, 4), postcode))
    assert len(inner.asked) == 3
