"""What identity remembers, as typed views of keyed values.

Keys: `link:<id>`, `child:<id>`, `number:<digest>` (the carriers of a number), `fact:<link>:<n>` (a link's
facts, without child), `stated:<digest>` (links under which a statement was made), `disputed:<link>:<n>` (observations
held back), `seen:<digest>`, `task:<id>`, `opened:<day>` and `days` (inputs that wait, by the day they began to),
`setting:<token>`, `decision:<id>` (a person's decision and what it did), `asked:<link>` (ids of all questions ever
asked that name a link), `aside:<digest>` (a description of somebody who was said to be none of ours), `kept:<link>`
(decisions with which values of a link are kept), `adoption:<link>` (what was proposed about the child whose first link
it is), and those of hub/core/identity/national.py.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, NamedTuple, Protocol

import orjson

from hub.core.identity.evidence import Evidence
from hub.core.identity.names import family_name, given_name
from hub.core.identity.persons import Said
from hub.core.identity.ruling import Answered, Aside, Move, Ruling, Turn
from schemas.statements import Observation

MOST_CARRIERS: Final = 5_000
"""More links than one person ever has: what is kept of a number must fit into one record."""


class Stated(NamedTuple):
    """The newest version of a statement under one link, and that version's instants (ISO 8601, UTC)."""

    version: int
    recorded_at: str
    received_at: str


class KeyValues(Protocol):
    """Keyed bytes; the runtime's state of one partition, or a dict in tests."""

    def get(self, key: str) -> bytes | None:
        """The value of a key, or None."""
        ...

    def put(self, key: str, value: bytes | None) -> None:
        """Set a key; None removes it."""
        ...

    def items(self) -> Iterable[tuple[str, bytes]]:
        """All keys and values; what was put in a batch that is not committed yet may be missing."""
        ...


class Likeness(NamedTuple):
    """How likely two links are one person, and the bits that each field adds, by field and level (`given: same`)."""

    probability: float
    parts: tuple[tuple[str, float], ...]


@dataclass(slots=True)
class Link:
    """One source person. `seq` is the number of its last decision; `child` None means that it waits.

    `named` says that the source gave a person id. `by_person` says that a person decided last: rules leave it alone.
    `facts` and `disputed` count what is held under it; `tasks` are ids of open questions about it.
    `record`, `kind` and `message` are of its first statement, for the question about it. `persons` is who it was said
    to be, held-back statements apart; a link written by an earlier version has none until something is said again.
    `placed_at` is when it was first given to a child, `decided_by` the person's decision that placed it last. `apart`
    are links that people said are somebody else. `seconds` are the links of other people whom the source knows under
    the same id. `gone`: it was one of these, and that was undone. `likely` are links that may be the same person, as
    scored when the later of the two came. `by_name`: a rule without a number placed it; `relatives` are links
    that it could be a brother, sister or twin of, seen since. `clash`: a number that the national service gave it while
    its child had another. `closed`: its child was adopted; all that was kept of it is erased but its id, keyed digests
    of its numbers and of what was said, and what its source still says waits for a person.
    """

    id: str
    source: str
    named: bool
    evidence: Evidence = field(default_factory=Evidence)
    child: str | None = None
    seq: int = 0
    by_person: bool = False
    facts: int = 0
    disputed: int = 0
    tasks: list[str] = field(default_factory=list)
    record: str = ""
    kind: str = ""
    message: str | None = None
    persons: tuple[Said, ...] = ()
    placed_at: str | None = None
    decided_by: str | None = None
    apart: list[str] = field(default_factory=list)
    seconds: list[str] = field(default_factory=list)
    likely: dict[str, Likeness] = field(default_factory=dict)
    by_name: bool = False
    relatives: list[str] = field(default_factory=list)
    gone: bool = False
    clash: str | None = None
    closed: bool = False


class Carrier(NamedTuple):
    """A link that carries a number. `birth` is a digest of the date of birth that it could agree in, "" where there is
    none; `face` one of the dates and given names that it is known by."""

    link: str
    birth: str = ""
    face: str = ""


