"""Heartbeats: records about nobody that the ticker puts in and every stage passes on, so that the time through each
stage can be measured. docs/decisions/0015 says why they travel as they do.

On every topic the key is KEY. On the raw topics, hub.audit.intake, hub.observations and hub.facts the value is VALUE;
on hub.children there is none: to whoever follows that topic it is the end of a child that never was.
"""

from collections.abc import Iterable

from schemas.ids import digest

KEY = b"!heartbeat"
"""No child, source record or task has a key that begins so."""

KIND = "heartbeat"
VALUE = b'{"kind":"heartbeat"}'

Headers = tuple[tuple[str, bytes], ...]


def first_headers(number: int, inserted_at: float) -> Headers:
    """Headers of a heartbeat as the ticker puts it in. `number` counts them; `inserted_at` is in seconds since 1970."""
    id_ = digest(KIND, number).encode()
    own = (("number", str(number).encode()), ("inserted_at", f"{inserted_at:.3f}".encode()))
    return (("kind", KIND.encode()), ("id", id_), *own)


def own(headers: Headers) -> Headers:
    """The headers that stay the same all the way: those of the record's topic apart."""
    return tuple((name, value) for name, value in headers if name in ("kind", "id", "number", "inserted_at"))


def inserted_at(headers: Iterable[tuple[str, bytes | None]]) -> float | None:
    """When the ticker put it in, in seconds since 1970; None where the headers do not say."""
    return next((_number(value) for name, value in headers if name == "inserted_at" and value is not None), None)


def partition_of(headers: Iterable[tuple[str, bytes | None]], partitions: int) -> int:
    """Where it goes on: heartbeats take turns with a topic's partitions."""
    number = next((_number(value) for name, value in headers if name == "number" and value is not None), None)
    return int(number or 0) % partitions


def _number(value: bytes) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None
