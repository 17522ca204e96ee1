"""Answers kept in memory for a while, by policy: nobody is looked up twice a day for nothing."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connectors.nhs.pds.port import Demographics, Reply, Sought
from connectors.nhs.pds.query import query_of
from hub.platform.clock import Clock

_OF_A_PERSON = frozenset({"found", "superseded", "invalidated"})
_OF_NOBODY = frozenset({"none", "many", "not-found", "invalid-number"})


@dataclass(frozen=True, slots=True)
class Policy:
    """How many seconds an answer about a person, and one that there is none, is good for; and how many are kept."""

    person: float = 86_400.0
    nobody: float = 3_600.0
    entries: int = 10_000

    def seconds(self, reply: Reply) -> float:
        """How long this one is good for; what the service did not take, or nobody could read, is not kept."""
        if reply.result in _OF_A_PERSON:
            return self.person
        return self.nobody if reply.result in _OF_NOBODY else 0.0


class Cached:
    """The service, asked only for what it did not say lately."""

    def __init__(self, inner: Demographics, policy: Policy, clock: Clock) -> None:
        self._inner = inner
        self._policy = policy
        self._clock = clock
        self._kept: OrderedDict[Hashable, tuple[datetime, Reply]] = OrderedDict()

    async def retrieve(self, number: str) -> Reply:
        """See Demographics."""
        return await self._find(number, lambda: self._inner.retrieve(number))

    async def search(self, sought: Sought) -> Reply:
        """See Demographics. Who gives the same query gets the same answer."""
        return await self._find(query_of(sought), lambda: self._inner.search(sought))

    async def _find(self, key: Hashable, question: Callable[[], Awaitable[Reply]]) -> Reply:
        until, reply = self._kept.get(key, (None, None))
        if reply is not None and until is not None and self._clock.now() < until:
            return replace(reply, kept=True)
        reply = await question()
        self._keep(key, reply)
        return reply

    def _keep(self, key: Hashable, reply: Reply) -> None:
        self._kept.pop(key, None)
        seconds = self._policy.seconds(reply)
        if seconds > 0:
            self._kept[key] = self._clock.now() + timedelta(seconds=seconds), reply
        while len(self._kept) > self._policy.entries:
            self._kept.popitem(last=False)
