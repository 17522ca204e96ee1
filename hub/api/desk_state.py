"""Identity's state, followed on its changelog: read only, as of the last whole transaction, whenever somebody looks."""

import asyncio
from collections.abc import Iterable
from contextlib import AsyncExitStack

from aiokafka.errors import KafkaError

from hub.core.identity.erasure import owner_of
from hub.core.identity.store import KeyValues
from hub.platform.settings import Settings
from hub.runtime.changelog import Content
from hub.runtime.log_reader import LogReader
from hub.runtime.partitions import Partition
from hub.runtime.state import Changes
from hub.runtime.vault import SealedValues
from hub.stages.errors import Unavailable
from schemas.topics import IDENTITY_STATE

CHANGELOG = Partition(IDENTITY_STATE.name, 0)


class FollowedState:
    """Holds the changelog's values as they stand there, sealed, and reads on each time it is asked.

    The stage is neither asked nor slowed down, and goes on being looked into while it is stopped.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = asyncio.Lock()
        self._open = AsyncExitStack()
        self._log: LogReader | None = None
        self._content = Content()

    async def read(self) -> KeyValues:
        """The state as of now, to be read only. Raises Unavailable while Kafka is away or the state is damaged."""
        async with self._lock:
            try:
                await self._read_on()
            except (KafkaError, OSError) as error:
                await self._forget()
                raise Unavailable(f"identity's state can't be read: {type(error).__name__}") from None
            except BaseException:
                await self._forget()
                raise
            if self._content.damaged:
                raise Unavailable("identity's state is damaged: nothing is shown out of it until it is restored")
            held = self._content.state
            return Changes(SealedValues(CHANGELOG.topic, self._settings.ring, owner_of, held))

    def marks(self, _values: KeyValues) -> Iterable[tuple[str, object]]:
        """The keys, each with its sealed value: another object once it was written again. Nothing is opened."""
        return list(self._content.state.items())

    async def close(self) -> None:
        """Disconnect."""
        async with self._lock:
            await self._forget()

    async def _read_on(self) -> None:
        if self._log is None:
            self._log = await self._open.enter_async_context(LogReader(self._settings, [CHANGELOG]))
        async for records in self._log.read_on():
            self._content.take(records)

    async def _forget(self) -> None:
        """Begin anew with the next look: half of what was read may be missing."""
        self._log, self._content = None, Content()
        await self._open.aclose()
