"""Strict JSON: what parses is what every other reader would read, and nothing crashes it."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sdk.json_body import NotJson, parse_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")), inner, max_size=4
    ),
    max_leaves=20,
)  # fmt: skip


@given(JSON)
def test_any_json_value_comes_back(value: object) -> None:
    assert parse_json(json.dumps(value).encode()) == value
    assert parse_json(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.binary(max_size=200) | st.text('{}[]",:0123456789eE.-+truefalsn\\ud8 \x00', max_size=60).map(str.encode))
def test_any_bytes_parse_to_what_can_be_written_again_or_are_refused(raw: bytes) -> None:
    try:
        value = parse_json(raw)
    except NotJson:
        return
    orjson.dumps(value)


@pytest.mark.parametrize("brackets", ["[]", "{}"])
@pytest.mark.parametrize(("depth", "taken"), [(64, True), (65, False), (900, False), (100_000, False)])
def test_depth(brackets: str, depth: int, taken: bool) -> None:
    opening = "[" if brackets == "[]" else '{"a":'
    raw = (opening * (depth - 1) + brackets + brackets[1] * (depth - 1)).encode()
    if taken:
        assert parse_json(raw) is not None
    else:
        with pytest.raises(NotJson, match="nested deeper than 64"):
            parse_json(raw)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "empty"),
        (b"\xff", "not UTF-8 at byte 0"),
        (b'{"a": {"b": 1, "b": 1}}', "twice"),
        (b'{"a": 1, "\\u0061": 2}', "twice"),
        (b"-Infinity", "-Infinity"),
        (b"-1e999", "out of range"),
        (b'"\\udc00"', "surrogate"),
        (b'{"\\ud800": 1}', "surrogate"),
        (b'{"a\\u0000": 1}', "NUL"),
        ('"é\\u0000"'.encode(), "NUL"),
        (b'"secret', "line 1"),
    ],
)
def test_what_is_refused_is_said_without_the_input(raw: bytes, says: str) -> None:
    with pytest.raises(NotJson, match=says) as refused:
        parse_json(raw)
    assert "secret" not in str(refused.value)