@dataclass(slots=True)
class Child:
    """One child and the links that belong to it now, in the order they came.

    `into` is the child that it was merged into, `turns` how often that was decided or undone; `merged` are the
    children that were merged into it.
    """

    id: str
    links: list[str] = field(default_factory=list)
    into: str | None = None
    turns: int = 0
    merged: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Task:
    """A question and what became of it.

    `waits_since` is the day since which an input is held back until it is answered, None when none is. `alerts` counts
    its alerts so far; `alert` is the id of the one that stands, if one does, and `alert_since` its day.
    """

    review: dict[str, Any]
    waits_since: str | None = None
    alerts: int = 0
    alert: str | None = None
    alert_since: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it is still to be answered."""
        return bool(self.review["state"] == "open")


class Store:
    """Reads and writes the above in one partition's keyed values."""

    def __init__(self, values: KeyValues) -> None:
        self.values = values
        self.renumbered: set[str] = set()
        """The numbers whose carriers are others than they were, or known otherwise."""
        self._bearers: dict[str, list[Carrier]] = {}

    def link(self, link_id: str) -> Link | None:
        """A link, or None when it was never seen."""
        return self.read_link(self.values.get(f"link:{link_id}"))

    @staticmethod
    def read_link(value: bytes | None) -> Link | None:
        """The link that `put_link` wrote."""
        if value is None:
            return None
        found = orjson.loads(value)
        persons = tuple(Said(*each) for each in found.get("persons", ()))
        likely = {
            one: Likeness(probability, tuple((name, bits) for name, bits in parts))
            for one, (probability, parts) in found.get("likely", {}).items()
        }
        evidence = _evidence(found["evidence"], persons)
        return Link(**{**found, "evidence": evidence, "persons": persons, "likely": likely})

    def put_link(self, link: Link) -> None:
        """Keep a link."""
        persons = [list(each) for each in link.persons]
        likely = {one: list(each) for one, each in link.likely.items()}
        nested = {"evidence": plain(link.evidence), "persons": persons, "likely": likely}
        self._put(f"link:{link.id}", _fields(link) | nested)

    def child(self, child_id: str) -> Child | None:
        """A child, or None when there is none of that id."""
        found = self._get(f"child:{child_id}")
        return None if found is None else Child(**found)

    def put_child(self, child: Child) -> None:
        """Keep a child."""
        self._put(f"child:{child.id}", _fields(child))

    def carriers(self, number: str) -> list[str]:
        """Ids of the links that carry a number, in order."""
        return [carrier.link for carrier in self.bearers(number)]

    def bearers(self, number: str) -> list[Carrier]:
        """The links that carry a number, by id. An earlier version kept no more than their ids."""
        if number not in self._bearers:
            found = self._get(f"number:{number}") or []
            self._bearers[number] = [Carrier(each) if isinstance(each, str) else Carrier(*each) for each in found]
        return self._bearers[number]

    def add_carrier(self, number: str, carrier: Carrier) -> None:
        """Note that a link carries a number, or is known otherwise than before. Of one that is a placeholder beyond
        doubt not all are kept: those left out are joined to nobody by it."""
        others = [each for each in self.bearers(number) if each.link != carrier.link]
        if len(others) < MOST_CARRIERS:
            self.put_bearers(number, sorted([*others, carrier]))

    def remove_carrier(self, number: str, link_id: str) -> None:
        """Note that a link no longer carries a number."""
        self.put_bearers(number, [carrier for carrier in self.bearers(number) if carrier.link != link_id])

    def put_bearers(self, number: str, bearers: list[Carrier]) -> None:
        """Keep the carriers of a number, which are in order."""
        self.renumbered.add(number)
        self._bearers[number] = bearers
        if bearers:
            self._put(f"number:{number}", [list(each) for each in bearers])
        else:
            self.values.put(f"number:{number}", None)

    def bar(self, number: str) -> None:
        """Note that a number was a closed record's: nobody is placed by a rule who carries it."""
        self.values.put(f"barred:{number}", b"1")

    def is_barred(self, number: str) -> bool:
        """Whether it was."""
        return self.values.get(f"barred:{number}") is not None

    def put_aside(self, description: str, *, aside: bool) -> None:
        """Note that who is described so is none of ours, or that this was taken back."""
        self.values.put(f"aside:{description}", b"1" if aside else None)

    def is_aside(self, description: str) -> bool:
        """Whether it was said."""
        return self.values.get(f"aside:{description}") is not None

    def ruling(self, decision_id: str) -> Ruling | None:
        """A person's decision, or None when there was none of that id."""
        found = self._get(f"decision:{decision_id}")
        if found is None:
            return None
        return Ruling(
            **found
            | {
                "moves": [Move(*move) for move in found["moves"]],
                "turns": [Turn(*turn) for turn in found["turns"]],
                "pairs": [(one, other) for one, other in found["pairs"]],
                "values": {key: (before, after) for key, (before, after) in found["values"].items()},
                "answered": Answered(*found["answered"]) if found.get("answered") else None,
                "aside": Aside(*found["aside"]) if found.get("aside") else None,
            }
        )

    def put_ruling(self, decision_id: str, ruling: Ruling) -> None:
        """Keep a person's decision."""
        listed = {name: [list(each) for each in getattr(ruling, name)] for name in ("moves", "turns", "pairs")}
        one = {name: list(each) if (each := getattr(ruling, name)) else None for name in ("answered", "aside")}
        self._put(f"decision:{decision_id}", _fields(ruling) | listed | one)

    def task(self, task_id: str) -> Task | None:
        """A question, or None when it was never asked."""
        found = self._get(f"task:{task_id}")
        return None if found is None else Task(**found)

    def put_task(self, task: Task) -> None:
        """Keep a question."""
        self._put(f"task:{task.review['id']}", _fields(task))

    def drop_task(self, task_id: str) -> None:
        """Forget a question."""
        self.values.put(f"task:{task_id}", None)

    def asked(self, link_id: str) -> list[str]:
        """Ids of all questions ever asked that name a link."""
        return self._get(f"asked:{link_id}") or []

    def note_asked(self, link_id: str, task_id: str) -> None:
        """A question that names a link was asked."""
        self._put(f"asked:{link_id}", sorted({*self.asked(link_id), task_id}))

    def tasks_naming(self, ids: Iterable[str]) -> list[str]:
        """Ids of all questions that name one of these anywhere: all values are looked through, so for what is rare."""
        wanted = [each.encode() for each in ids]
        tasks = ((key, value) for key, value in self.values.items() if key.startswith("task:"))
        return [key.removeprefix("task:") for key, value in tasks if any(each in value for each in wanted)]

    def kept(self, link_id: str) -> list[str]:
        """Ids of the decisions with which values of a link are kept, under `disputed:<link>:<decision>`."""
        return self._get(f"kept:{link_id}") or []

    def put_kept(self, link_id: str, decisions: list[str]) -> None:
        """Note which these are; none, nothing."""
        if decisions:
            self._put(f"kept:{link_id}", decisions)
        else:
            self.values.put(f"kept:{link_id}", None)

    def proposal(self, link_id: str) -> dict[str, Any] | None:
        """What was proposed last about the child whose first link it is."""
        found: dict[str, Any] | None = self._get(f"adoption:{link_id}")
        return found

    def put_proposal(self, link_id: str, proposal: dict[str, Any]) -> None:
        """Keep what is proposed."""
        self._put(f"adoption:{link_id}", proposal)

    def fact(self, link_id: str, number: int) -> dict[str, Any]:
        """Fact `number` of a link, without child and seq."""
        found: dict[str, Any] = self._get(f"fact:{link_id}:{number}")
        return found

    def put_fact(self, link_id: str, number: int, fact: dict[str, Any]) -> None:
        """Keep a link's fact."""
        self._put(f"fact:{link_id}:{number}", fact)

    def seen(self, content: str) -> tuple[int, int] | None:
        """Number of the fact of this content under its link, and its received_at in microseconds."""
        found = self._get(f"seen:{content}")
        return None if found is None else (found[0], found[1])

    def put_seen(self, content: str, number: int, received: int) -> None:
        """Note a fact's content."""
        self._put(f"seen:{content}", [number, received])

    def stated(self, key: str) -> dict[str, Stated]:
        """The links under which a statement was made, with the newest version under each."""
        return {link_id: Stated(*found) for link_id, found in (self._get(f"stated:{key}") or {}).items()}

    def put_stated(self, key: str, stated: dict[str, Stated]) -> None:
        """Keep under which links a statement was made; under none, nothing."""
        if stated:
            self._put(f"stated:{key}", {link_id: list(found) for link_id, found in stated.items()})
        else:
            self.values.put(f"stated:{key}", None)

    def put_disputed(self, link_id: str, number: int, observation: bytes) -> None:
        """Hold an observation back, as received."""
        self.values.put(f"disputed:{link_id}:{number}", observation)

    def disputed(self, link_id: str, number: int) -> Observation:
        """Observation `number` of those held back under a link."""
        return Observation.model_validate_json(self.values.get(f"disputed:{link_id}:{number}") or b"")

    def drop_child(self, child_id: str) -> None:
        """Forget a child."""
        self.values.put(f"child:{child_id}", None)

    def drop_disputed(self, link_id: str, number: int) -> None:
        """Hold an observation back no longer."""
        self.values.put(f"disputed:{link_id}:{number}", None)

    def put_setting(self, token: str, urn: str) -> None:
        """Keep what a setting's token stands for."""
        if self.values.get(f"setting:{token}") is None:
            self._put(f"setting:{token}", urn)

    def wait(self, day: date, task_id: str) -> None:
        """Note that an input began to wait on a day."""
        waiting = self._get(f"opened:{day}") or []
        if task_id in waiting:
            return
        self._put(f"opened:{day}", [*waiting, task_id])
        days = self._get("days") or []
        if day.isoformat() not in days:
            self._put("days", sorted([*days, day.isoformat()]))

    def take_waiting(self, old_enough: Callable[[date], bool]) -> list[str]:
        """The questions whose input began to wait on a day that is old enough; they are returned once."""
        days = self._get("days") or []
        due = [day for day in days if old_enough(date.fromisoformat(day))]
        found = [task for day in due for task in self._get(f"opened:{day}") or []]
        for day in due:
            self.values.put(f"opened:{day}", None)
        if due:
            self._put("days", [day for day in days if day not in due])
        return found

    def _get(self, key: str) -> Any:
        value = self.values.get(key)
        return None if value is None else orjson.loads(value)

    def _put(self, key: str, value: Any) -> None:
        # A copy: orjson's own result keeps its working buffer, some 4 kB, for as long as it lives.
        self.values.put(key, bytes(memoryview(orjson.dumps(value))))


