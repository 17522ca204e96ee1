"""Waiting, visibly, for what a process needs before it can begin."""

import time
from collections.abc import Callable
from typing import TypeVar

import structlog

from hub.platform.health import Health
from hub.stages.errors import Unavailable

log = structlog.get_logger()

Found = TypeVar("Found")
Sleep = Callable[[float], None]


def wait_for(needed: Callable[[], Found], health: Health, sleep: Sleep = time.sleep) -> Found:
    """What `needed` returns, once it raises no more Unavailable; until then /ready says why, and the log once."""
    problem: str | None = None
    health.checks["start"] = lambda: problem
    while True:
        try:
            found = needed()
        except Unavailable as error:
            if problem != str(error):
                log.warning("waiting before the start", why=str(error))
            problem = str(error)
            sleep(error.delay)
        else:
            problem = None
            return found
