"""What makes a child count for nothing, whatever else is told of it and in whatever order: its child was adopted."""

from collections.abc import Iterable

from hub.core.facts.fact import Fact

PURGED = "child.purged"


def is_purged(facts: Iterable[Fact]) -> bool:
    """Whether any of the facts told to a child says that nothing is to be left of it."""
    return any(fact.kind == PURGED for fact in facts)
