"""Synthetic sources, people and observations for tests of identity."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hub.core.identity import Identity, Outcome
from hub.core.identity.store import Link, Store
from schemas.decisions import PEOPLE
from schemas.people import Person
from schemas.sources import Source, Sources
from schemas.statements import Observation

KEY = b"a key for tests, thirty-two bytes"
COUNCIL = "one-education:825:2022"
OTHER_COUNCIL = "social-care:825:2024"
TRACKER = "council-tracker:825:2026"
TRUST = "bht-community:RXQ:2026"
UNTRUSTED = "clinic:ZZZ:2026"
SOURCES = Sources(
    sources=(
        Source(id=COUNCIL, kind="council", creates_children=True, trusts_nhs_number=True, trusts_upn=True),
        Source(id=OTHER_COUNCIL, kind="council", creates_children=True, trusts_nhs_number=True, trusts_upn=True),
        Source(id=TRACKER, kind="council", trusts_nhs_number=True, trusts_upn=True),
        Source(id=TRUST, kind="nhs", trusts_nhs_number=True),
        Source(id=UNTRUSTED, kind="nhs"),
    )
)
NHS = "9990000018"
OTHER_NHS = "9990000026"
UPN = "G825400122001"
OTHER_UPN = "W825400122002"
BORN = date(2016, 3, 4)
MONDAY = datetime(2026, 9, 14, 9, 0, tzinfo=UTC)


def amy(**changes: Any) -> Person:
    """A child with everything known."""
    known: dict[str, Any] = {
        "id": "P1",
        "nhs_number": NHS,
        "nhs_number_status": "01",
        "upn": UPN,
        "given": "Amy",
        "family": "Example",
        "birth_date": BORN,
    }
    return Person(**(known | changes))


def observation(source: str, person: Person | None, record: str = "R1", **changes: Any) -> Observation:
    """A request about a person."""
    said: dict[str, Any] = {
        "kind": "assessment.requested",
        "record": record,
        "version": 1,
        "subject": {"request": record},
        "effective_on": date(2026, 9, 14),
        "recorded_at": MONDAY,
        "received_at": MONDAY,
        "message": f"m-{record}",
    }
    return Observation.model_validate({**said, "source": source, "person": person, **changes})


class World:
    """Identity over a dict, with everything that came out of it."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.identity = Identity(KEY, SOURCES)
        self.all = Outcome()

    def get(self, key: str) -> bytes | None:
        return self.values.get(key)

    def put(self, key: str, value: bytes | None) -> None:
        if value is None:
            self.values.pop(key, None)
        else:
            self.values[key] = value

    def items(self) -> Iterable[tuple[str, bytes]]:
        return self.values.items()

    def observe(self, *observations: Observation) -> Outcome:
        """The outcome of the last."""
        outcome = Outcome()
        for one in observations:
            outcome = self.keep(self.identity.observe(one, self))
        return outcome

    def day(self, day: date) -> Outcome:
        return self.keep(self.identity.day(day, self))

    def keep(self, outcome: Outcome) -> Outcome:
        for name in ("facts", "decisions", "reviews", "alerts", "audits"):
            getattr(self.all, name).extend(getattr(outcome, name))
        return outcome

    def decide(self, kind: str, decision: str = "", at: datetime | None = None, **said: Any) -> Outcome:
        """A person's decision on what they see now; `link` and `child_id` say what about, the rest is its data."""
        store = Store(self)
        about = {name: said.pop(name) for name in ("link", "child_id") if name in said}
        links = [about["link"]] if "link" in about else []
        data = said.get("data", {})
        for child in (about.get("child_id"), *({**data, **said}.get(name) for name in ("child", "into"))):
            links += getattr(store.child(str(child)), "links", [])
        seen = {link.id: link.seq for link in map(store.link, links) if link is not None}
        data = {"actor": "officer-1", "why": "looked at both", "expected": seen} | said.pop("data", {}) | said
        when = at or later(1)
        said_id = decision or f"decision-{len(self.all.audits)}"
        sent = observation(
            PEOPLE, None, said_id, kind=kind, subject={}, recorded_at=when, received_at=when, data=data, **about
        )
        return self.observe(sent)

    def assign(self, link: str, child: str, at: datetime | None = None, **said: Any) -> Outcome:
        return self.decide("link.assigned", at=at, link=link, child=child, **said)

    def release(self, link: str, at: datetime | None = None, **said: Any) -> Outcome:
        return self.decide("link.released", at=at, link=link, **said)

    def merge(self, child: str, into: str, at: datetime | None = None, **said: Any) -> Outcome:
        return self.decide("child.merged", at=at, child_id=child, into=into, **said)

    def undo(self, undone: str, at: datetime | None = None, **said: Any) -> Outcome:
        return self.decide("decision.undone", at=at, data={"decision": undone}, **said)

    def audits(self) -> list[str]:
        """What came of each decision."""
        return [str(entry.outcome) for entry in self.all.audits]

    def links(self) -> list[Link]:
        """All links that there are."""
        store = Store(self)
        found = [store.link(key.removeprefix("link:")) for key in self.values if key.startswith("link:")]
        return [link for link in found if link is not None and not link.gone]

    def children_of(self, record: str) -> set[str]:
        """Children that count a fact of this record now."""
        return {child for child, facts in self.counted().items() for fact in facts if fact[1] == record}

    def counted(self) -> dict[str, set[tuple[str, str, str, int]]]:
        """What each child's record counts: facts under the highest decision about their link, if an assignment."""
        highest: dict[tuple[str, str], tuple[int, str]] = {}
        for fact in self.all.facts:
            if fact.kind.startswith("link."):
                place = (fact.child_id, str(fact.link))
                highest[place] = max(highest.get(place, (0, "")), (int(fact.seq or 0), fact.kind))
        found: dict[str, set[tuple[str, str, str, int]]] = {}
        for fact in self.all.facts:
            seq, kind = highest.get((fact.child_id, str(fact.link)), (0, ""))
            if fact.kind.startswith("link.") or kind != "link.assigned" or seq != fact.seq:
                continue
            found.setdefault(fact.child_id, set()).add((fact.source, fact.record, fact.kind, fact.version))
        return found

    def open_questions(self) -> list[str]:
        """The kinds of the questions that stand."""
        last = {task.id: task for task in self.all.reviews}
        return sorted(task.question for task in last.values() if task.state == "open")


def later(days: int = 0, **more: int) -> datetime:
    """An instant after MONDAY."""
    return MONDAY + timedelta(days=days, **more)
