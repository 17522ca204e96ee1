"""Who a source person was said to be: as received, for people who look and for scoring. Never corrected."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from schemas.instants import Instant, microseconds
from schemas.people import Person

MOST = 16
"""How many distinct persons are kept of one link: those said last, by the source's own time."""


class Said(NamedTuple):
    """One distinct person as said, and when that was last recorded (microseconds since 1970).

    `fields` is `schemas.people.Person` as JSON, without what is empty.
    """

    recorded_at: int
    fields: dict[str, Any]

    @property
    def person(self) -> Person:
        """The person, as received."""
        return Person.model_validate(self.fields)


def with_person(said: tuple[Said, ...], person: Person | None, recorded_at: Instant) -> tuple[Said, ...]:
    """The persons said, with one more; in an order of their own, the last said last.

    The same in any order of arrival, and however often something is said again.
    """
    fields = {} if person is None else person.model_dump(mode="json", exclude_none=True)
    if not fields:
        return said
    at = microseconds(recorded_at)
    known = next((each for each in said if each.fields == fields), None)
    if known is not None and known.recorded_at >= at:
        return said
    others = [each for each in said if each is not known]
    return tuple(sorted([*others, Said(at, fields)], key=_order)[-MOST:])


def distinct(parts: Iterable[tuple[Said, ...]]) -> tuple[Said, ...]:
    """The persons said of several links, each once however many said it; the last said last."""
    found: dict[str, Said] = {}
    for said in (each for part in parts for each in part):
        key = repr(sorted(said.fields.items()))
        if key not in found or found[key].recorded_at < said.recorded_at:
            found[key] = said
    return tuple(sorted(found.values(), key=_order))


def _order(said: Said) -> tuple[int, str]:
    return said.recorded_at, repr(sorted(said.fields.items()))
