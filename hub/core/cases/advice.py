"""One body asked for one kind of advice: a chain of requests, each replacing the one before, and its whole life."""

from dataclasses import dataclass, field
from datetime import date

from hub.core.cases.body import UNKNOWN, Body, body_of
from hub.core.cases.case import Case
from hub.core.cases.disagreement import Disagreement, Precedence, disagreements
from hub.core.facts.data import text_in
from hub.core.facts.fact import Fact
from hub.core.facts.standing import Standing
from hub.core.questions import Question, ask

S31_ROLES = frozenset({"icb", "trust", "nhs-england", "other-authority", "youth-offending-team"})
"""Bodies that CFA 2014 s31 binds, and so reg 8."""

PERMITTED_GROUNDS = frozenset({"incompatible-with-duties", "harms-functions"})
"""CFA 2014 s31(3)."""

AGREEING = frozenset({"author", "authority", "family"})
"""Reg 6(4): all three."""

AGREED = "advice.satisfied-by-existing:agreed"
"""The moment when they have."""

ANSWERS = ("advice.received:usable", AGREED)
"""What a request was asked for."""

RESTARTS = "wrong-body"
REOPENS = frozenset({"quality", "change-of-need", RESTARTS})
"""Why a request replaces another: these ask anew, while `icb-changed` only passes an open request on."""

STARTING = frozenset({"advice.requested", "advice.delivered"})
STEPS = ("advice.acknowledged", "advice.allocated", "advice.sent-by-body")


@dataclass(slots=True)
class Link:
    """One request in the chain. `asked_for` is the fact believed; `facts` is all that is known about it, by kind."""

    id: str
    asked_for: Fact
    requested_on: date
    because: str | None
    facts: dict[str, list[Fact]] = field(default_factory=dict)


@dataclass(slots=True)
class Chain:
    """`id` is its first request's, known or not, and never changes. `moments` are what rules speak of,
    `because` the fact behind each.

    `divided`: others that are expected are its parts, and it is answered when they are.
    `start` is the fact that the clock starts from; `seen_on` the day the hub first heard of the chain; `request_named`
    the request that its latest link names, known or not.
    """

    id: str
    links: list[Link]
    asked: Body
    heading: str | None
    service: str | None
    required: bool
    part_of: str | None
    purpose: str
    start: Fact
    seen_on: date
    case: Case | None = None
    divided: bool = False
    request_named: str | None = None
    moments: dict[str, date] = field(default_factory=dict)
    because: dict[str, Fact] = field(default_factory=dict)
    dates: dict[str, date] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)
    disagreements: list[Disagreement] = field(default_factory=list)

    def mark(self, moment: str, fact: Fact) -> None:
        """Something happened; the first time counts."""
        if moment not in self.moments:
            self.moments[moment], self.because[moment] = fact.on, fact

    @property
    def latest(self) -> Link:
        """The request that now stands."""
        return self.links[-1]

    @property
    def expected(self) -> bool:
        """Whether it is required and was not cancelled."""
        return self.required and "advice.cancelled" not in self.moments

    @property
    def wanted(self) -> bool:
        """Whether a heading waits for it: expected, and not divided into parts that are waited for."""
        return self.expected and not self.divided

    @property
    def received_on(self) -> date | None:
        """When usable final advice came, or all three agreed on existing advice."""
        found = (self.moments.get("advice.received:usable"), self.moments.get(AGREED))
        return min((on for on in found if on), default=None)

    @property
    def ended_on(self) -> date | None:
        """The day from which nothing more is expected."""
        ends = ("advice.cancelled", "advice.declined:permitted", "advice.received:not-known")
        return self.received_on or min((self.moments[end] for end in ends if end in self.moments), default=None)

    def is_open(self, day: date) -> bool:
        """Whether an event of that day could belong to it."""
        return self.links[0].requested_on <= day and (self.ended_on is None or day <= self.ended_on)

    def bodies(self) -> list[Body]:
        """The bodies that were asked, or to which the request was passed on."""
        found = [self.asked]
        for link in self.links:
            said = [fact.data.get("to") for fact in link.facts.get("advice.delivered", ())]
            said += [fact.data.get("by") for kind in STEPS for fact in link.facts.get(kind, ())]
            found += [body for body in map(body_of, said) if body]
        return found


