"""Adoptions among lives as busy as they come, through identity and casework: dates go on, and nothing else does."""

import re
from datetime import timedelta
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.core.casework.memory import Memory, dump, load
from hub.core.errors import CoreError
from hub.core.identity.store import Store
from schemas.statements import Observation
from tests.property.casework.strategies import AFTER, FIRST, LAST, facts
from tests.unit.casework.stage import Bench, reached
from tests.unit.identity.adopted import Adopting, zoe
from tests.unit.identity.people import COUNCIL, OTHER_COUNCIL, TRUST, amy, later, observation

LAW = settings(deadline=None, max_examples=30)
OLD = [(COUNCIL, amy()), (OTHER_COUNCIL, amy(id="P3")), (TRUST, amy(id=None))]
DECIDED = later(0).replace(year=AFTER.year, month=AFTER.month, day=AFTER.day, hour=10, minute=1, second=7)
MARK = "Old"
"""In every id and word of the old identity, and in none of the new one's."""


class Told:
    """Identity, and what it told casework, by child."""

    def __init__(self, said: list[Observation]) -> None:
        self.world = Adopting()
        self.world.observe(observation(COUNCIL, amy(), f"{MARK}-0", kind="child.identified", received_at=later(-365)))
        for one in sorted(said, key=lambda one: one.received_at):
            self.observe(one)
        self.old = self.world.child_of(f"{MARK}-0")

    def observe(self, said: Observation) -> None:
        try:
            self.world.observe(said)
        except CoreError:
            return

    def values(self) -> list[dict[str, Any]]:
        """All facts, in the order in which they were written."""
        return [orjson.loads(fact.model_dump_json(exclude_none=True)) for fact in self.world.all.facts]

    def adopt(self, *, with_record: bool) -> tuple[bool, str | None]:
        """Whether it was carried out, and the child that goes on."""
        new = None
        if with_record:
            self.observe(observation(COUNCIL, zoe(), "NEW-1", kind="child.identified", received_at=later(2)))
            new = self.world.child_of("NEW-1")
        outcome = self.world.adopt(self.old, new, at=DECIDED)
        apart = outcome.apart
        if apart is None:
            return False, None
        return True, next(iter({fact.child_id for fact in apart.facts}), new)


