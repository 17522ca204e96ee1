"""What a connector counts. No label grows with children or with what a stranger sends.

How far a connector is behind its source is the age of the oldest thing that it has seen and neither acked nor refused.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from hub.platform.clock import Clock
from hub.platform.instruments import counter, gauge

CONNECTOR_RECEIVED = counter(
    "connector_messages_received",
    "Messages offered: accepted, known and refused together.",
    ["connector", "source"],
    unit="messages",
    reader="integration engineers",
    process="a connector",
)
CONNECTOR_ACCEPTED = counter(
    "connector_messages_accepted",
    "Messages the broker acked.",
    ["connector", "source"],
    unit="messages",
    reader="integration engineers",
    process="a connector",
)
CONNECTOR_REFUSED = counter(
    "connector_messages_refused",
    "Messages refused, by one of the connector's few reasons.",
    ["connector", "source", "reason"],
    unit="messages",
    reader="integration engineers",
    process="a connector",
)
CONNECTOR_KNOWN = counter(
    "connector_messages_known",
    "Messages that had been taken before: answered, not produced again.",
    ["connector", "source"],
    unit="messages",
    reader="integration engineers",
    process="a connector",
)
CONNECTOR_LAG = gauge(
    "connector_lag_seconds",
    "Age of the oldest message, file or look-up in hand: how far the connector is behind its source.",
    ["connector"],
    unit="seconds",
    reader="integration engineers",
    process="a connector",
)
CONNECTOR_PAUSED = gauge(
    "connector_paused",
    "Whether a person told the connector to take nothing (`sendhub pause`).",
    ["connector"],
    unit="1 or 0",
    reader="operations",
    process="a connector",
)
CONNECTOR_LAST = gauge(
    "source_last_event_timestamp_seconds",
    "When a connector last accepted something of a source, since the connector started.",
    ["source"],
    unit="seconds",
    reader="integration engineers",
    process="a connector",
)

UNKNOWN_SOURCE = "unknown"
"""The source label while the caller is not known."""


class Counts:
    """One connector's counters. `received` = accepted + known + refused, in messages."""

    def __init__(self, connector: str, clock: Clock) -> None:
        self._connector = connector
        self._clock = clock
        self._in_hand: dict[object, float] = {}
        self._waited = 0.0
        CONNECTOR_LAG.labels(connector).set_function(self._lag)

    @contextmanager
    def in_hand(self) -> Iterator[None]:
        """Something was taken from the source, and is neither acked nor refused before the end of the block."""
        token = object()
        self._in_hand[token] = time.monotonic()
        try:
            yield
        finally:
            del self._in_hand[token]

    def waiting(self, seconds: float) -> None:
        """How long the oldest thing has waited that the source holds for us, as the last look found it."""
        self._waited = seconds

    def _lag(self) -> float:
        now = time.monotonic()
        return max(self._waited, now - min(self._in_hand.copy().values(), default=now))

    def received(self, source: str, number: int = 1) -> None:
        """Messages were offered."""
        CONNECTOR_RECEIVED.labels(self._connector, source).inc(number)

    def accepted(self, source: str, number: int = 1) -> None:
        """The broker acked messages; none is no event of the source."""
        if number:
            CONNECTOR_ACCEPTED.labels(self._connector, source).inc(number)
            CONNECTOR_LAST.labels(source).set(self._clock.now().timestamp())

    def known(self, source: str, number: int = 1) -> None:
        """Messages had been taken before."""
        CONNECTOR_KNOWN.labels(self._connector, source).inc(number)

    def refused(self, source: str, reason: str, number: int = 1) -> None:
        """Messages were refused, for one of the connector's few reasons."""
        CONNECTOR_REFUSED.labels(self._connector, source, reason).inc(number)
