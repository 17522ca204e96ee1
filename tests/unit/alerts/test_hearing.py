"""When a source falls silent and when it is heard again: each is said once."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hub.core.alerts.hearing import Hearing, heard_of, limits_of
from schemas.sources import Source, Sources

START = datetime(2026, 10, 20, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
A, B = "one-education:825:2022", "bht:RXQ:2026"


def watching():
    made = tuple(Source(id=id_, kind="nhs", silent_after=after) for id_, after in ((A, 24), (B, None)))
    return Hearing(limits_of(Sources(sources=made)), {})


def step(hearing, now):
    """What is said, and how it goes on after a restart."""
    turns = hearing.turns(now)
    after = hearing.after(turns, now)
    stored = orjson.loads(orjson.dumps(after.to_json()))
    return [turn.kind for turn in turns], Hearing(hearing.limits, heard_of(stored))


def test_a_source_that_was_never_heard_is_watched_from_when_it_is_registered():
    hearing = watching()
    said, hearing = step(hearing, START)
    assert (said, list(hearing.heard)) == ([], [A])
    assert step(hearing, START + 23 * HOUR)[0] == []
    assert step(hearing, START + 24 * HOUR)[0] == ["source.silent"]


def test_each_turn_is_said_once():
    hearing, said = watching(), []
    hearing.note(A, START)
    for hours in range(0, 96, 6):
        if hours == 60:
            hearing.note(A, START + 59 * HOUR)
        kinds, hearing = step(hearing, START + hours * HOUR)
        said += [(hours, kind) for kind in kinds]
    assert said == [(24, "source.silent"), (60, "source.heard"), (84, "source.silent")]


def test_what_was_received_before_is_no_sign_of_life():
    hearing = watching()
    hearing.note(A, START)
    _, hearing = step(hearing, START + 24 * HOUR)
    hearing.note(A, START - HOUR)
    hearing.note(A, START)
    assert step(hearing, START + 25 * HOUR)[0] == []
    hearing.note(A, START + HOUR)  # later, but long ago: it would be silent again at once
    assert step(hearing, START + 48 * HOUR)[0] == []


def test_a_clock_that_goes_back_says_nothing():
    hearing = watching()
    hearing.note(A, START)
    _, hearing = step(hearing, START + 24 * HOUR)
    assert step(hearing, START - 24 * HOUR)[0] == []


def test_a_source_that_is_watched_no_more_is_not_silent_for_ever():
    hearing = watching()
    hearing.note(A, START)
    _, hearing = step(hearing, START + 24 * HOUR)
    said, hearing = step(Hearing({}, hearing.heard), START + 25 * HOUR)
    assert (said, hearing.heard) == (["source.heard"], {})
    assert hearing.concerns_nobody


def test_a_source_without_a_limit_is_not_watched():
    hearing = watching()
    hearing.note(B, START)
    assert hearing.heard == {}
    assert step(hearing, START + 1000 * HOUR)[0] == []


@pytest.mark.parametrize("hours", [0, -1, 10_000])
def test_a_limit_is_some_hours(hours):
    with pytest.raises(ValidationError):
        Source(id=A, kind="nhs", silent_after=hours)


@given(st.lists(st.tuples(st.integers(0, 300), st.booleans()), max_size=20))
def test_silent_and_heard_alternate(drawn):
    hearing, said = watching(), []
    for hours, received in sorted(drawn):
        now = START + hours * HOUR
        if received:
            hearing.note(A, now)
        kinds, hearing = step(hearing, now)
        said += kinds
    assert said == [("source.silent", "source.heard")[n % 2] for n in range(len(said))]
