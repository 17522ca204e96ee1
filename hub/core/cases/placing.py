"""Which advice request is a statement about? Our reference, a person's link, or the only open one that fits."""

from collections.abc import Iterable, Mapping

from hub.core.cases.advice import ANSWERS, STEPS, Chain, Link, all_agree, chain_of, settle
from hub.core.cases.body import body_of
from hub.core.cases.case import Case, Cases
from hub.core.cases.circles import circles_in, firsts, reached_in
from hub.core.cases.disagreement import Precedence
from hub.core.cases.references import Aliases, owner
from hub.core.cases.requests import Request
from hub.core.facts.data import EARLIEST
from hub.core.facts.fact import Fact
from hub.core.facts.standing import Standing
from hub.core.questions import Question, ask, which
from schemas.ids import full_id

EXISTING = "advice.satisfied-by-existing"
ADVICE_EVENTS = (
    "advice.delivered",
    *STEPS,
    "advice.received",
    "advice.returned",
    "advice.declined",
    EXISTING,
    "advice.cancelled",
)
"""Events that change what is known of an advice request. A missed appointment by itself changes nothing."""


def chains_of(
    standing: Standing, cases: Cases, requests: dict[str, Request], aliases: Aliases, precedence: Precedence
) -> tuple[list[Chain], list[Question]]:
    """The advice chains, each in its case, and the questions about facts that could not be placed."""
    links = _links(standing.of("advice.requested"), aliases, precedence)
    loose, questions = _place_named(standing.of(*ADVICE_EVENTS), links, aliases)
    chains, asked_twice = _chains(links, standing, aliases)
    questions += asked_twice
    for chain in chains:
        settle(chain, precedence)
        chain.case = _case_of(chain, cases, requests, aliases, questions)
    _place_loose(loose, chains, cases, aliases, precedence, questions)
    questions += _divide(chains, aliases)
    for chain in chains:
        questions += chain.questions
    return chains, questions


def advice_id(fact: Fact) -> str:
    """The advice a request fact is about; its record where it names none."""
    return fact.subject.get("advice") or f"{fact.source}/{fact.record}"


def _links(facts: list[Fact], aliases: Aliases, precedence: Precedence) -> dict[str, Link]:
    asked: dict[str, list[Fact]] = {}
    for fact in facts:
        asked.setdefault(aliases.of("advice", advice_id(fact)), []).append(fact)
    links = {}
    for id_, said in asked.items():
        best = precedence.best(said)
        believed = next(fact for fact in said if fact.source == best)
        requested_on = said[0].effective_on
        assert requested_on is not None
        because = _replaces(believed).get("because")
        links[id_] = Link(id_, believed, requested_on, because, {"advice.requested": said})
    return links


def _replaces(fact: Fact) -> dict[str, str]:
    found = fact.data.get("replaces")
    return found if isinstance(found, dict) and isinstance(found.get("advice"), str) else {}


def _place_named(facts: list[Fact], links: dict[str, Link], aliases: Aliases) -> tuple[list[Fact], list[Question]]:
    """Give each link the facts that name it; what names no link known here is loose, or waits for its own source."""
    owners = {owner(id_) for id_ in links}
    loose: list[Fact] = []
    unknown: dict[str, Question] = {}
    for fact in facts:
        named = [aliases.of("advice", id_) for id_ in _named(fact)]
        found = False
        for id_ in named:
            if (link := links.get(id_)) is not None:
                link.facts.setdefault(fact.kind, []).append(fact)
                found = True
        if found:
            continue
        waiting = [id_ for id_ in named if owner(id_) in owners]
        if waiting and fact.kind != EXISTING:  # existing advice needs no request, so its own id names none
            unknown.setdefault(waiting[0], ask("unknown-advice", fact, waiting[0], beside=f"it names {waiting[0]}"))
        else:
            loose.append(fact)
    return loose, list(unknown.values())


def _named(fact: Fact) -> list[str]:
    answers = fact.data.get("answers")
    if answers and isinstance(answers, list | tuple):
        return [full_id(fact.source, answer) for answer in answers if isinstance(answer, str)]
    named = fact.subject.get("advice")
    return [named] if named else []


