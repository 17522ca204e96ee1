from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.deadletters import META_HEADER, build, parse

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
