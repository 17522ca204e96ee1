"""What `hub.platform.tracing` makes while it is on: spans, and the header by which the next stage goes on with a trace.

A span holds ids, topics and times: no key, no value, nothing of a person.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from hub.platform.outages import Outages
from hub.platform.tracing import Read
from schemas.envelope import Envelope, Headers
from schemas.trail import message_key

HEADER = "traceparent"

_propagator = TraceContextTextMapPropagator()


class Passing:
    """A batch of records on its way through a stage."""

    def __init__(self, tracer: Tracer, stage: str, records: Iterable[Read]) -> None:
        self._spans: list[Span | None] = []
        self._by_id: dict[bytes, Span] = {}
        for record in records:
            headers = dict(record.headers)
            parent = headers.get(HEADER)
            if parent is None:
                self._spans.append(None)
                continue
            place = f"{record.topic}/{record.partition}/{record.offset}"
            known = {"sendhub.stage": stage, "sendhub.topic": record.topic, "sendhub.place": place}
            known |= {"sendhub.record": headers["id"].decode("utf-8", "replace")} if "id" in headers else {}
            context = _propagator.extract({HEADER: parent.decode("ascii", "replace")}, context=Context())
            span = tracer.start_span(stage, kind=SpanKind.CONSUMER, context=context, attributes=known)
            self._spans.append(span)
            for own in filter(None, (headers.get("id"), headers.get("ce_id"))):
                self._by_id[own] = span

    def carried(self, headers: Headers) -> Headers:
        """An output's headers, with the trace of the first of its causes that has one."""
        causes = dict(headers).get("causes", b"").split(b",")
        span = next((self._by_id[cause] for cause in causes if cause in self._by_id), None)
        return headers if span is None else (*headers, *_carrying(span))

    def done(self, number: int) -> None:
        """So many of the records were committed: they have passed."""
        for span in filter(None, self._spans[:number]):
            span.end()


class Spans:
    """The spans of one process."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer("sendhub")

    @contextmanager
    def sending(self, topic: str, envelope: Envelope) -> Iterator[Headers]:
        """A span around what is sent; the header that names it."""
        known = {"sendhub.source": envelope.source, "sendhub.message": message_key(envelope.source, envelope.id)}
        span = self._tracer.start_span(f"receive {topic}", kind=SpanKind.PRODUCER, context=Context(), attributes=known)
        try:
            yield _carrying(span)
        except BaseException:
            span.set_status(Status(StatusCode.ERROR))
            raise
        finally:
            span.end()

    def passing(self, stage: str, records: Iterable[Read]) -> Passing:
        """The way of a batch through a stage."""
        return Passing(self._tracer, stage, records)


def endpoint(url: str) -> SpanExporter:
    """Where spans go, by OTLP over HTTP. Headers, as for a token, are read from OTEL_EXPORTER_OTLP_HEADERS."""
    return _Told(OTLPSpanExporter(endpoint=f"{url.rstrip('/')}/v1/traces"))


def spans_of(exporter: SpanExporter, process: str, instance: str) -> Spans:
    """Spans of this process, handed over in batches by a thread of its own: when that falls behind spans are lost,
    messages never."""
    # Its own lines come with each batch; ours once when the endpoint is away and once when it is back.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    named = {"service.name": f"sendhub-{process}", "service.instance.id": instance}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return Spans(provider)


class _Told(SpanExporter):
    """Says in the log when the endpoint is away, and when it is back."""

    def __init__(self, inner: SpanExporter) -> None:
        self._inner = inner
        self._outages = Outages()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Hand a batch over."""
        result = self._inner.export(spans)
        if result is SpanExportResult.SUCCESS:
            self._outages.ends(self)
        else:
            self._outages.begins(self, "the endpoint for traces does not take them: they are lost")
        return result

    def shutdown(self) -> None:
        """End with the process."""
        self._inner.shutdown()


def _carrying(span: Span) -> Headers:
    carrier: dict[str, str] = {}
    _propagator.inject(carrier, context=set_span_in_context(span, Context()))
    return tuple((name, value.encode()) for name, value in carrier.items() if name == HEADER)
