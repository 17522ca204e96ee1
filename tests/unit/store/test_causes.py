"""Dead letters by cause, and questions by message."""

import pytest
from sqlalchemy import select

from hub.store import Projector, tables
from hub.store.causes import cause, causes
from hub.store.engine import open_engine
from hub.store.messages import count_places, raw_places
from schemas.deadletters import letter_id
from schemas.trail import message_key
from tests.support.readmodel import dead_letter, resolution, review
from tests.unit.store.test_messages import read, took


@pytest.fixture
def model(tmp_path):
    url = f"sqlite:///{tmp_path}/read-model.db"
    projector = Projector.open(url, lambda _: None)
    engine = open_engine(url, read_only=True)
    yield projector, engine
    projector.close()
    engine.dispose()


OTHER = {"error": "Refused", "message": "the source is not registered", "step": "handle"}
ELSEWHERE = {"headers": (("ce_source", b"another:931:2026"), ("ce_id", b"1"))}


def letters():
    """Three for one reason (of two feeds), of which one was resolved and one came back, and one for another."""
    back = letter_id("council.events", 2, 9, "intake")
    first = dead_letter(0)
    return [
        first,
        dead_letter(1, **ELSEWHERE),
        dead_letter(2, **OTHER),
        resolution(3, first, how="replayed", offset=9, returns_as=back),
        dead_letter(9),
    ]


def test_letters_are_counted_by_what_they_have_in_common(model):
    projector, engine = model
    projector.apply("hub.deadletter", 0, letters(), 0, 10)
    with engine.connect() as connection:
        two, one = causes(connection, 10, still_open=True)
        assert (two.open, two.fixed, two.came_back, two.sources) == (2, 0, 1, 2)
        assert (one.open, one.fixed, one.came_back, one.sources) == (1, 0, 0, 1)
        assert "the source is not registered" in one.body
        assert causes(connection, 10, still_open=False) == []
        assert [each.key for each in causes(connection, 1, still_open=True)] == [two.key]
        assert cause(connection, two.key) == two
        assert cause(connection, "none") is None


def test_a_cause_of_which_all_are_done_with_is_fixed(model):
    projector, engine = model
    letter = dead_letter(0)
    projector.apply("hub.deadletter", 0, [letter, resolution(1, letter)], 0, 2)
    with engine.connect() as connection:
        assert causes(connection, 10, still_open=True) == []
        (fixed,) = causes(connection, 10, still_open=False)
        assert (fixed.open, fixed.fixed) == (0, 1)
        assert cause(connection, fixed.key) == fixed


def test_only_what_may_be_seen_is_counted(model):
    projector, engine = model
    projector.apply("hub.deadletter", 0, letters(), 0, 10)
    with engine.connect() as connection:
        only = [tables.dead_letters.c.source == "another:931:2026"]
        (found,) = causes(connection, 10, still_open=True, where=only)
        assert (found.open, found.fixed, found.sources) == (1, 0, 1)


def test_a_question_is_found_by_the_message_that_it_is_of(model):
    projector, engine = model
    asked = review(0, "rv-1", message="m-1")
    projector.apply("hub.review", 0, [asked, review(1, "rv-2")], 0, 2)
    with engine.connect() as connection:
        here = message_key("one-education:825:2022", "m-1")
        assert list(connection.scalars(select(tables.reviews.c.key).where(tables.reviews.c.message == here))) == [
            "rv-1"
        ]


def test_as_many_are_counted_as_would_be_replayed(model):
    projector, engine = model
    projector.apply("hub.trail", 0, [read(0, "m-1"), read(1, "m-2")], 0, 2)
    with engine.connect() as connection:
        for narrowed in ({}, {"source": "nowhere"}):
            found = raw_places(connection, narrowed, None, None, ())
            assert count_places(connection, narrowed, None, None, ()) == len(found) == (0 if narrowed else 2)


def test_those_of_a_state_or_a_child_are_found_to_be_replayed(model):
    projector, engine = model
    said = [read(0, "m-1"), took(1, "m-1", "taken", "chd-1"), read(2, "m-2"), took(3, "m-2", "asked")]
    projector.apply("hub.trail", 0, said, 0, 4)
    with engine.connect() as connection:
        for became, child, wanted in (("taken", None, "m-1"), ("asked", None, "m-2"), (None, "chd-1", "m-1")):
            (found,) = raw_places(connection, {}, became, child, ())
            assert found.message == message_key("one-education:825:2022", wanted)
            assert count_places(connection, {}, became, child, ()) == 1