def _chains(links: dict[str, Link], standing: Standing, aliases: Aliases) -> tuple[list[Chain], list[Question]]:
    """Links by their first request, in the order in which they replace each other."""
    before = {id_: named for id_, link in links.items() if (named := _before(link, aliases)) is not None}
    circles = circles_in(reached_in({id_: (named,) for id_, named in before.items()}))
    questions = [
        ask("replaces-in-circle", links[first].asked_for, first, beside=_circle(circles[first]))
        for first in firsts(circles)
    ]
    replaced: dict[str, str] = {}
    roots: dict[str, list[tuple[int, Link]]] = {}
    for id_, link in links.items():
        if id_ in before and id_ not in circles and replaced.setdefault(before[id_], id_) != id_:
            questions.append(ask("replaced-twice", link.asked_for, beside=f"both name {before[id_]}"))
        root, depth = _root(id_, before, circles)
        roots.setdefault(root, []).append((depth, link))
    chains = []
    for root, found in roots.items():
        found.sort(key=lambda item: (item[0], item[1].requested_on, item[1].id))
        chains.append(chain_of(root, [link for _, link in found], standing))
    chains.sort(key=lambda chain: chain.id)
    return chains, questions


def _circle(ids: Iterable[str]) -> str:
    return f"the circle is {', '.join(sorted(ids))}"


def _before(link: Link, aliases: Aliases) -> str | None:
    named = _replaces(link.asked_for).get("advice")
    return aliases.of("advice", full_id(link.asked_for.source, named)) if named else None


def _root(id_: str, before: Mapping[str, str], circles: Mapping[str, frozenset[str]]) -> tuple[str, int]:
    """The first request of a chain, known or not, and how many replacements lie between. In a circle nobody is first,
    so the least id stands for all."""
    depth = 0
    while id_ in before and id_ not in circles:
        id_, depth = before[id_], depth + 1
    return (min(circles[id_]) if id_ in circles else id_), depth


def _case_of(
    chain: Chain, cases: Cases, requests: dict[str, Request], aliases: Aliases, questions: list[Question]
) -> Case | None:
    """The case of a chain's latest request: as named, else the only one open when it was sent."""
    fact = chain.latest.asked_for
    named = fact.subject.get("request")
    if named is None and chain.purpose != "assessment":
        return None  # a review or a reassessment belongs to a plan, not to a request
    ours = chain.request_named = aliases.of("request", named) if named else None
    if ours in cases.by_request:
        return cases.by_request[ours]
    if named and owner(named) in {owner(id_) for id_ in requests}:
        questions.append(ask("unknown-request", fact, named, beside=f"it names {named}"))
        return None
    fits = [case for case in cases.cases if case.is_open(chain.links[0].requested_on)]
    if len(fits) == 1:
        return fits[0]
    if fits:
        questions.append(which("request", fact, (case.id for case in fits)))
    elif not named:
        questions.append(ask("no-open-request", fact))
    else:
        questions.append(ask("unknown-request", fact, named, beside=f"it names {named}"))
    return None


def _place_loose(
    loose: list[Fact],
    chains: list[Chain],
    cases: Cases,
    aliases: Aliases,
    precedence: Precedence,
    questions: list[Question],
) -> None:
    """The only one open on the fact's date with the same heading, service and body. What is open is judged by facts
    that name their request, so that no loose fact depends on another."""
    gained: dict[str, tuple[Chain, list[Fact]]] = {}
    for fact in loose:
        case = cases.by_request.get(aliases.of("request", fact.subject.get("request", "")))
        fits = [chain for chain in chains if _fits(fact, chain) and (case is None or chain.case is case)]
        if len(fits) == 1:
            gained.setdefault(fits[0].id, (fits[0], []))[1].append(fact)
        elif fact.kind == EXISTING and not fits:
            _satisfy_heading(fact, cases, aliases, questions)
        else:
            questions.append(_which(fact, fits, chains))
    for chain, facts in gained.values():
        for fact in facts:
            chain.latest.facts.setdefault(fact.kind, []).append(fact)
        for said in chain.latest.facts.values():
            said.sort(key=lambda fact: (fact.effective_on, fact.key))
        settle(chain, precedence)


