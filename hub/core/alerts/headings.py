"""Headings left open: advice that was closed without what was due, and why nobody has to look at it any more.

A body that knows nothing of the child, or may lawfully decline, has done its part; the assessment still needs the
heading (reg 6(1)).
"""

from collections.abc import Iterable, Mapping

from hub.core.alerts.occasions import Looking, Occasion, telling_of
from hub.core.cases.advice import Chain
from hub.core.cases.headings import Heading
from hub.core.clocks.deadline import Deadline
from schemas.alerts import Reason

Headings = Mapping[str, list[Heading]]
"""Each case's headings, by its id."""

CLOSERS = ("advice.received", "advice.declined")
"""The kinds of fact that can close a request without what was due."""


def of_headings(deadlines: Iterable[Deadline], headings: Headings, looking: Looking) -> list[Occasion]:
    """The occasions of advice that was closed while its heading is open."""
    found = []
    for deadline in deadlines:
        if deadline.state == "closed" and outcome(deadline, headings) is None:
            tells = telling_of(deadline, looking.rules).tells.get("heading-open", ())
            if tells:
                found.append(Occasion("heading-open", deadline.id, deadline.subject, deadline, tells))
    return found


def outcome(deadline: Deadline, headings: Headings) -> Reason | None:
    """Why the heading is no longer left open by this advice; None while it is."""
    chain = deadline.subject.chain
    if chain is None or chain.case is None:
        return "corrected"
    case = chain.case
    if chain.received_on is not None or _is_complete(chain, headings):
        return "met"
    if deadline.is_open:
        return "resolved" if _is_asked_anew(chain) else "corrected"
    if "plan.issued" in case.moments:
        return "closed"
    if case.ended_on is not None or deadline.state == "void" or "advice.cancelled" in chain.moments:
        return "void"
    return None if deadline.state == "closed" and chain.wanted else "corrected"


def _is_complete(chain: Chain, headings: Headings) -> bool:
    named = headings.get(chain.case.id, ()) if chain.case else ()
    return any(heading.complete for heading in named if heading.name == chain.heading)


def _is_asked_anew(chain: Chain) -> bool:
    """Whether what closed it still stands, but another request has taken its place."""
    return any(link.facts.get(kind) for link in chain.links[:-1] for kind in CLOSERS)