def chain_of(id_: str, links: list[Link], standing: Standing) -> Chain:
    """A chain from its links in order, before its events are settled."""
    last = links[-1].asked_for
    data = last.data
    first = links[_restart(links)]
    return Chain(
        id=id_,
        links=links,
        asked=body_of(data.get("asked")) or UNKNOWN,
        heading=text_in(data, "heading"),
        service=text_in(data, "service"),
        required=data.get("required") is not False,
        part_of=text_in(data, "part_of"),
        purpose=text_in(data, "purpose") or "assessment",
        start=first.asked_for,
        seen_on=min(
            standing.first_seen[fact.key]
            for link in links
            for kind in ("advice.requested", "advice.delivered")
            for fact in link.facts.get(kind, ())
        ),
    )


def settle(chain: Chain, precedence: Precedence) -> None:
    """Work out the chain's moments from the facts about its links. May be called again when a link gains facts."""
    chain.moments, chain.because, chain.dates, chain.questions, chain.disagreements = {}, {}, {}, [], []
    _start(chain, precedence)
    kinds = {kind for link in chain.links for kind in link.facts}
    if kinds <= STARTING:  # as most are when something else about the child changes
        return
    _steps(chain, kinds, precedence)
    floor = _floor(chain)
    returned = _returned(chain, floor)
    _existing(chain, floor, returned)
    _receipts(chain, precedence, floor, returned)
    _declines(chain, floor, returned)
    _cancel(chain, precedence)


def _restart(links: list[Link]) -> int:
    """The link whose start counts: the first, or the last that went to the right body after a wrong one."""
    return max((n for n, link in enumerate(links) if link.because == RESTARTS), default=0)


def _floor(chain: Chain) -> int:
    """The link that last asked anew: only what answers it, or a later one, counts."""
    return max((n for n, link in enumerate(chain.links) if n and link.because in REOPENS), default=0)


def _start(chain: Chain, precedence: Precedence) -> None:
    """The six weeks run from delivery to the body asked; onward legs are routing. Without delivery, from sending."""
    first = chain.links[_restart(chain.links)]
    chain.start = first.asked_for
    chain.moments["advice.requested"], chain.because["advice.requested"] = first.requested_on, first.asked_for
    asked = body_of(first.asked_for.data.get("asked")) or UNKNOWN
    delivered = []
    for fact in first.facts.get("advice.delivered", ()):
        if fact.data.get("leg", "body-asked") != "body-asked":
            continue
        to = body_of(fact.data.get("to"))
        if to is not None and not to.could_be(asked):
            chain.questions.append(ask("delivered-elsewhere", fact))
        else:
            delivered.append(fact)
    _differ(chain, "advice.requested", first.facts["advice.requested"], first.asked_for)
    if delivered:
        chain.start = delivered[0]
        chain.mark("advice.delivered", delivered[0])
        _differ(chain, "advice.delivered", delivered, delivered[0])
        if delivered[0].on < first.requested_on:
            chain.questions.append(ask("delivered-before-sent", delivered[0], beside=f"sent on {first.requested_on}"))


def _steps(chain: Chain, kinds: set[str], precedence: Precedence) -> None:
    """What the body says of its work; nothing starts or ends by it."""
    for kind in STEPS:
        if kind in kinds:
            facts = _facts(chain, kind)
            chain.dates[kind] = _believed(facts, precedence)[0].on


def _returned(chain: Chain, floor: int) -> date | None:
    """The last day on which what had come was sent back: it reopens the request with the date it had."""
    facts = _facts(chain, "advice.returned", floor)
    if not facts:
        return None
    chain.dates["advice.returned"] = facts[-1].on
    return facts[-1].on


