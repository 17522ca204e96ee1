"""Traces across topics: each message's way, from the connector through every stage, as spans for an OTLP endpoint.

Off unless SENDHUB_OTLP_ENDPOINT is set: then nothing of OpenTelemetry is even loaded. On, records carry W3C's
`traceparent`. What was not committed leaves no span.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from hub.platform.settings import Settings
from schemas.envelope import Envelope, Headers

if TYPE_CHECKING:
    from hub.platform.spans import Passing, Spans

_spans: "Spans | None" = None


class Read(Protocol):
    """A record that was read from a topic."""

    @property
    def topic(self) -> str:
        """Where it was read."""
        ...

    @property
    def partition(self) -> int:
        """As above."""
        ...

    @property
    def offset(self) -> int:
        """As above."""
        ...

    @property
    def headers(self) -> Headers:
        """Its own id, those of its causes, and perhaps its trace."""
        ...


def set_up(settings: Settings, process: str) -> None:
    """Trace this process from now on, if the settings say where to."""
    if settings.otlp_endpoint:
        from hub.platform.spans import endpoint, spans_of

        use(spans_of(endpoint(settings.otlp_endpoint), process, settings.instance))


def use(spans: "Spans | None") -> None:
    """Trace by these from now on; None to trace no longer."""
    global _spans
    _spans = spans


@contextmanager
def sending(topic: str, envelope: Envelope) -> Iterator[Headers]:
    """A connector sends a message: its trace begins. What has to stand in its headers, nothing while tracing is off."""
    if _spans is None:
        yield ()
    else:
        with _spans.sending(topic, envelope) as headers:
            yield headers


def passing(stage: str, records: Iterable[Read]) -> "Passing | None":
    """The way of a batch through a stage; None while tracing is off."""
    return None if _spans is None else _spans.passing(stage, records)
