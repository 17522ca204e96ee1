"""A spell: one advice request as the forecast sees it, and nothing else about the child.

How a spell ends decides how it counts:

* `arrived`: usable advice was received, or all three agreed on existing advice. This is the event whose time is learnt;
* `closed`: the body lawfully declined, or does not know the child. It answered, and is not late: what its advice would
  have taken is not seen, so the spell counts as not yet arrived up to that day (right censoring);
* `gone`: cancelled, or ended with its request. That says nothing about the service, so it counts likewise;
* `open`: not yet arrived on the last day that is looked at, likewise.

A spell is watched from `seen_on`, the day the hub first heard of it. Those that ran when a source went live are known
because they had not ended, so their days before it count for nothing (left truncation), and one that had ended by then
counts for nothing at all.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, NamedTuple

from hub.core.cases.advice import Chain
from hub.core.clocks.deadline import Deadline

ADVICE_CLOCK = "advice-6w"
UNNAMED = "unknown"

ARRIVALS = ("advice.received", "advice.satisfied-by-existing")
CHAIN_ENDS = ("advice.cancelled", "advice.declined:permitted", "advice.received:not-known")
CASE_ENDS = ("assessment.decided:refuse", "assessment.withdrawn", "child.moved-away", "child.died")

Ending = Literal["arrived", "closed", "gone", "open"]


@dataclass(frozen=True, slots=True)
class Spell:
    """`service` is the heading where no service is named.

    `starts_on` is the deadline's, `until` the day of its end or, while it is open, the last day looked at. `load` is
    how many requests of the service were open when it started; None where that is not known. `told_on` is the day the
    hub heard of the arrival.
    """

    service: str
    starts_on: date
    seen_on: date
    until: date
    ending: Ending = "open"
    load: int | None = None
    told_on: date | None = None

    def age(self, day: date) -> int:
        """Days since it started."""
        return (day - self.starts_on).days

    def arrived_by(self, day: date) -> bool:
        """Whether the advice is known to have come by the end of a day."""
        return self.ending == "arrived" and self.until <= day


class AdviceRequest(NamedTuple):
    """A spell, and what the model is not told: the deadline's id, its due date, whether it runs and is not yet late."""

    id: str
    due_on: date
    running: bool
    spell: Spell


def requests_of(deadlines: Iterable[tuple[str, Deadline]], day: date) -> list[AdviceRequest]:
    """The advice requests among deadlines (each with its child's id) as they stand on `day`: each once, in order."""
    found = {(child_id, deadline.id): request_of(deadline, day) for child_id, deadline in deadlines}
    return loaded([request for _, request in sorted(found.items(), key=lambda item: item[0]) if request is not None])


def request_of(deadline: Deadline, day: date) -> AdviceRequest | None:
    """The advice request of one deadline as it stands on `day`, its load unknown; None for other clocks' deadlines."""
    chain = deadline.subject.chain
    if deadline.rule.clock != ADVICE_CLOCK or chain is None or deadline.starts_on > day:
        return None
    until, ending = _end(deadline, chain, day)
    spell = Spell(
        service=deadline.subject.service or deadline.subject.heading or UNNAMED,
        starts_on=deadline.starts_on,
        seen_on=max(chain.seen_on, deadline.starts_on),
        until=until,
        ending=ending,
        told_on=_told_on(chain, until) if ending == "arrived" else None,
    )
    return AdviceRequest(deadline.id, deadline.due_on, deadline.state == "running", spell)


def loaded(requests: Sequence[AdviceRequest]) -> list[AdviceRequest]:
    """The same requests with their loads: those of the service that had started before each, and not ended by then."""
    starts: dict[str, list[date]] = {}
    ends: dict[str, list[date]] = {}
    for request in requests:
        spell = request.spell
        starts.setdefault(spell.service, []).append(spell.starts_on)
        if spell.ending != "open":
            ends.setdefault(spell.service, []).append(max(spell.until, spell.starts_on))
    for days in (*starts.values(), *ends.values()):
        days.sort()

    def load(spell: Spell) -> int:
        begun = bisect_left(starts[spell.service], spell.starts_on)
        return begun - bisect_left(ends.get(spell.service, []), spell.starts_on)

    return [request._replace(spell=replace(request.spell, load=load(request.spell))) for request in requests]


def _end(deadline: Deadline, chain: Chain, day: date) -> tuple[date, Ending]:
    """A spell that ended on a day nobody can tell is not watched at all."""
    if deadline.met_on is not None:
        return deadline.met_on, "arrived"
    if deadline.is_open:
        return day, "open"
    case = chain.case.moments if chain.case else {}
    ends = [chain.moments.get(name) for name in CHAIN_ENDS] + [case.get(name) for name in CASE_ENDS]
    until = min((on for on in ends if on is not None and on >= deadline.starts_on), default=deadline.starts_on)
    return until, "closed" if deadline.state == "closed" else "gone"


def _told_on(chain: Chain, on: date) -> date | None:
    facts = [fact for link in chain.links for kind in ARRIVALS for fact in link.facts.get(kind, ())]
    return min((fact.received_on for fact in facts if fact.effective_on == on), default=None)
