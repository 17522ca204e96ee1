"""The identity stage's own engine over a file of records: each is one statement about one person, in order."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from hub.commands.match.records import Record
from hub.core.errors import CoreError
from hub.core.identity import Identity
from hub.core.identity.people import People
from hub.core.identity.policy import Outcome, Policy
from hub.core.identity.scoring.judging import Pair
from hub.core.identity.scoring.weights import Weights
from hub.core.identity.store import Link, Store
from schemas.ids import keyed_digest
from schemas.sources import Source, Sources
from schemas.statements import Observation

KIND = "child.identified"
_KEY = b"a key for one run of a command, never a deployment's"


class Given(NamedTuple):
    """What became of a record: the child it was given (its number in this run, None while it waits), the outcome, and
    why in words. `others`: numbers of the children that a person would be asked about.
    """

    child: str | None
    outcome: Outcome
    why: str
    others: tuple[str, ...] = ()


class Memory(dict[str, bytes]):
    """Keyed values in memory."""

    def put(self, key: str, value: bytes | None) -> None:
        """Set a key; None removes it."""
        if value is None:
            self.pop(key, None)
        else:
            self[key] = value


class Line:
    """Records one after the other through the engine. Each file is a source of its own that makes children and is
    trusted in its numbers. Further fields are not looked at: the hub knows none.
    """

    def __init__(self, weights: Weights, policy: Policy, files: int) -> None:
        sources = [
            Source(id=f"file-{number}", kind="council", creates_children=True, trusts_nhs_number=True, trusts_upn=True)
            for number in range(files)
        ]
        self._values = Memory()
        self._store = Store(self._values)
        self._people = People(weights.with_further({}))
        self._identity = Identity(_KEY, Sources(sources=tuple(sources)), policy, self._people)
        self._numbers: dict[str, str] = {}
        self._taken = 0
        self._began = datetime.now(UTC)

    def take(self, record: Record) -> Given:
        """The next record."""
        if _says_nothing(record):
            return Given(None, "error", "no name, date of birth or number: there is nothing to compare")
        self._taken += 1
        at = self._began + timedelta(milliseconds=self._taken)
        observation = Observation(
            kind=KIND,
            source=f"file-{record.file}",
            record=str(self._taken),
            version=1,
            effective_on=at.date(),
            recorded_at=at,
            received_at=at,
            person=record.person,
        )
        held = self._held(record)
        try:
            outcome = self._identity.observe(observation, self._values)
        except CoreError as error:
            return Given(None, "error", str(error))
        self._people.kept()
        link = self.link(record)
        if link.disputed > held:
            details = [review.detail for review in outcome.reviews if review.state == "open"]
            return Given(None, "conflict", "; ".join(details) or "held back, as an earlier record of this id was")
        reviews = [review for review in outcome.reviews if review.state == "open" and link.id in review.links]
        known = "the same id as an earlier record" if link.child else "it waits"
        why = next((decision.why for decision in outcome.decisions if decision.link == link.id), known)
        founded = any(each.link == link.id and each.rule == "founding" for each in outcome.decisions)
        others = tuple(self._number(child) for review in reviews for child in review.candidates if child != link.child)
        details = [review.detail for review in reviews]
        return Given(
            self._number(link.child) if link.child else None,
            _outcome(founded, [review.question for review in reviews], set(others)),
            "; ".join(dict.fromkeys([why, *details])),
            tuple(dict.fromkeys(others)),
        )

    def link(self, record: Record) -> Link:
        """The link of a record that was taken."""
        link = self._store.link(self._link_id(record))
        assert link is not None
        return link

    def _held(self, record: Record) -> int:
        """Statements that are held back under a record's id."""
        link = self._store.link(self._link_id(record))
        return 0 if link is None else link.disputed

    def _link_id(self, record: Record) -> str:
        return keyed_digest(_KEY, "person", f"file-{record.file}", record.person.id)

    def _number(self, child: str) -> str:
        return self._numbers.setdefault(child, f"child-{len(self._numbers) + 1}")


def given(records: Sequence[Record], weights: Weights, policy: Policy) -> Iterator[Given]:
    """What becomes of each record, in order."""
    line = Line(weights, policy, 1 + records[-1].file)
    return map(line.take, records)


def linked(records: Sequence[Record], weights: Weights, policy: Policy) -> set[Pair]:
    """The pairs of records that end in one child without anybody being asked. With two files, those across."""
    line = Line(weights, policy, 1 + records[-1].file)
    two_files = records[0].file != records[-1].file
    members: dict[str, list[int]] = {}
    taken = [line.take(record) for record in records]
    for place, (record, got) in enumerate(zip(records, taken, strict=True)):
        child = None if got.outcome == "error" else line.link(record).child
        if child is not None:
            members.setdefault(child, []).append(place)
    return {
        (one, other)
        for places in members.values()
        for number, one in enumerate(places)
        for other in places[number + 1 :]
        if not two_files or records[one].file != records[other].file
    }


def _says_nothing(record: Record) -> bool:
    traits, person = record.traits, record.person
    return not (traits.given or traits.family or traits.birth_text or person.nhs_number or person.upn)


def _outcome(founded: bool, questions: list[str], others: set[str]) -> Outcome:
    if "conflict" in questions:
        return "conflict"
    if len(others) > 1:
        return "many"
    if others:
        return "potential"
    return "none" if founded else "match"
