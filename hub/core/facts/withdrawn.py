"""What was taken back counts on no day, and all is as if nobody had said it: a notice of a death that was no death, and
a person's answer to a question.

While it stood what it did was right, and a look at those days as they were known then still says so. Once it is taken
back no alert may open anew for its sake, no deadline count as put back: hence never told, rather than told and
corrected.
"""

from collections.abc import Iterable
from datetime import date

from hub.core.facts.answers import is_answer
from hub.core.facts.fact import Fact, Key

DIED = "child.died"


def without_withdrawn(counted: Iterable[tuple[date, Fact]]) -> list[tuple[date, Fact]]:
    """The facts that count, but for notices of a death, and answers, up to the last version that is withdrawn."""
    known = list(counted)
    withdrawn: dict[Key, tuple[int, int, str]] = {}
    for _, fact in known:
        if takes_back(fact):
            withdrawn[fact.key] = max(fact.rank, withdrawn.get(fact.key, fact.rank))
    if not withdrawn:
        return known
    return [(on, fact) for on, fact in known if not _is_among(fact, withdrawn)]


def takes_back(fact: Fact) -> bool:
    """Whether it changes what counted on past days too."""
    return fact.retracted and _can_be_taken_back(fact)


def _is_among(fact: Fact, withdrawn: dict[Key, tuple[int, int, str]]) -> bool:
    return _can_be_taken_back(fact) and fact.key in withdrawn and fact.rank <= withdrawn[fact.key]


def _can_be_taken_back(fact: Fact) -> bool:
    return fact.kind == DIED or is_answer(fact)
