"""What goes wrong between the council, the trusts and the hub, at the rates that real feeds have."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import pairwise
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

from hub.simulator import bars, council_events, rates, trust_messages
from hub.simulator.bars import Conversation
from hub.simulator.delivery import Delivery, Expect
from hub.simulator.extracts import Mistakes, in_first_extracts
from hub.simulator.feeds import CASES, ODS
from hub.simulator.numbers import Numbers, slipped
from hub.simulator.partnership import Partnership
from hub.simulator.pen import extract_days, office
from hub.simulator.people import Child, make_children
from hub.simulator.truths import Case, Truth
from schemas.instants import london_day

Broken = Callable[[dict[str, Any]], dict[str, Any]]


class Doubts(NamedTuple):
    """Questions that only a person can answer: the hub must ask them, and link nobody."""

    conflicts: int
    unmatched: int


def guid(rng: Random) -> str:
    """A GUID out of the seed."""
    return str(UUID(int=rng.getrandbits(128), version=4))


def repeats(deliveries: list[Delivery], rng: Random, last_day: date) -> Iterator[Delivery]:
    """The same again, that day or the next: an event byte for byte, a message with its X-Request-Id."""
    for delivery in deliveries:
        if delivery.expect != "taken" or rng.random() >= rates.DUPLICATES:
            continue
        expect: Expect = "known" if delivery.via == "webhook" else "duplicate"
        at = delivery.at + timedelta(days=rng.randint(0, 1), seconds=rng.randint(1, 600))
        if london_day(at) <= last_day:
            yield replace(delivery, at=at, expect=expect, alone=True)


def sent_anew(deliveries: list[Delivery], rng: Random) -> Iterator[Delivery]:
    """The same message under another X-Request-Id: good for the connector, and nothing new."""
    for delivery in deliveries:
        if delivery.via == "bars" and delivery.expect == "taken" and rng.random() < rates.DUPLICATES / 2:
            yield replace(delivery, id=guid(rng))


def mistyped(person: dict[str, Any], rng: Random) -> dict[str, Any]:
    """A person whose numbers are written in another form, or are none: no evidence, and no conflict."""
    found, number, upn = dict(person), person.get("nhs_number"), person.get("upn")
    choice = rng.randrange(4)
    if number and choice == 0:
        found["nhs_number"] = f"{number[:3]}-{number[3:6]}-{number[6:]}"
    elif number and choice == 1:
        found["nhs_number"] = slipped(number)
    elif number and choice == 2:
        found["nhs_number"] = Numbers(rng).learner()
    elif upn:
        found["upn"] = upn.lower()
    return found


def wrong_rows(partnership: Partnership, rng: Random) -> Mistakes:
    """Dates of receipt on the wrong row of the tracker, blanked in the next extract: a retraction."""
    days = extract_days(partnership.first_day, partnership.last_day)
    if len(days) < 4:
        return {}
    found: dict[tuple[str, date], date] = {}
    for truth in _never_received(partnership):
        told = truth.told("tracker")
        if told and rng.random() < rates.CORRECTED:
            later = [day for day in days[1:-1] if day > told and day - timedelta(days=3) > truth.on]
            if later:
                day = rng.choice(later)
                found[(str(truth.advice), day)] = day - timedelta(days=3)
    return found


def _never_received(partnership: Partnership) -> Iterator[Truth]:
    for life in partnership.lives:
        for case in life.cases:
            others = {truth.advice for truth in case.truths if truth.kind in ("advice.received", "advice.declined")}
            yield from (t for t in case.truths if t.kind == "advice.requested" and t.advice not in others)


def _strangers(partnership: Partnership) -> list[Child]:
    """Children who are none of the partnership's, with numbers that are none of theirs."""
    taken = {life.child.nhs_number for life in partnership.lives}
    others = make_children(Random(partnership.seed + 1), 100 + len(taken) // 50, partnership.first_day)  # noqa: S311
    return [child for child in others if child.nhs_number and child.nhs_number not in taken]


class Mischief:
    """Single messages that nothing true stands behind. Every day of theirs lies between the first and the last."""

    def __init__(self, partnership: Partnership, rng: Random) -> None:
        self._partnership = partnership
        self._rng = rng
        span = (partnership.last_day - partnership.first_day).days
        self._days = [partnership.first_day + timedelta(days=number) for number in range(1, span + 1)]
        self._days = [day for day in self._days if office(day) == day] or [partnership.last_day]
        self._strangers = _strangers(partnership)
        self.doubts = Doubts(0, 0)

    def deliveries(self) -> Iterator[Delivery]:
        """All of them; `doubts` then counts the questions that they raise."""
        yield from self._unknown_children()
        yield self._past_scope()
        yield from self._bad_number()
        yield from self._two_people()
        yield from self._refused_events()
        yield from self._refused_messages()

    def _unknown_children(self) -> Iterator[Delivery]:
        """Messages about children nobody knows: they must wait as unmatched input."""
        number = max(2, len(self._partnership.lives) // 100)
        for index in range(number):
            source = list(ODS)[index % len(ODS)]
            about, at = self._stranger(source), self._at()
            found = bars.referral(about, at) if index % 2 else bars.sent(about, at)
            yield self._message(source, at, found, about.guid)
        self._doubt(unmatched=number)

    def _past_scope(self) -> Delivery:
        """A message about somebody of 27, which is answered well and not kept."""
        about, at = self._stranger(rates.COMMUNITY), self._at()
        born = about.person.birth_date or at.date()
        grown = about.person.model_copy(update={"birth_date": born.replace(year=at.year - 27, day=1)})
        about = replace(about, person=grown)
        return self._message(rates.COMMUNITY, at, bars.acknowledged(about, at), about.guid)

    def _bad_number(self) -> Iterator[Delivery]:
        """A good message whose NHS number has a slip: 200, and a question about the number."""
        for life in self._partnership.lives:
            for case in life.cases:
                for truth in case.truths:
                    advice = next((each for each in case.advice if each.id == truth.advice), None)
                    if truth.kind == "advice.allocated" and advice and advice.source and life.child.nhs_number:
                        about = trust_messages.conversation(life.child, advice, slipped(life.child.nhs_number))
                        again = replace(truth, recorded_at=truth.recorded_at + timedelta(minutes=3))
                        found = trust_messages.bundle(about, again)
                        yield self._message(advice.source, again.recorded_at, found, about.guid)
                        return

    def _two_people(self) -> Iterator[Delivery]:
        """Another person under one id, and a twin's number typed on the sibling: each is held back as a conflict."""
        known = [child for child, _ in in_first_extracts(self._partnership) if child.verified]
        if len(known) < 4:
            return
        pairs = [(a, b) for a, b in pairwise(known) if a.twin and a.birth_date == b.birth_date]
        one, other = pairs[0] if pairs else (known[0], known[1])
        typed = replace(one, nhs_number=other.nhs_number)
        reused = replace(self._strangers[0], id=next(child.id for child in known if child.id not in (one.id, other.id)))
        for child in (typed, reused):
            at = self._at()
            yield self._event(at, council_events.identified(child, at, london_day(at)))
        self._doubt(conflicts=2)

    def _refused_events(self) -> Iterator[Delivery]:
        child, case, truth = self._told_by_webhook()
        good = council_events.event(child, case, truth)
        number = child.nhs_number or self._strangers[0].nhs_number
        broken: list[Broken] = [
            lambda event: event | {"kind": "assessment.pondered"},
            lambda event: event | {"record": number},
            lambda event: event | {"effective_on": "2999-01-01"},
        ]
        for breaks in broken:
            at = self._at()
            event = breaks(good | {"recorded_at": at.isoformat()})
            yield self._event(at, event, "refused")
        at = self._at()
        yield replace(self._event(at, good, "refused"), content=lambda: council_events.body(good)[:-9])
        told = truth.told("webhook")
        if told is not None:
            other = good | {"effective_on": (truth.on - timedelta(days=1)).isoformat()}
            at = datetime.combine(told, truth.recorded_at.timetz())
            yield self._event(at, other, "conflict")

    def _refused_messages(self) -> Iterator[Delivery]:
        about, at = self._stranger(rates.COMMUNITY), self._at()
        good = bars.acknowledged(about, at)
        yield self._message(rates.COMMUNITY, at, good | {"type": "collection"}, about.guid, "refused")
        at = self._at()
        other = bars.acknowledged(replace(about, use_case="something-else"), at)
        yield self._message(rates.COMMUNITY, at, other, about.guid, "refused")

    def _told_by_webhook(self) -> tuple[Child, Case, Truth]:
        for life in self._partnership.lives:
            for case in life.cases:
                for truth in case.truths:
                    if truth.told("webhook") and truth.kind == "assessment.requested" and truth.slip is None:
                        return life.child, case, truth
        raise ValueError("no request is told by webhook: the partnership is too small for its weeks")

    def _stranger(self, source: str) -> Conversation:
        return trust_messages.stranger(self._strangers.pop(), source, self._rng)

    def _event(self, at: datetime, event: dict[str, Any], expect: Expect = "taken") -> Delivery:
        return Delivery(at, "webhook", CASES, "", partial(council_events.body, event), expect, alone=True)

    def _message(
        self, source: str, at: datetime, found: dict[str, Any], correlation: str, expect: Expect = "taken"
    ) -> Delivery:
        content = partial(trust_messages.body, found)
        return Delivery(at, "bars", source, guid(self._rng), content, expect, correlation, alone=True)

    def _at(self) -> datetime:
        day = self._rng.choice(self._days)
        return datetime.fromisoformat(f"{day}T{self._rng.randint(8, 15):02d}:{self._rng.randint(0, 59):02d}:07.5+00:00")

    def _doubt(self, conflicts: int = 0, unmatched: int = 0) -> None:
        self.doubts = Doubts(self.doubts.conflicts + conflicts, self.doubts.unmatched + unmatched)