def _receipts(chain: Chain, precedence: Precedence, floor: int, returned: date | None) -> None:
    asked_on = chain.links[floor].requested_on
    usable, not_known = [], []
    for n, fact in _numbered(chain, "advice.received"):
        on, data = fact.on, fact.data
        if on < asked_on or (n < floor and on == asked_on):
            if floor == 0 and AGREED not in chain.moments:
                chain.questions.append(ask("advice-before-asked", fact, beside=f"asked for on {asked_on}"))
            continue
        if data.get("not_known") is True:
            not_known.append(fact)
        elif data.get("final") is False:
            chain.dates.setdefault("advice.received:draft", on)
        elif data.get("usable", "not-checked") is not False:
            usable.append(fact)
    usable = [fact for fact in usable if returned is None or fact.on > returned]
    not_known = [fact for fact in not_known if returned is None or fact.on > returned]
    if usable:
        best = _believed(usable, precedence)[0]
        chain.mark("advice.received:usable", best)
        _differ(chain, "advice.received", usable, best)
    if not_known:
        chain.mark("advice.received:not-known", not_known[0])


def _existing(chain: Chain, floor: int, returned: date | None) -> None:
    """Earlier advice counts only when author, authority and family agree (reg 6(4)), whenever it was written."""
    for fact in _facts(chain, "advice.satisfied-by-existing"):
        on = fact.on
        if (floor and on < chain.links[floor].requested_on) or (returned is not None and on <= returned):
            continue
        if all_agree(fact):
            chain.mark(AGREED, fact)
        else:
            chain.questions.append(ask("agreements-missing", fact))


def all_agree(fact: Fact) -> bool:
    """Whether the three whose agreement reg 6(4) asks for have each given it."""
    agreements = fact.data.get("agreements")
    found = agreements if isinstance(agreements, list | tuple) else ()
    return {text_in(item, "by") for item in found if isinstance(item, dict)} >= AGREEING


def _declines(chain: Chain, floor: int, returned: date | None) -> None:
    asked_on = chain.links[floor].requested_on
    for fact in _facts(chain, "advice.declined", floor):
        if fact.on < asked_on:
            chain.questions.append(ask("ends-before-start", fact, beside=f"asked for on {asked_on}"))
            continue
        permitted = text_in(fact.data, "ground") in PERMITTED_GROUNDS and fact.data.get("reasons_given") is True
        if not permitted or chain.asked.role not in S31_ROLES:
            chain.questions.append(ask("decline-not-permitted", fact))
        elif returned is None or fact.on > returned:
            chain.mark("advice.declined:permitted", fact)


def _cancel(chain: Chain, precedence: Precedence) -> None:
    facts = chain.latest.facts.get("advice.cancelled")
    if facts:
        best = _believed(facts, precedence)[0]
        asked_on = chain.latest.requested_on
        if best.on < asked_on:
            chain.questions.append(ask("ends-before-start", best, beside=f"asked for on {asked_on}"))
        else:
            chain.mark("advice.cancelled", best)


def _numbered(chain: Chain, kind: str) -> list[tuple[int, Fact]]:
    if len(chain.links) == 1:
        return [(0, fact) for fact in chain.links[0].facts.get(kind, ())]
    found = [(n, fact) for n, link in enumerate(chain.links) for fact in link.facts.get(kind, ())]
    return sorted(found, key=lambda item: (item[1].on, item[1].key))


def _facts(chain: Chain, kind: str, floor: int = 0) -> list[Fact]:
    if len(chain.links) == 1:
        return chain.links[0].facts.get(kind, [])
    return [fact for n, fact in _numbered(chain, kind) if n >= floor]


def _believed(facts: list[Fact], precedence: Precedence) -> list[Fact]:
    if len(facts) == 1:
        return facts
    best = precedence.best(facts)
    return [fact for fact in facts if fact.source == best]


def _differ(chain: Chain, kind: str, facts: list[Fact], standing: Fact) -> None:
    if len(facts) > 1:
        chain.disagreements += disagreements(chain.id, kind, facts, standing)
