"""Messages for whoever asks: those of the feeds in their areas, and nothing of a restricted child but to the named."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, select

from hub.api.access import Permission, Principal
from hub.api.reading import Reading
from hub.store import tables
from hub.store.reader import withheld
from schemas.trail import WITHHELD, message_key


def of_feeds(reading: Reading, who: Principal, permission: Permission) -> list[ColumnElement[bool]]:
    """The condition on messages that somebody may see them by a permission; none, where they may see all."""
    known = reading.sources_of(who, permission)
    return [] if known is None else [tables.messages.c.source.in_(known)]


def letters_of_feeds(reading: Reading, who: Principal, permission: Permission) -> list[ColumnElement[bool]]:
    """The same of dead letters. One that names no feed is seen by whoever sees all."""
    known = reading.sources_of(who, permission)
    return [] if known is None else [tables.dead_letters.c.source.in_(known)]


def restricted_among(connection: Connection, children: Iterable[str], who: Principal) -> frozenset[str]:
    """Of these children those of whom somebody is not named to know: also those that were purged."""
    wanted = set(children)
    if who.restricted or not wanted:
        return frozenset()
    kept = withheld().subquery()
    return frozenset(connection.scalars(select(kept.c[0]).where(kept.c[0].in_(sorted(wanted))))) | wanted & {WITHHELD}


def keys_of(sources: Iterable[str], said: str) -> list[str]:
    """The ids by which a message may be known that somebody names: ours, or that of its sender, whichever feed it is
    of."""
    return [said, *(message_key(source, said) for source in sources)]
