"""Finding children by what a person knows of them: name, date of birth, NHS number, or a source's own number.

Exact on numbers and dates; of names each word must begin one of the child's names. It finds who is there and joins
nobody, so it may be generous.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from hub.core.identity.names import given_name
from hub.core.identity.numbers import nhs_number, pupil_number
from hub.core.identity.persons import Said
from hub.core.identity.store import KeyValues, Link, Store
from schemas.looks import Sought

LINK = "link:"

Marks = Callable[[KeyValues], Iterable[tuple[str, object]]]
"""Keys of the state, each with something that is another object once its value is another."""


class _Known(NamedTuple):
    """What one source person is found by."""

    child: str
    words: frozenset[str]
    births: frozenset[str]
    numbers: frozenset[str]


class Index:
    """Source persons by what they are found by. It follows the state, and reads again only what has changed."""

    def __init__(self) -> None:
        self._marks: dict[str, object] = {}
        self._known: dict[str, _Known | None] = {}

    def follow(self, values: KeyValues, marks: Iterable[tuple[str, object]]) -> None:
        """Take in how the state stands."""
        seen = set()
        for key, mark in marks:
            if not key.startswith(LINK):
                continue
            seen.add(key)
            if self._marks.get(key) is not mark:
                self._marks[key] = mark
                self._known[key] = _known(Store.read_link(values.get(key)))
        for key in self._marks.keys() - seen:
            del self._marks[key], self._known[key]

    def find(self, sought: Sought, most: int) -> tuple[str, ...]:
        """Ids of at most `most` children that all of what is sought fits, in an order of their own."""
        words = given_name(sought.name)
        numbers = {found for found in (_digits(sought.nhs_number), _plain(sought.reference)) if found}
        born = sought.birth_date.isoformat() if sought.birth_date else None
        if not (words or numbers or born):
            return ()
        found = {
            known.child
            for known in self._known.values()
            if known is not None
            and numbers <= known.numbers
            and (born is None or born in known.births)
            and all(any(own.startswith(word) for own in known.words) for word in words)
        }
        return tuple(sorted(found)[:most])


def _known(link: Link | None) -> _Known | None:
    if link is None or link.child is None or link.gone:
        return None
    said = link.persons
    return _Known(
        child=link.child,
        words=frozenset(
            word for each in said for field in ("given", "family") for word in given_name(each.fields.get(field))
        ),
        births=frozenset(each.fields["birth_date"] for each in said if each.fields.get("birth_date")),
        numbers=frozenset(number for each in said for number in _numbers(each)),
    )


def _numbers(said: Said) -> Iterable[str]:
    fields = said.fields
    found = (_digits(fields.get("nhs_number")), pupil_number(fields.get("upn")), _plain(fields.get("id")))
    return (_plain(number) for number in found if number)


def _digits(number: str | None) -> str:
    return nhs_number(number) or _plain(number)


def _plain(text: str | None) -> str:
    return "".join((text or "").split()).casefold()