def marked(value: Any, name: str = "") -> Any:
    """The same with a mark in every id."""
    if isinstance(value, dict):
        return {key: marked(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [marked(each, name) for each in value]
    return re.sub(r"\b(REQ|ADV|R)-", rf"{MARK}\1-", value) if isinstance(value, str) else value


@st.composite
def lives(draw: st.DrawFn) -> list[Observation]:
    """Statements as busy as casework's own, all of one child whom three sources know."""
    said = []
    for value in draw(st.lists(facts(), min_size=2, max_size=12)):
        source, person = draw(st.sampled_from(OLD))
        kept = {name: each for name, each in marked(value).items() if name not in ("child_id", "link", "seq")}
        said.append(Observation.model_validate({**kept, "source": source, "person": person}))
    return said


def bench_of(values: list[dict[str, Any]], cuts: int = 1) -> Bench:
    """Casework after these and the day after, some at a time."""
    bench = Bench()
    size = max(1, len(values) // cuts)
    for start in range(0, len(values), size):
        bench.feed(values[start : start + size])
    bench.feed([reached(AFTER.isoformat())])
    return bench


def shown(bench: Bench, child: str) -> Any:
    """What stands of a child: by topic, and its alerts as of now; on the topic they are as they opened."""
    topics = {
        (name, key): each
        for name, found in bench.topics.items()
        for key, each in found.items()
        if (child.encode() in key or each.get("child_id") == child) and each.get("state") != "resolved"
    }
    alerts = load(bench.state.values[child]).alerts if child in bench.state.values else {}
    assert standing(bench, child).keys() == alerts.keys()
    return topics, alerts


def standing(bench: Bench, child: str) -> dict[str, dict[str, Any]]:
    """The alerts that stand on the topic; the record that takes all of them away is the last word on it."""
    last: dict[str, dict[str, Any]] = {}
    for output in bench.outputs:
        if output.topic == "hub.alerts" and output.key == child.encode():
            alert = orjson.loads(output.value) if output.value is not None else None
            if alert is None:
                last.clear()
            else:
                last[alert["id"]] = alert
    return {id_: alert for id_, alert in last.items() if alert["state"] == "open"}


def law(bench: Bench, child: str) -> list[Any]:
    """What the law says of a child, without whose it is."""
    named = ("clock", "starts_on", "due_on", "due_on_day_one", "act_by", "state", "met_on", "review_by")
    deadlines = bench.topics.get("hub.deadlines", {})
    mine = [each for key, each in deadlines.items() if key.startswith(child.encode())]
    return sorted([[str(each[name]) for name in named] for each in mine])


@LAW
@given(lives(), st.booleans())
def test_the_laws_dates_and_standing_alerts_go_on_and_the_old_child_is_gone(
    said: list[Observation], with_record: bool
) -> None:
    told = Told(said)
    before = bench_of(told.values())
    dates = law(before, told.old)
    alerts = [(alert["threshold"], alert["audience"], alert["since"]) for alert in standing(before, told.old).values()]
    done, new = told.adopt(with_record=with_record)
    if not done or new is None:
        return
    after = bench_of(told.values(), cuts=3)
    assert shown(after, told.old) == ({}, {})
    assert after.state.values[told.old] == dump(Memory.of_purged())
    assert law(after, new) == dates
    now = standing(after, new)
    if len({(one.source, one.record, one.kind) for one in said}) == len(said):
        # Of what was corrected the last word counts from the first: an alert may then stand since another day.
        found = sorted((alert["threshold"], alert["audience"], alert["since"]) for alert in now.values())
        assert found == sorted(alerts)
    assert all(
        (alert.get("moved") and alert.get("told")) or alert["since"] == AFTER.isoformat() for alert in now.values()
    )


@LAW
@given(lives(), st.data())
def test_in_any_order_and_made_anew_it_is_the_same(said: list[Observation], data: st.DataObject) -> None:
    told = Told(said)
    done, new = told.adopt(with_record=data.draw(st.booleans()))
    if not done or new is None:
        return
    values = told.values()
    whole = bench_of(values)
    shuffled = bench_of(data.draw(st.permutations(values)), cuts=data.draw(st.integers(1, 5)))
    for child in (told.old, new):
        assert shown(shuffled, child) == shown(whole, child)
    again = bench_of(values, cuts=data.draw(st.integers(1, 5)))
    assert again.state.values == whole.state.values
    children, deadlines = "hub.children", "hub.deadlines"
    for topic in (children, deadlines):
        assert again.topics.get(topic, {}) == whole.topics.get(topic, {})


@LAW
@given(lives(), st.lists(facts(), max_size=4), st.data())
def test_nothing_of_the_old_stands_beside_the_new_and_what_comes_late_reaches_nobody(
    said: list[Observation], late: list[dict[str, Any]], data: st.DataObject
) -> None:
    told = Told(said)
    links = [link.id for link in told.world.members(told.old)]
    done, new = told.adopt(with_record=data.draw(st.booleans()))
    if not done or new is None:
        return
    counted = told.world.counted().get(new)
    for one in data.draw(st.permutations(said)):
        told.observe(one)
    for value in late:
        source, person = data.draw(st.sampled_from(OLD))
        kept = {name: each for name, each in marked(value).items() if name not in ("child_id", "link", "seq")}
        told.observe(Observation.model_validate({**kept, "source": source, "person": person}))
    assert told.world.counted().get(new) == counted
    assert Store(told.world).child(told.old) is None
    bench = bench_of(told.values(), cuts=4)
    new_links = [link.id for link in told.world.members(new)]
    of_old, of_new = [told.old, *links, MARK, "Amy"], [new, *new_links, "Zoe", "NEW-1"]
    outcomes = told.world.all
    texts = [one.model_dump_json() for one in (*outcomes.facts, *outcomes.decisions, *outcomes.reviews)]
    texts += [one.model_dump_json() for one in (*outcomes.audits, *outcomes.alerts)]
    texts += [f"{output.key!r} {output.value!r} {output.headers!r}" for output in bench.outputs]
    for text in texts:
        named = [any(each in text for each in words) for words in (of_old, of_new)]
        assert named != [True, True], text
    written = {link.id for link in told.world.members(new) if link.record != "NEW-1"}
    instants = {fact.received_at for fact in outcomes.facts if fact.link in written}
    theirs = [fact for fact in outcomes.facts if fact.child_id == told.old or fact.link in links]
    exact = {fact.received_at for fact in theirs if fact.received_at.microsecond or fact.received_at.second}
    assert not instants & exact
    assert FIRST - timedelta(days=400) < min(instants, default=DECIDED).date() <= LAST + timedelta(days=400)
