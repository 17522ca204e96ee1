"""An adopted child, for tests: what was known before, the council's new record, and the two people who decide."""

from typing import Any

from hub.core.identity import Outcome, anew
from hub.core.identity.erasure import DATA_KEY, owner_of
from hub.core.identity.store import Link, Store
from schemas.decisions import ADOPTED, PROPOSED
from schemas.people import Person
from schemas.statements import Observation
from tests.unit.identity.people import COUNCIL, OTHER_NHS, OTHER_UPN, TRUST, World, amy, later, observation

NONCE = "drawn-once"
OLD_NUMBERS = ("9990000018", "G825400122001")


def zoe(**changes: Any) -> Person:
    """Who the child is now: another id, name and numbers; the day of birth is the same."""
    return amy(id="P9", given="Zoe", family="Newname", nhs_number=OTHER_NHS, upn=OTHER_UPN, **changes)


def before() -> list[Observation]:
    """What a council and a trust said of the child, under the old identity."""
    asked = {"heading": "medical", "service": "camhs", "asked": {"role": "icb", "ods": "QU9"}}
    named = {"request": "REQ-1", "advice": "ADV-1"}
    return [
        observation(COUNCIL, amy(), "REQ-1", data={"case_reference": "EHC-77"}),
        observation(COUNCIL, amy(), "ADV-1", kind="advice.requested", subject=named, data=asked),
        observation(
            TRUST,
            amy(id=None),
            "REF-1",
            kind="advice.acknowledged",
            subject={"advice": f"{COUNCIL}/ADV-1"},
            received_at=later(2, minutes=7),
        ),
    ]


class Adopting(World):
    """A world in which an erased link's values go as they do outside memory: all that the transaction did not put."""

    def __init__(self) -> None:
        super().__init__()
        self.erases = True
        self.erased: set[str] = set()
        self._put: set[str] = set()
        self._erased: set[str] = set()

    def put(self, key: str, value: bytes | None) -> None:
        self._put.add(key)
        if key.startswith(DATA_KEY):
            self._erased.add(key.removeprefix(DATA_KEY))
        super().put(key, value)

    def keep(self, outcome: Outcome) -> Outcome:
        gone = [key for key in self.values if owner_of(key) in self._erased and key not in self._put]
        for key in gone if self.erases else ():
            del self.values[key]
        self.erased |= self._erased
        self._put, self._erased = set(), set()
        self.all.forgotten.extend(outcome.forgotten)
        if outcome.apart is not None:
            super().keep(outcome.apart)
        return super().keep(outcome)

    def child_of(self, record: str) -> str:
        (child,) = self.children_of(record)
        return child

    def terms(self, child: str, into: str | None = None, leave: tuple[str, ...] = ()) -> dict[str, Any]:
        """What two people say alike, on what they see now."""
        store = Store(self)
        seen = anew.seen(anew.standing(store, self.members(child)))
        links = {link.id: link.seq for each in (child, into) if each for link in self.members(each)}
        beside = ["look-at-new"] if into else []
        evidence = {"evidence": ["look-at-old"], "beside": beside}
        return {"child_id": child, "into": into, "leave": list(leave), "seen": seen, "expected": links, **evidence}

    def members(self, child: str) -> list[Link]:
        store = Store(self)
        found = store.child(child)
        return [link for each in (found.links if found else []) if (link := store.link(each)) is not None]

    def propose(self, child: str, into: str | None = None, **said: Any) -> Outcome:
        leave = said.pop("leave", ())
        return self.say(PROPOSED, {**self.terms(child, into, leave), "actor": "officer-1", **said}, "proposal")

    def confirm(self, child: str, into: str | None = None, **said: Any) -> Outcome:
        leave = said.pop("leave", ())
        more = {"actor": "officer-2", "proposal": "proposal", "nonce": NONCE}
        return self.say(ADOPTED, {**self.terms(child, into, leave), **more, **said}, "confirmation")

    def say(self, kind: str, data: dict[str, Any], decision: str) -> Outcome:
        into = data.pop("into")
        sent = {**data, "into": into} if into else data
        child, at = sent.pop("child_id"), sent.pop("at", later(30, hours=3, minutes=11))
        return self.decide(kind, sent.pop("decision", decision), at, child_id=child, data=sent)

    def adopt(self, child: str, into: str | None = None, **said: Any) -> Outcome:
        """Both say it; the outcome of the second."""
        self.propose(child, into, **{name: each for name, each in said.items() if name in ("leave", "at")})
        return self.confirm(child, into, **said)


def adoption() -> tuple[Adopting, str, str]:
    """A world with the old child and the new record's; their ids."""
    world = Adopting()
    world.observe(*before(), observation(COUNCIL, zoe(), "NEW-1", kind="child.identified", received_at=later(20)))
    return world, world.child_of("REQ-1"), world.child_of("NEW-1")