def persons_in(items: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, tuple[Said, ...]]]:
    """The links among keyed values, and who each was said to be."""
    for key, value in items:
        if key.startswith("link:"):
            link = Store.read_link(value)
            if link is not None and link.persons and not link.gone:
                yield link.id, link.persons


def _fields(kept: Link | Child | Task | Ruling) -> dict[str, Any]:
    return {name: getattr(kept, name) for name in kept.__slots__}


def plain(evidence: Evidence) -> dict[str, list[Any]]:
    """What is known of somebody as JSON, the same for the same."""
    return {
        "births": sorted(day.isoformat() for day in evidence.births),
        "givens": sorted(evidence.givens),
        "nhs": sorted(evidence.nhs),
        "upns": sorted(evidence.upns),
        "families": sorted(evidence.families),
    }


def _evidence(found: dict[str, list[Any]], persons: tuple[Said, ...]) -> Evidence:
    """A link written without family names has those of the persons it was said to be; given names may have been kept in
    their own script."""
    said = (family_name(each.fields.get("family")) for each in persons)
    families = found.get("families") or [name for name in said if name]
    return Evidence(
        births=frozenset(map(date.fromisoformat, found["births"])),
        givens=frozenset(filter(None, (given_name(" ".join(name)) for name in found["givens"]))),
        nhs=frozenset(found["nhs"]),
        upns=frozenset(found["upns"]),
        families=frozenset(map(tuple, families)),
    )
