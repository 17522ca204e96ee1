"""Whatever people decide, undo and decide again: undone in full, all is as it was, through identity and casework."""

from datetime import datetime, timedelta
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.core.casework.memory import load
from hub.core.errors import CoreError
from hub.core.identity.store import Store
from schemas.people import Person
from schemas.statements import Observation
from tests.property.casework.strategies import AFTER, LAST, facts
from tests.property.identity.strategies import observations
from tests.unit.casework.stage import Bench, reached
from tests.unit.identity.people import COUNCIL, OTHER_COUNCIL, TRUST, World, amy

DECIDED = datetime.fromisoformat(f"{AFTER}T10:00:00+00:00")
LAW = settings(deadline=None, max_examples=60)

PEOPLE: list[tuple[str, Person]] = [
    (COUNCIL, amy(upn=None)),
    (COUNCIL, amy(id="P2", nhs_number=None, upn=None)),
    (OTHER_COUNCIL, amy(nhs_number=None)),
    (OTHER_COUNCIL, amy(id="P3", given="Amy Rose", nhs_number=None, upn=None)),
    (TRUST, amy(id=None)),
]
"""One child, perhaps, in five places: some share numbers, some wait."""


class Hub:
    """Identity and casework as one: what identity says is handed to casework at once."""

    def __init__(self) -> None:
        self.world, self.bench, self.told, self.done = World(), Bench(), 0, 0

    def observe(self, said: Observation) -> None:
        try:
            self.world.observe(said)
        except CoreError:
            return
        self.hand_over()

    def hand_over(self) -> None:
        news = self.world.all.facts[self.told :]
        self.told = len(self.world.all.facts)
        self.bench.feed([orjson.loads(fact.model_dump_json(exclude_none=True)) for fact in news])

    def decide(self, kind: str, **said: Any) -> str:
        """The outcome."""
        self.done += 1
        self.world.decide(kind, decision=f"d{self.done}", at=DECIDED + timedelta(minutes=self.done), **said)
        self.hand_over()
        return self.world.audits()[-1]

    def statements(self, link_id: str) -> int:
        """How many stand under a link."""
        return next(link.facts for link in self.world.links() if link.id == link_id)

    def shown(self) -> Any:
        """What each child counts, its record, deadlines and standing alerts; and the questions that stand."""
        topics = {name: dict(self.bench.topics.get(name, {})) for name in ("hub.children", "hub.deadlines")}
        standing = standing_in(self.bench)
        places = sorted((link.id, link.child, link.by_person) for link in self.world.links())
        return self.world.counted(), topics, standing, self.world.open_questions(), places


def standing_in(bench: Bench) -> dict[tuple[str, str], dict[str, Any]]:
    """The alerts that stand, by child and id. On the topic the same are open: as they were when they opened, for a date
    that changes is not said again."""
    children = [child for child in bench.state.values if not child.startswith("!")]
    found = {(child, id_): alert for child in children for id_, alert in load(bench.state.values[child]).alerts.items()}
    last = {(alert["child_id"], alert["id"]): alert["state"] for alert in bench.alerts}
    assert {key for key, state in last.items() if state == "open"} == found.keys()
    return found


@st.composite
def lives(draw: st.DrawFn) -> list[Observation]:
    """Statements as busy as casework's own, each of one of the people."""
    said = []
    for value in draw(st.lists(facts(), min_size=3, max_size=14)):
        source, person = draw(st.sampled_from(PEOPLE))
        kept = {name: each for name, each in value.items() if name not in ("child_id", "link", "seq")}
        said.append(Observation.model_validate({**kept, "source": source, "person": person}))
    return said


def played(said: list[Observation]) -> Hub:
    hub = Hub()
    for one in sorted(said, key=lambda one: one.received_at):
        hub.observe(one)
    hub.bench.feed([reached(day.isoformat()) for day in (LAST, AFTER)])
    return hub


def decided(hub: Hub, data: st.DataObject) -> None:
    """Up to eight decisions of any kind about anybody, then all that stand undone, the last first."""
    standing: list[str] = []
    children = sorted(hub.world.counted())
    links = sorted(link.id for link in hub.world.links())
    for _ in range(data.draw(st.integers(1, 8)) if children else 0):
        act = data.draw(st.sampled_from(["merge", "merge", "assign", "release", "reject", "part", "aside", "undo"]))
        child, other = data.draw(st.sampled_from(children)), data.draw(st.sampled_from(children))
        link = data.draw(st.sampled_from(links))
        if act == "undo":
            undone = data.draw(st.sampled_from(standing)) if standing else ""
            if undone and hub.decide("decision.undone", data={"decision": undone}) == "taken":
                standing.remove(undone)
            continue
        said: dict[str, Any] = {
            "merge": {"kind": "child.merged", "child_id": child, "into": other},
            "assign": {"kind": "link.assigned", "link": link, "child": other},
            "release": {"kind": "link.released", "link": link},
            "reject": {"kind": "match.rejected", "link": link, "child": other},
            "part": {"kind": "match.rejected", "child_id": child, "data": {"child": other}},
            "aside": {"kind": "link.set-aside", "link": link, "statements": hub.statements(link)},
        }[act]
        if hub.decide(**said) == "taken":
            standing.append(f"d{hub.done}")
        assert_sound(hub)
    for undone in reversed(standing):
        assert hub.decide("decision.undone", data={"decision": undone}) == "taken"
        assert_sound(hub)


