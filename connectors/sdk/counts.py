"""What a connector counts, in the shared metrics. No label grows with children or with what a stranger sends."""

from prometheus_client import Counter

from hub.platform.clock import Clock
from hub.platform.metrics import CONNECTOR_ACCEPTED, CONNECTOR_LAST, CONNECTOR_RECEIVED, CONNECTOR_REFUSED

CONNECTOR_KNOWN = Counter(
    "sendhub_connector_messages_known",
    "Messages that had been taken before: answered, not produced again.",
    ["connector", "source"],
)

UNKNOWN_SOURCE = "unknown"
"""The source label while the caller is not known."""


class Counts:
    """One connector's counters. `received` = accepted + known + refused, in messages."""

    def __init__(self, connector: str, clock: Clock) -> None:
        self._connector = connector
        self._clock = clock

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
