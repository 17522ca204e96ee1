"""The one port through which a person sees who a child is. Every look is audited before it is answered.

`Desk` answers from identity's state: over a dict in tests, over the changelog in the desk's own process. `RemoteDesk`
(hub/api/remote_desk.py) asks that process. One conformance suite runs on both.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol

from hub.core.identity import Identity, finding, knowing, looking, supervising
from hub.core.identity.store import KeyValues
from hub.platform.clock import Clock, today
from schemas.audit import AuditEntry
from schemas.looks import Adoption, Evidence, FoundChildren, Identified, KnownChildren, Ruled, Sought


class Identities(Protocol):
    """Names and evidence for a person who looks now. Every method raises Unavailable when it cannot tell, and so does a
    look that cannot be audited."""

    async def identify(self, child: str, who: str, purpose: str) -> Identified | None:
        """The least by which staff know a child; None when there is none of that id."""
        ...

    async def known(self, children: Sequence[str], who: str, purpose: str, *, names: bool) -> KnownChildren:
        """Initials and school year of children, or with `names` name, date of birth and NHS number; one audit entry."""
        ...

    async def find(self, sought: Sought, who: str, purpose: str, most: int) -> FoundChildren:
        """At most so many children that fit what is sought, by id. What was sought is in no audit."""
        ...

    async def evidence(self, task: str, who: str, purpose: str, beside: Sequence[str] = ()) -> Evidence | None:
        """All that is needed to answer a question of identity, with children `beside` it whom whoever looks thinks of;
        None when identity did not ask it, or one of them is not there."""
        ...

    async def compare(self, children: Sequence[str], who: str, purpose: str) -> Evidence | None:
        """The same of children that a person compares, though nobody asked; None where one is not there."""
        ...

    async def adoption(self, child: str, who: str, purpose: str) -> Adoption | None:
        """A child who was adopted, by itself, and what could go on; None when there is none of that id."""
        ...

    async def ruled(self, decision: str) -> Ruled:
        """What came of a decision. Nothing personal: not audited."""
        ...


Read = Callable[[], Awaitable[KeyValues]]
"""Identity's state as of now; raises Unavailable."""

Write = Callable[[AuditEntry], Awaitable[None]]
"""Returns once an audit record is kept; raises Unavailable."""


def all_marks(values: KeyValues) -> Iterable[tuple[str, object]]:
    """Those of a state whose values are objects in memory: each is its own mark."""
    items: Callable[[], Iterable[tuple[str, object]]] = getattr(values, "items")  # noqa: B009 - the port has none
    return items()


class Desk:
    """Answers from identity's state. `marks` says what of it has changed since it was looked through."""

    def __init__(
        self, identity: Identity, read: Read, audit: Write, clock: Clock, marks: finding.Marks = all_marks
    ) -> None:
        self._identity = identity
        self._read = read
        self._audit = audit
        self._clock = clock
        self._marks = marks
        self._index = finding.Index()
        self._finding = asyncio.Lock()

    async def identify(self, child: str, who: str, purpose: str) -> Identified | None:
        """See Identities."""
        values, look = await self._read(), _new_look()
        found = looking.identified(values, child, look)
        names = {child, found.child_id} if found else {child}
        await self._note(look, who, purpose, tuple(sorted(names)))
        return found

    async def known(self, children: Sequence[str], who: str, purpose: str, *, names: bool) -> KnownChildren:
        """See Identities."""
        values, look = await self._read(), _new_look()
        if names:
            found = KnownChildren(look=look, named=knowing.named(values, children))
        else:
            found = KnownChildren(look=look, initialled=knowing.initialled(values, children, today(self._clock)))
        await self._note(look, who, purpose, tuple(dict.fromkeys(children)))
        return found

    async def find(self, sought: Sought, who: str, purpose: str, most: int) -> FoundChildren:
        """See Identities."""
        values, look = await self._read(), _new_look()
        async with self._finding:
            # Everybody is looked through the first time: nobody else waits for that.
            await asyncio.to_thread(self._index.follow, values, self._marks(values))
        found = self._index.find(sought, most)
        await self._note(look, who, purpose, found)
        return FoundChildren(look=look, children=found)

    async def evidence(self, task: str, who: str, purpose: str, beside: Sequence[str] = ()) -> Evidence | None:
        """See Identities."""
        values, look = await self._read(), _new_look()
        found = looking.evidence(self._identity, values, task, look, self._clock.now(), beside)
        await self._note(look, who, purpose, _subjects([task, *beside], found))
        return found

    async def compare(self, children: Sequence[str], who: str, purpose: str) -> Evidence | None:
        """See Identities."""
        values, look = await self._read(), _new_look()
        found = looking.comparison(self._identity, values, children, look, self._clock.now())
        await self._note(look, who, purpose, _subjects(children, found))
        return found

    async def adoption(self, child: str, who: str, purpose: str) -> Adoption | None:
        """See Identities. On record is the child that was looked at alone."""
        values, look = await self._read(), _new_look()
        found = supervising.adoption(self._identity, values, child, look, self._clock.now())
        await self._note(look, who, purpose, (child,))
        return found

    async def ruled(self, decision: str) -> Ruled:
        """See Identities."""
        return looking.ruled(await self._read(), decision)

    async def _note(self, look: str, who: str, purpose: str, subjects: tuple[str, ...]) -> None:
        entry = AuditEntry(
            actor=who, action="identity.look", subjects=subjects, why=purpose, at=self._clock.now(), id=look
        )
        await self._audit(entry)


def _subjects(asked: Sequence[str], found: Evidence | None) -> tuple[str, ...]:
    columns = found.columns if found is not None else ()
    children = [column.child_id for column in columns if column.child_id is not None]
    return tuple(dict.fromkeys([*asked, *(column.link for column in columns), *children]))


def _new_look() -> str:
    return secrets.token_hex(12)
