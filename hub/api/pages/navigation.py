"""What the pages' navigation offers, by what somebody may."""

from typing import NamedTuple

from hub.api.access.permissions import Permission
from hub.api.access.principal import Principal
from hub.api.access.ways import PAGES


class Entry(NamedTuple):
    """One entry: where it leads, what it is called, and what it needs."""

    path: str
    title: str
    needs: Permission


ENTRIES: tuple[Entry, ...] = (
    Entry(f"{PAGES}/worklist", "Worklist", "record.read"),
    Entry(f"{PAGES}/changes", "Changes", "record.read"),
    Entry(f"{PAGES}/find", "Find a child", "child.find"),
    Entry(f"{PAGES}/questions", "Questions", "review.read"),
    Entry(f"{PAGES}/measures", "Measures", "measures.read"),
    Entry(f"{PAGES}/messages", "Messages", "message.read"),
    Entry(f"{PAGES}/dead-letters", "Dead letters", "letter.read"),
    Entry(f"{PAGES}/jobs", "Replays", "message.replay"),
    Entry(f"{PAGES}/sources", "Sources and stages", "source.read"),
)
"""In this order. Whoever comes in begins with the first that they may."""


def entries_for(who: Principal) -> tuple[Entry, ...]:
    """Those that somebody may open."""
    return tuple(entry for entry in ENTRIES if who.may(entry.needs))
