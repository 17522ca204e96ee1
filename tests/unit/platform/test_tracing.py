"""One trace from the connector through the stages; nothing of it, and nothing loaded, while no endpoint is set."""

import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from structlog.testing import capture_logs

from hub.platform import spans, tracing
from hub.platform.settings import Settings
from hub.platform.spans import HEADER, Spans
from hub.stages.stage import Record
from schemas.envelope import Envelope, Headers
from tests.support.collector import collecting
from tests.unit.identity.people import COUNCIL, MONDAY

ENVELOPE = Envelope(id="m-1", source=COUNCIL, type="sendhub.council.event", time=MONDAY)


@pytest.fixture
def exported() -> Iterator[InMemorySpanExporter]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing.use(Spans(provider))
    yield exporter
    tracing.use(None)


def received() -> Headers:
    with tracing.sending("council.events", ENVELOPE) as traced:
        return (*ENVELOPE.headers(), *traced)


def through(stage: str, topic: str, headers: Headers, own: str, causes: str, *, commit: bool = True) -> Headers:
    """What a stage makes of one record: the headers of its output."""
    passing = tracing.passing(stage, [Record(topic, 0, 7, b"chd-1", b"a name", headers)])
    made: Headers = (("id", own.encode()), ("causes", causes.encode()))
    if passing is None:
        return made
    carried = passing.carried(made)
    if commit:
        passing.done(1)
    return carried


def test_a_messages_way_is_one_trace_each_stage_below_the_one_before(exported: InMemorySpanExporter) -> None:
    observed = through("intake", "council.events", received(), "o-1", "m-1")
    fact = through("identity", "hub.observations", observed, "f-1", "o-1,m-1")
    through("casework", "hub.facts", fact, "c-1", "f-1")
    found = exported.get_finished_spans()
    assert [span.name for span in found] == ["receive council.events", "intake", "identity", "casework"]
    assert len({span.context.trace_id for span in found if span.context}) == 1
    for before, after in pairwise(found):
        assert after.parent is not None
        assert before.context is not None
        assert after.parent.span_id == before.context.span_id


def test_a_span_says_where_and_which_and_nothing_of_a_person(exported: InMemorySpanExporter) -> None:
    through("intake", "council.events", received(), "o-1", "m-1")
    sent, passed = exported.get_finished_spans()
    assert dict(passed.attributes or {}) == {
        "sendhub.stage": "intake", "sendhub.topic": "council.events", "sendhub.place": "council.events/0/7",
    }  # fmt: skip
    assert set(sent.attributes or {}) == {"sendhub.source", "sendhub.message"}
    assert "a name" not in sent.to_json() + passed.to_json()
    assert "chd-1" not in sent.to_json() + passed.to_json()


def test_what_was_not_committed_leaves_no_span(exported: InMemorySpanExporter) -> None:
    through("intake", "council.events", received(), "o-1", "m-1", commit=False)
    assert [span.name for span in exported.get_finished_spans()] == ["receive council.events"]


def test_a_message_that_was_not_acked_is_an_error(exported: InMemorySpanExporter) -> None:
    with pytest.raises(OSError), tracing.sending("council.events", ENVELOPE):  # noqa: PT011
        raise OSError("with a value that nobody should see")
    (span,) = exported.get_finished_spans()
    assert not span.status.is_ok
    assert "nobody should see" not in span.to_json()


@pytest.mark.parametrize("parent", [b"nonsense", b"\xff", b"00-0-0-0", b""])
def test_a_header_that_is_none_begins_a_trace_and_stops_nothing(exported: InMemorySpanExporter, parent: bytes) -> None:
    through("intake", "council.events", (*ENVELOPE.headers(), (HEADER, parent)), "o-1", "m-1")
    assert [span.parent for span in exported.get_finished_spans()] == [None]


def test_records_without_a_trace_and_outputs_of_others_are_left_alone(exported: InMemorySpanExporter) -> None:
    assert HEADER not in dict(through("intake", "council.events", ENVELOPE.headers(), "o-1", "m-1"))
    assert HEADER not in dict(through("intake", "council.events", received(), "o-2", "another"))


def test_off_it_does_nothing_and_loads_nothing() -> None:
    assert received() == ENVELOPE.headers()
    assert tracing.passing("intake", []) is None
    tracing.set_up(Settings(), "intake")
    assert tracing.passing("intake", []) is None
    program = "import sys, hub.runtime.stages, connectors.sdk.kafka; sys.exit('opentelemetry.sdk' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_spans_reach_an_endpoint() -> None:
    made, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(made))
    with Spans(provider).sending("council.events", ENVELOPE):
        pass
    with collecting() as collected:
        assert spans.endpoint(f"{collected.url}/").export(made.get_finished_spans()) is SpanExportResult.SUCCESS
    assert list(collected.names.values()) == [{"receive council.events"}]


class Failing(SpanExporter):
    well = False

    def export(self, spans: Any) -> SpanExportResult:
        return SpanExportResult.SUCCESS if self.well else SpanExportResult.FAILURE

    def shutdown(self) -> None:
        return


def test_an_endpoint_that_is_away_is_said_once_and_that_it_is_back_once() -> None:
    inner = Failing()
    told = spans._Told(inner)
    with capture_logs() as log:
        for well in (False, False, True, True):
            inner.well = well
            told.export([])
    assert [each["event"] for each in log] == ["waiting", "goes on"]
