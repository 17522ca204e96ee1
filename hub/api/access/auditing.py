"""Writing down who did what, before it is answered."""

from collections.abc import Awaitable, Callable

from hub.api.access.principal import Principal
from hub.platform.clock import Clock
from schemas.audit import Action, AuditEntry

Note = Callable[[AuditEntry], Awaitable[None]]
"""Returns once an entry is kept; raises Unavailable. What it is about may be answered only then."""


class Audited:
    """Writes entries down. `why` is in the words of whoever asks, or says in which capacity they ask."""

    def __init__(self, note: Note, clock: Clock) -> None:
        self._note = note
        self._clock = clock

    async def act(self, who: Principal, action: Action, subjects: tuple[str, ...], why: str) -> None:
        """One act of somebody known; raises Unavailable."""
        await self.by(who.actor, action, subjects, why)

    async def by(self, actor: str, action: Action, subjects: tuple[str, ...], why: str) -> None:
        """One act by an opaque id; raises Unavailable."""
        await self._note(AuditEntry(actor=actor, action=action, subjects=subjects, why=why, at=self._clock.now()))
