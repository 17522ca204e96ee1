"""What is away: said in the log once when it begins and once when it is over, however many wait for it."""

import time
from collections.abc import Hashable
from typing import Any

import structlog


class Outages:
    """Of one part of a process, which `bound` names in each line. For one thread."""

    def __init__(self, **bound: Any) -> None:
        self._log = structlog.get_logger()
        self._bound = bound
        self._waiting: dict[Hashable, str] = {}
        self._since: dict[str, float] = {}

    def begins(self, who: Hashable, why: str) -> None:
        """Somebody waits for what is away; `why` is a sentence of ours, which says what it is."""
        if self._waiting.get(who) == why:
            return
        self.ends(who)
        if why not in self._since:
            self._since[why] = time.monotonic()
            self._log.warning("waiting", why=why, **self._bound)
        self._waiting[who] = why

    def ends(self, who: Hashable) -> None:
        """Somebody waits no longer; the last one who does says that it is over."""
        why = self._waiting.pop(who, None)
        if why is None or why in self._waiting.values():
            return
        seconds = round(time.monotonic() - self._since.pop(why), 1)
        self._log.warning("goes on", after=why, seconds=seconds, **self._bound)
