"""Reading JSON from strangers: strict where Python's reader is lenient, and bounded."""

import json
from typing import Any, Never

DEPTH_LIMIT = 64
_LARGEST_INTEGER = 2**63 - 1


class NotJson(ValueError):
    """The bytes are not JSON that we take. The message says what is wrong and never repeats the input."""


def parse_json(raw: bytes, depth: int = DEPTH_LIMIT) -> Any:
    """The value of a JSON text (RFC 8259) in UTF-8; raises NotJson.

    Refused beyond what the grammar refuses: duplicate names (readers disagree on which counts), NaN and infinities,
    integers over 64 bits, lone surrogates and NUL (no database keeps them), and nesting deeper than `depth`. Safe to
    call with any bytes; for large ones call it off the event loop.
    """
    if not raw.strip():
        raise NotJson("the body is empty")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotJson(f"not UTF-8 at byte {error.start}") from None
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_integer,
            parse_float=_float,
        )
    except json.JSONDecodeError as error:
        raise NotJson(f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise NotJson(f"nested deeper than {depth} levels") from None
    _check(value, depth)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise NotJson("a name occurs twice in one object")
    return found


def _constant(name: str) -> Never:
    raise NotJson(f"{name} is not a JSON number")


def _integer(digits: str) -> int:
    if len(digits) > 20 or abs(int(digits)) > _LARGEST_INTEGER:
        raise NotJson("an integer is out of range (64 bits)")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise NotJson("a number is out of range")
    return number


def _check(value: Any, depth: int) -> None:
    """Walk without recursion: depth, and the characters of names and texts."""
    waiting = [(value, 1)]
    while waiting:
        item, level = waiting.pop()
        if isinstance(item, str):
            _check_text(item)
            continue
        if not isinstance(item, dict | list):
            continue
        if level > depth:
            raise NotJson(f"nested deeper than {depth} levels")
        if isinstance(item, dict):
            waiting.extend((name, level) for name in item)
            item = item.values()
        waiting.extend((each, level + 1) for each in item)


def _check_text(text: str) -> None:
    if text.isascii():
        if "\x00" in text:
            raise NotJson("a text holds the character NUL")
        return
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NotJson("a text holds half of a surrogate pair") from None
    if "\x00" in text:
        raise NotJson("a text holds the character NUL")
