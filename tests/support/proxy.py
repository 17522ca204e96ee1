"""A proxy on loopback before a broker: it slows, holds back and cuts, and tells Kafka's requests apart.

It runs in the test's own event loop. The broker needs a second listener that tells clients to come here
(`hub.embedded.kafka.start(..., proxied=proxy.port)`); `target` is that listener's port.
"""

import asyncio
import math
from contextlib import suppress
from typing import Self

from hub.embedded.ports import LOOPBACK

PRODUCE = 0
OFFSET_COMMIT = 8


class Way:
    """One direction of all connections. `delay` is in seconds for each frame; frames never overtake."""

    def __init__(self) -> None:
        self.delay = 0.0
        self.waiting = 0
        self._kind: int | None = None
        self._allowed = math.inf
        self._moving = asyncio.Event()

    def hold(self, kind: int | None = None) -> None:
        """Let nothing pass from now on, or nothing of one kind of request (and what follows it on its connection)."""
        self._kind, self._allowed = kind, 0
        self._moving.clear()

    def let(self, frames: float = 1) -> None:
        """Let so many of the frames that are held pass after all."""
        self._allowed += frames
        self._moving.set()

    def release(self) -> None:
        """Let everything pass again."""
        self._kind = None
        self.let(math.inf)

    async def admit(self, kind: int | None) -> None:
        """Return when a frame of this kind may pass."""
        if self.delay:
            await asyncio.sleep(self.delay)
        self.waiting += 1
        try:
            while self._stands(kind):
                self._moving.clear()
                await self._moving.wait()
        finally:
            self.waiting -= 1
        if self._kind in (None, kind):
            self._allowed -= 1

    def _stands(self, kind: int | None) -> bool:
        return self._allowed < 1 and self._kind in (None, kind)


class Proxy:
    """`async with Proxy() as proxy`: listens on `port`, forwards to `target`."""

    def __init__(self) -> None:
        self.target = 0
        self.port = 0
        self.requests = Way()
        self.answers = Way()
        self._away = False
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, LOOPBACK, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *failure: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def address(self) -> str:
        """What clients are told."""
        return f"{LOOPBACK}:{self.port}"

    def cut(self) -> None:
        """Cut every connection, at once. Clients may come again."""
        for writer in self._writers:
            writer.transport.abort()

    def go_away(self) -> None:
        """Cut every connection and refuse new ones, until `come_back`."""
        self._away = True
        self.cut()

    def come_back(self) -> None:
        """Take connections again."""
        self._away = False

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            if not self._away:
                await self._forward(reader, writer)
        except (OSError, asyncio.CancelledError):
            # A connection that ends is what a proxy is for; its task ends with it, also when the test does.
            return
        finally:
            self._writers.discard(writer)
            self._tasks.discard(task)
            writer.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass frames both ways until either end closes."""
        there, back = await asyncio.open_connection(LOOPBACK, self.target)
        kinds: dict[bytes, int] = {}
        ways = [
            asyncio.ensure_future(self._pass(reader, back, self.requests, kinds, asked=True)),
            asyncio.ensure_future(self._pass(there, writer, self.answers, kinds, asked=False)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in ways:
                each.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            back.transport.abort()

    @staticmethod
    async def _pass(
        source: asyncio.StreamReader, sink: asyncio.StreamWriter, way: Way, kinds: dict[bytes, int], asked: bool
    ) -> None:
        """Requests begin with their kind, version and correlation id; answers with the correlation id."""
        with suppress(asyncio.IncompleteReadError, OSError):
            while True:
                length = await source.readexactly(4)
                frame = await source.readexactly(int.from_bytes(length, "big"))
                if asked:
                    kind = kinds[frame[4:8]] = int.from_bytes(frame[:2], "big")
                else:
                    kind = kinds.pop(frame[:4], -1)
                await way.admit(kind)
                sink.write(length + frame)
                await sink.drain()
