"""Running an HTTP connector's process: its port, its health, and a clean end."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
import uvicorn
from starlette.types import ASGIApp

from hub.platform import metrics
from hub.platform.health import Health
from hub.platform.listening import listen
from hub.platform.settings import Settings

_log = structlog.get_logger()

_CHECK_SECONDS = 5.0
_FINISH_SECONDS = 10


async def serve(app: ASGIApp, settings: Settings, health: Health, **options: Any) -> None:
    """Serve until SIGTERM or SIGINT; then finish the requests in hand (10 s at most) and return.

    The ports are taken first and told in one log line: {"event": "listening", "port": …, "metrics_port": …}.
    `options` are further ones of uvicorn.Config, as for TLS.
    """
    listener = listen(settings.host, settings.port)
    metrics_port = metrics.serve(health, settings.host, settings.metrics_port)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            lifespan="off",
            ws="none",
            access_log=False,
            server_header=False,
            date_header=True,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=_FINISH_SECONDS,
            **options,
        )
    )
    _leave_signals_to(server)
    _log.info("listening", host=settings.host, port=listener.getsockname()[1], metrics_port=metrics_port)
    await server.serve(sockets=[listener])
    _log.info("stopped")


def check(ready: Callable[[], Awaitable[bool]], problem: str) -> Callable[[], str | None]:
    """A health check, callable from any thread, of an asynchronous `ready` on the loop that is running now."""
    loop = asyncio.get_running_loop()

    async def ask() -> bool:
        return await ready()

    def answer() -> str | None:
        try:
            well = asyncio.run_coroutine_threadsafe(ask(), loop).result(_CHECK_SECONDS)
        except (TimeoutError, RuntimeError):
            well = False
        return None if well else problem

    return answer


def _leave_signals_to(server: uvicorn.Server) -> None:
    """A signal before the server minds them itself stops it too.

    At its end it raises the one that stopped it once more: then nobody must die of it.
    """

    def stop(*_: object) -> None:
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
