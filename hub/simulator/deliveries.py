"""How the truths reach the hub: everything that is brought to it, in order, and what nobody could do anything with."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from random import Random

from hub.simulator import council_events, extracts, trust_messages
from hub.simulator.council_csv import file_name
from hub.simulator.delivery import Delivery
from hub.simulator.feeds import CASES, TRACKER
from hub.simulator.noise import Doubts, Mischief, guid, mistyped, repeats, sent_anew, wrong_rows
from hub.simulator.partnership import Partnership
from hub.simulator.pen import extract_days
from hub.simulator.truths import Advice, Case, Life, Truth

_MISTYPED = 0.02
_ALONE = 0.1
"""Shares of events: with numbers that are none, and sent one by one rather than in the day's batch."""


@dataclass(frozen=True)
class Plan:
    """All deliveries in order. `doubts` are the questions for people that they must raise."""

    deliveries: tuple[Delivery, ...]
    doubts: Doubts

    @property
    def refused(self) -> int:
        """How many must be refused, the file among them."""
        return sum(delivery.expect in ("refused", "conflict") for delivery in self.deliveries)


def plan(partnership: Partnership) -> Plan:
    """The deliveries of a partnership: the same for the same one."""
    rng = Random(partnership.seed)  # noqa: S311 - repeatable, not secret
    told = [*_events(partnership, rng), *_messages(partnership, rng)]
    told += sent_anew(told, rng)
    told += repeats(told, rng, partnership.last_day)
    mischief = Mischief(partnership, rng)
    found = [*_files(partnership, rng), *told, *mischief.deliveries()]
    found.sort(key=lambda delivery: (delivery.at, delivery.via, delivery.id))
    conflicts, unmatched = mischief.doubts
    return Plan(tuple(found), Doubts(conflicts, unmatched + _untraced(partnership)))


def _files(partnership: Partnership, rng: Random) -> Iterator[Delivery]:
    """The first extracts of people and requests, the tracker each week, and once a tracker that is half a file."""
    first = partnership.first_day
    at, mistakes = extracts.taken_at(first), wrong_rows(partnership, rng)
    people, requests = partial(extracts.people, partnership), partial(extracts.requests, partnership)
    yield Delivery(at, "files", CASES, file_name("people", first), people)
    yield Delivery(at, "files", CASES, file_name("requests", first), requests)
    days = extract_days(first, partnership.last_day)
    for day in days:
        content = partial(extracts.tracker, partnership, day, mistakes)
        yield Delivery(extracts.taken_at(day), "files", TRACKER, file_name("advice", day), content)
    half = partial(_half, partnership, days[-1])
    name = file_name("advice", days[-1]).replace(".csv", "-half.csv")
    yield Delivery(extracts.taken_at(days[-1]), "files", TRACKER, name, half, "refused")


def _half(partnership: Partnership, day: date) -> bytes:
    """A file that was still being written: its last line has no end."""
    whole = extracts.tracker(partnership, day, {})
    return whole[: len(whole) // 2].rstrip(b"\r\n")


def _events(partnership: Partnership, rng: Random) -> Iterator[Delivery]:
    imported = {child.id for child, _ in extracts.in_first_extracts(partnership)}
    for life in partnership.lives:
        told = [(truth, case) for case in life.cases for truth in case.truths if truth.told("webhook")]
        if told and life.child.id not in imported:
            yield _identified(life, [truth for truth, _ in told])
        for truth, case in told:
            yield from _told(life, case, truth, rng)


def _identified(life: Life, truths: list[Truth]) -> Delivery:
    """A child whom no extract named is made known with the first word about them."""
    first = min(truths, key=lambda truth: truth.slip.recorded_at if truth.slip else truth.recorded_at)
    at = (first.slip.recorded_at if first.slip else first.recorded_at) - timedelta(minutes=1)
    event = council_events.identified(life.child, at, at.date())
    return Delivery(at, "webhook", CASES, life.child.id, partial(council_events.body, event))


def _told(life: Life, case: Case, truth: Truth, rng: Random) -> Iterator[Delivery]:
    event = council_events.event(life.child, case, truth)
    if rng.random() < _MISTYPED:
        event["person"] = mistyped(event["person"], rng)
    day, alone = truth.told("webhook"), rng.random() < _ALONE
    if day is not None:
        at = _on(day, truth.recorded_at)
        yield Delivery(at, "webhook", CASES, event["record"], partial(council_events.body, event), alone=alone)
    if truth.slip is not None:
        slipped = council_events.slip_event(life.child, case, truth)
        at = _on(truth.slip.day, truth.slip.recorded_at)
        yield Delivery(at, "webhook", CASES, event["record"], partial(council_events.body, slipped))


def _messages(partnership: Partnership, rng: Random) -> Iterator[Delivery]:
    for life in partnership.lives:
        for case in life.cases:
            advice = {each.id: each for each in case.advice}
            for truth in case.truths:
                if truth.told("bars") and truth.advice in advice:
                    yield _message(life, advice[truth.advice], truth, rng)


def _message(life: Life, advice: Advice, truth: Truth, rng: Random) -> Delivery:
    about, day = trust_messages.conversation(life.child, advice), truth.told("bars")
    content = partial(trust_messages.body, trust_messages.bundle(about, truth))
    at = _on(day or truth.on, truth.recorded_at)
    return Delivery(at, "bars", str(advice.source), guid(rng), content, correlation=about.guid)


def _on(day: date, at: datetime) -> datetime:
    """The time of day kept, on the day of the telling."""
    return datetime.combine(day, at.timetz())


def _untraced(partnership: Partnership) -> int:
    """Records of which the hub cannot know whose they are: tracker rows, and patients of trusts, without a number."""
    rows: set[str] = set()
    patients: set[tuple[str, str]] = set()
    for life in partnership.lives:
        for case in life.cases:
            for truth in case.truths:
                if truth.told("tracker") and not life.child.traceable:
                    rows.add(str(truth.advice))
                if truth.told("bars") and not life.child.verified:
                    patients.add((str(truth.trust), life.child.trust_id))
    return len(rows) + len(patients)