def assert_sound(hub: Hub) -> None:
    """Each link in one child at most, no two verified numbers in one child, no circle of merges; numbers name each link
    that carries them once; and hub.links alone says where each link stands, as a rebuild reads it."""
    store, counted = Store(hub.world), hub.world.counted()
    last = {one.link: one for one in sorted(hub.world.all.decisions, key=lambda one: one.seq)}
    for link in hub.world.links():
        said = last.get(link.id)
        assert (said.seq if said else 0) == link.seq
        assert (said.child_id if said and said.decision == "assigned" else None) == link.child
    for key in [key for key in hub.world.values if key.startswith("number:")]:
        carriers = store.carriers(key.removeprefix("number:"))
        assert carriers == sorted(set(carriers))
    belongs: dict[str, list[str]] = {}
    for key in [key for key in hub.world.values if key.startswith("child:")]:
        child = store.child(key.removeprefix("child:"))
        assert child is not None
        for link in child.links:
            belongs.setdefault(link, []).append(child.id)
        seen = {child.id}
        while child is not None and child.into is not None:
            assert child.into not in seen
            assert child.links == []
            seen.add(child.into)
            child = store.child(child.into)
    for link in hub.world.links():
        assert belongs.get(link.id, []) == ([link.child] if link.child else [])
    for child_id in counted:
        found = store.child(child_id)
        assert found is not None
        numbers = {number for link in found.links for number in store.link(link).evidence.nhs}  # type: ignore[union-attr]
        assert len(numbers) <= 1


@LAW
@given(lives(), st.data())
def test_decisions_undone_in_full_give_the_start(said: list[Observation], data: st.DataObject) -> None:
    hub = played(said)
    start = hub.shown()
    decided(hub, data)
    assert hub.shown() == start


@LAW
@given(st.lists(observations(), min_size=1, max_size=8), st.data())
def test_the_same_where_everybody_may_be_anybody(said: list[Observation], data: st.DataObject) -> None:
    numbered = [one.model_copy(update={"record": f"R{n}", "version": 1}) for n, one in enumerate(said)]
    hub = played(numbered)
    start = hub.shown()
    decided(hub, data)
    assert hub.shown() == start


def as_if_always(hub: Hub, child: str) -> Bench:
    """Casework out of nothing, told only what the child counts now: no move was ever made."""
    values = [orjson.loads(fact.model_dump_json(exclude_none=True)) for fact in hub.world.all.facts]
    told = [value for value in values if value["child_id"] == child]
    found = Store(hub.world).child(child)
    assert found is not None
    last = {link: max(value["seq"] for value in told if value.get("link") == link) for link in found.links}
    counted = [value for value in told if value.get("link") is None or last.get(value["link"]) == value["seq"]]
    bench = Bench()
    bench.feed([*counted, reached(AFTER.isoformat())])
    return bench


@LAW
@given(lives(), st.data())
def test_a_decision_comes_out_as_if_it_had_always_been_so(said: list[Observation], data: st.DataObject) -> None:
    hub = played(said)
    children = sorted(hub.world.counted())
    if len(children) < 2:
        return
    child, into = data.draw(st.permutations(children).map(lambda order: order[:2]))
    whole = data.draw(st.booleans())
    link = data.draw(st.sampled_from(Store(hub.world).child(child).links))  # type: ignore[union-attr]
    act = {"kind": "child.merged", "child_id": child} if whole else {"kind": "link.assigned", "link": link}
    if hub.decide(**act, **({"into": into} if whole else {"child": into})) != "taken":
        return
    for each in (child, into):
        always, key = as_if_always(hub, each), each.encode()
        if key in always.topics.get("hub.children", {}):
            assert hub.bench.topics["hub.children"][key] == always.topics["hub.children"][key]
        shown = [
            {
                key: found
                for key, found in bench.topics.get("hub.deadlines", {}).items()
                if key.startswith(each.encode())
            }
            for bench in (hub.bench, always)
        ]
        assert shown[0] == shown[1]
        here, there = (
            {id_: alert for (of, id_), alert in standing_in(bench).items() if of == each}
            for bench in (hub.bench, always)
        )
        assert here == there
    if whole:
        merged = hub.bench.topics["hub.children"][child.encode()]
        assert (merged["event"], merged["surviving"]) == ("child.merged", into)