def _divide(chains: list[Chain], aliases: Aliases) -> list[Question]:
    """A request that was divided is answered on the day on which the last of its required parts is in. Requests that
    are parts of one another are each waited for as a whole, and a question."""
    parts = [chain for chain in chains if chain.part_of]
    if not parts:
        return []
    by_id = {chain.id: chain for chain in chains}
    wholes = _wholes(parts, chains, aliases)
    reached = reached_in(wholes)
    circles = circles_in(reached)
    divided: dict[str, list[Chain]] = {}
    for part in parts:
        for whole in wholes[part.id] if part.id not in circles else ():
            divided.setdefault(whole, []).append(part)
    for id_ in sorted(divided, key=lambda id_: (-len(reached.get(id_, ())), id_)):  # a part before what it is a part of
        _answer_whole(by_id[id_], divided[id_])
    return [
        ask("parts-in-circle", by_id[first].latest.asked_for, first, beside=_circle(circles[first]))
        for first in firsts(circles)
    ]


def _wholes(parts: list[Chain], chains: list[Chain], aliases: Aliases) -> dict[str, list[str]]:
    """The chain that each says it is a part of: by the id in full, else the others that have such an id of any source
    (a trust names the council's), and itself only where nothing else has it."""
    exact: dict[str, set[str]] = {}
    alike: dict[str, set[str]] = {}
    for chain in chains:
        for link in chain.links:
            exact.setdefault(link.id, set()).add(chain.id)
            alike.setdefault(link.id.partition("/")[2], set()).add(chain.id)
    found = {}
    for part in parts:
        named = part.part_of or ""
        full = exact.get(aliases.of("advice", full_id(part.latest.asked_for.source, named)), set())
        found[part.id] = sorted(full - {part.id} or alike.get(named, set()) - {part.id} or full)
    return found


def _answer_whole(chain: Chain, parts: list[Chain]) -> None:
    """Mark a divided request as answered when its required parts are. One without a part that is still wanted is waited
    for itself."""
    wanted = [part for part in parts if part.expected]
    chain.divided = bool(wanted)
    if wanted and chain.received_on is None and all(part.received_on for part in wanted):
        _, last = max(((part.received_on or EARLIEST, part.id), part) for part in wanted)
        moment = next(each for each in ANSWERS if last.moments.get(each) == last.received_on)
        chain.mark(moment, last.because[moment])


def _fits(fact: Fact, chain: Chain) -> bool:
    on, data = fact.effective_on, fact.data
    if on is None or not chain.is_open(on):
        return False
    stated = [(data.get(name), ours) for name, ours in (("heading", chain.heading), ("service", chain.service))]
    known = [(theirs, ours) for theirs, ours in stated if theirs and ours]
    if not known or any(theirs != ours for theirs, ours in known):
        return False
    body = body_of(data.get("from") or data.get("by") or data.get("to"))
    return body is None or fact.kind == EXISTING or any(body.could_be(other) for other in chain.bodies())


def _which(fact: Fact, fits: list[Chain], chains: list[Chain]) -> Question:
    on = fact.effective_on
    assert on is not None
    candidates = fits or [chain for chain in chains if chain.is_open(on)]
    return which("advice", fact, (chain.latest.id for chain in candidates))


def _satisfy_heading(fact: Fact, cases: Cases, aliases: Aliases, questions: list[Question]) -> None:
    """Existing advice that nobody needed to ask for: it completes its heading in its case."""
    named = aliases.of("request", fact.subject.get("request", ""))
    on = fact.effective_on
    assert on is not None
    case = cases.by_request.get(named)
    if case is None:
        fits = [case for case in cases.cases if case.is_open(on)]
        case = fits[0] if len(fits) == 1 else None
    if case is None:
        questions.append(ask("no-open-request", fact))
    elif all_agree(fact):
        case.satisfied.append(fact)
    else:
        questions.append(ask("agreements-missing", fact))
