"""Facts written anew: the same, but for every id, word and instant by which they could be recognised as somebody's.

What stays is what the law's clocks and the record need: kinds, sources, dates, bodies, headings, outcomes. Instants
keep their London day alone, with the order in which things were recorded on it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from hub.core.facts.answers import ACKNOWLEDGED, CHOSEN, PLACED
from hub.core.facts.fact import Fact, read_fact
from hub.core.facts.standing import last_words
from hub.core.identity.bodies import Body
from hub.core.identity.store import Link, Store
from schemas.ids import digest, keyed_digest
from schemas.instants import EPOCH, london_day, start_of

NEVER_GOES_ON = frozenset({"number.invalidated", PLACED, ACKNOWLEDGED, CHOSEN})
"""What is about the old number, and would stop messages about the new one; and answers that have done their work: the
statement that stands, with the subject it was given, is what goes on."""

DROPPED = frozenset({"case_reference", "about"})
"""Fields of data that name the case to its source, or may."""

IDS = frozenset({"part_of", "claim", "appointment", "advice"})
"""Fields of data that hold an id."""

LISTS_OF_IDS = frozenset({"answers"})

New = Callable[[str], str]
"""Gives the new id in place of an old one."""


class Standing(NamedTuple):
    """A fact that stands of a child. `ref` names it to people; `known_on` is the day from which any version counted."""

    ref: str
    known_on: date
    fact: Fact


def standing(store: Store, links: Iterable[Link]) -> list[Standing]:
    """What stands of all that some links said, in the order in which it was recorded."""
    best, first_known, _ = last_words([fact for link in links for fact in _facts(store, link)])
    found = [Standing(fact.content, first_known[key], fact) for key, fact in best.items() if _goes_on(fact)]
    return sorted(found, key=lambda one: (one.fact.recorded_at, one.ref))


def seen(kept: Iterable[Standing]) -> str:
    """Stands for what stood when somebody looked."""
    return digest("standing", *sorted(one.ref for one in kept))


def _facts(store: Store, link: Link) -> Iterator[Fact]:
    """What a link said, each known from when it counted for a child."""
    placed = london_day(datetime.fromisoformat(link.placed_at)) if link.placed_at else date.min
    for number in range(link.facts):
        fact = read_fact(store.fact(link.id, number))
        yield fact._replace(received_on=max(fact.received_on, placed))


def _goes_on(fact: Fact) -> bool:
    return not fact.retracted and fact.kind not in NEVER_GOES_ON


class Ids:
    """New ids for old ones: the same for the same, in whatever source, and none that can be worked out without the
    nonce. They are in the order of the old ones, for where two are equal in all else the first id decides.

    `sources` are the registered ones, which an id may name; `old` all the ids that there are to be new ones for.
    """

    def __init__(self, key: bytes, nonce: str, sources: Collection[str], old: Iterable[str]) -> None:
        self._key = key
        self._nonce = nonce
        self._sources = sources
        self._places = {
            part: place for place, part in enumerate(sorted({part for each in old for part in _parts(each)}))
        }

    def made(self, what: str, text: str) -> str:
        """An id of something new."""
        return keyed_digest(self._key, "anew", self._nonce, what, text)

    def of(self, text: str) -> str:
        """The new id in place of one: bare, or `source/id`."""
        before, *bare = _parts(text)
        if not bare:
            return self._new(before) if before else before
        return f"{before if before in self._sources else self._new(before)}/{self._new(bare[0])}"

    def _new(self, part: str) -> str:
        return f"{self._places[part]:0{_PLACE}x}{self.made('id', part)[_PLACE:]}"


_PLACE = 5
"""Hexadecimal digits of an id that keep its place among the others."""


def _parts(text: str) -> tuple[str, ...]:
    before, slash, bare = text.partition("/")
    return (before, bare) if slash else (before,)


def ids_in(kept: Iterable[Standing]) -> list[str]:
    """All ids that facts have or name."""
    found: list[str] = []

    def note(text: str) -> str:
        found.append(text)
        return text

    for one in kept:
        _anew(one, note, 0)
    return found


def written_anew(kept: Iterable[Standing], ids: Ids) -> list[Body]:
    """The facts, in the order of their new ids."""
    bodies = [_anew(one, ids.of, number) for number, one in enumerate(kept)]
    return sorted(bodies, key=lambda body: (body["record"], body["kind"], body["occurrence"]))


def _anew(one: Standing, new: New, number: int) -> Body:
    fact = one.fact
    recorded = london_day(EPOCH + timedelta(microseconds=fact.recorded_at))
    return {
        "kind": fact.kind,
        "source": fact.source,
        "record": new(fact.record),
        "version": 1,
        "occurrence": new(fact.occurrence),
        "subject": {name: new(full) for name, full in fact.subject.items()},
        **({"effective_on": fact.effective_on.isoformat()} if fact.effective_on else {}),
        "recorded_at": (start_of(recorded) + timedelta(seconds=number)).isoformat(),
        "received_at": start_of(one.known_on).isoformat(),
        "retracted": False,
        "data": _data(fact.kind, fact.data, new),
    }


def _data(kind: str, data: dict[str, Any], new: New) -> dict[str, Any]:
    if kind == "subject.linked":
        return {"to": {name: new(bare) for name, bare in data["to"].items()}}
    return {name: _value(name, value, new) for name, value in data.items() if name not in DROPPED}


def _value(name: str, value: Any, new: New) -> Any:
    if name in LISTS_OF_IDS:
        return [new(each) for each in value]
    if name in IDS and isinstance(value, str):
        return new(value)
    if isinstance(value, dict):
        return {inner: _value(inner, each, new) for inner, each in value.items()}
    return value
