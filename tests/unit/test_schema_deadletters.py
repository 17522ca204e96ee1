from datetime import UTC, datetime

import pytest
from aiokafka.producer.message_accumulator import BatchBuilder
from hypothesis import given
from hypothesis import strategies as st

from schemas.deadletters import (
    MESSAGE_LIMIT,
    META_HEADER,
    META_ROOM,
    Parsed,
    Resolution,
    build,
    build_resolution,
    letter_id,
    parse,
)
from schemas.topics import DEADLETTER, TOPICS

AT = datetime(2026, 10, 20, 9, 30, tzinfo=UTC)
HEADERS = st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=20)), max_size=5).map(tuple)


def letter(**changes):
    known = {
        "stage": "intake",
        "step": "decode",
        "topic": "council.events",
        "partition": 2,
        "offset": 41,
        "key": b"k",
        "value": b"\xff not json",
        "headers": (("ce_source", b"one-education:825:2022"), ("ce_id", b"m-1")),
        "error": "PermanentError",
        "message": "the body is not JSON",
        "attempts": 3,
        "at": AT,
    }
    return build(**(known | changes))


def test_a_record_comes_back_as_it_was():
    produced = letter()
    assert produced.key == b"council.events"
    parsed = parse(produced.value, produced.headers)
    assert (parsed.key, parsed.value) == (b"k", b"\xff not json")
    assert parsed.headers == (("ce_source", b"one-education:825:2022"), ("ce_id", b"m-1"))
    assert (parsed.meta.source, parsed.meta.step, parsed.meta.at) == ("one-education:825:2022", "decode", AT)


@given(
    key=st.none() | st.binary(max_size=20),
    value=st.none() | st.binary(max_size=20),
    headers=HEADERS,
)
def test_any_key_value_and_headers_survive(key, value, headers):
    produced = letter(key=key, value=value, headers=headers)
    parsed = parse(produced.value, produced.headers)
    assert (parsed.key, parsed.value, parsed.headers) == (key, value, headers)


def test_a_header_that_looks_like_the_key_is_not_taken_for_it():
    produced = letter(key=None, headers=(("_key", b"mine"),))
    parsed = parse(produced.value, produced.headers)
    assert (parsed.key, parsed.headers) == (None, (("_key", b"mine"),))


def test_giving_up_twice_is_one_dead_letter():
    first, second = letter(attempts=1), letter(attempts=9)
    assert parse(first.value, first.headers).meta.id == parse(second.value, second.headers).meta.id
    other = letter(stage="identity")
    assert parse(other.value, other.headers).meta.id != parse(first.value, first.headers).meta.id


def test_a_long_message_is_cut():
    produced = letter(message="x" * 9_000)
    assert len(parse(None, produced.headers).meta.message) == 500


def test_what_is_no_dead_letter_is_refused_without_its_content():
    with pytest.raises(ValueError, match="no header dl_meta"):
        parse(b"v", (("other", b"Ada"),))
    with pytest.raises(ValueError, match="another shape") as caught:
        parse(b"v", ((META_HEADER, b'{"stage": 7, "Ada": 1}'),))
    assert "Ada" not in str(caught.value)


def test_what_became_of_it_names_the_letter_and_holds_no_bytes():
    meta = parse(None, letter().headers).meta
    said = Resolution(how="replayed", at=AT, by="ops", reason="source registered", offset=7, returns_as="x")
    produced = build_resolution(meta, said)
    assert produced.value is None
    assert parse(produced.value, produced.headers) == Parsed(meta, None, None, (), said)


def test_a_record_that_was_put_back_has_the_id_that_it_would_come_back_as():
    again = letter(offset=99)
    assert letter_id("council.events", 2, 99, "intake") == parse(None, again.headers).meta.id


def test_a_raw_header_can_not_pass_for_the_hubs_own():
    forged = letter(headers=(("dl_resolution", b"{}"), ("dl_meta", b"{}")))
    parsed = parse(b"v", forged.headers)
    assert parsed.resolution is None
    assert parsed.headers == (("dl_resolution", b"{}"), ("dl_meta", b"{}"))


def size(key, value, headers):
    """Bytes of a Kafka batch that holds this record alone."""
    builder = BatchBuilder(1, 0)
    builder.append(timestamp=1, key=key, value=value, headers=list(headers))
    return builder.size()


@given(
    key=st.none() | st.binary(max_size=300),
    value=st.none() | st.binary(max_size=300),
    headers=st.lists(st.tuples(st.text(max_size=2), st.binary(max_size=2)), max_size=300).map(tuple),
    message=st.text(min_size=MESSAGE_LIMIT),
    source=st.text(max_size=300),
)
def test_a_dead_letter_is_never_more_than_twice_the_record_and_the_room_for_its_meta(
    key, value, headers, message, source
):
    headers = (("ce_source", source.encode()), *headers)
    produced = letter(key=key, value=value, headers=headers, message=message, error="E" * 60, topic="t" * 249)
    assert size(*produced) <= 2 * size(key, value, headers) + META_ROOM


def test_the_dead_letter_topic_takes_every_record_of_every_other_topic():
    largest = max(topic.max_message_bytes for topic in TOPICS if topic is not DEADLETTER)
    assert DEADLETTER.max_message_bytes >= 2 * largest + META_ROOM
