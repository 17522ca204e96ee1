"""What a committer does where a fault could make a batch count twice, or state and offset part."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
from aiokafka.errors import GroupAuthorizationFailedError
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from hub.platform import tracing
from hub.platform.clock import DrivenClock
from hub.platform.settings import Settings
from hub.platform.spans import Spans
from hub.runtime import kafka_committer
from hub.runtime.errors import DataMissing, Fenced, RuntimeFault
from hub.runtime.kafka_committer import KafkaCommitter, check_state
from hub.runtime.partitions import Partition
from hub.runtime.producer import OutputTooLarge
from hub.runtime.worker import no_point
from hub.stages.errors import Unavailable
from hub.stages.stage import Output, Record, Stage, State, Step

SOURCE, CHANGELOG = Partition("test.in", 0), Partition("test.state", 0)
RECORD = Record("test.in", 0, 10, b"k", b"v")


class Handler:
    broken_after = False

    def handle(self, records: Sequence[Record], state: State) -> Step:
        causes = [dict(record.headers).get("id", b"") for record in records]
        outputs = [
            Output("test.out", b"k", record.value, (("causes", cause),))
            for record, cause in zip(records, causes, strict=True)
        ]
        return Step(len(records), outputs)

    def committed(self, changes: Mapping[str, bytes | None]) -> None:
        if self.broken_after:
            raise ValueError("an index does not fit the state")


class Producer:
    """Keeps what was committed; refuses as told."""

    refuses: Exception | None = None
    written: ClassVar[list[Output]] = []

    def __init__(self, *arguments: object) -> None:
        self.offsets: list[int] = []

    async def start(self) -> None:
        return

    async def stop(self) -> None:
        return

    async def commit(self, outputs: Iterable[Output], changelog: Iterable[Output], end: int) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.offsets.append(end)
        Producer.written = list(outputs)


TOO_LARGE = OutputTooLarge("an output is larger than its topic takes")


class SourceLog:
    """Says where the group stands; fails as told."""

    def __init__(self) -> None:
        self.committed: int | None = 10
        self.fails: Exception | None = None

    async def committed_offset(self, partition: Partition) -> int | None:
        if self.fails is not None:
            raise self.fails
        return self.committed

    async def check_start(self, partition: Partition, stored: int | None) -> int:
        return stored or 0

    async def announce(self, partition: Partition, offset: int) -> None:
        raise AssertionError("the offset is in the transaction")


@pytest.fixture
def log() -> SourceLog:
    return SourceLog()


@pytest.fixture
async def committer(log: SourceLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KafkaCommitter:
    monkeypatch.setattr(kafka_committer, "TransactionalProducer", Producer)
    monkeypatch.setattr(Producer, "refuses", None)
    stage = Stage("test", (SOURCE.topic,), None, lambda partition, state: Handler())
    made = KafkaCommitter(Settings(), DrivenClock(tmp_path / "clock"), stage, SOURCE, log, no_point)
    assert await made.open() == 10
    return made


async def test_what_fails_after_the_commit_is_not_taken_for_poison(
    committer: KafkaCommitter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Handler, "broken_after", True)
    with pytest.raises(RuntimeFault):
        await committer.commit([RECORD], 11)


async def test_a_refused_output_is_poison_while_the_partition_is_ours(
    committer: KafkaCommitter, log: SourceLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await committer.commit([RECORD], 11) == 1
    log.committed = 11
    monkeypatch.setattr(Producer, "refuses", TOO_LARGE)
    with pytest.raises(OutputTooLarge):
        await committer.commit([RECORD], 12)


async def test_a_refused_output_does_not_win_back_a_partition_that_another_owner_moved_on(
    committer: KafkaCommitter, log: SourceLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.committed = 500
    monkeypatch.setattr(Producer, "refuses", TOO_LARGE)
    with pytest.raises(Fenced, match="another owner"):
        await committer.commit([RECORD], 11)


ASKING = [
    Unavailable("Kafka does not answer"),
    GroupAuthorizationFailedError("not allowed"),
    TimeoutError(),
    AssertionError("the client has no coordinator"),
]


@pytest.mark.parametrize("fails", ASKING, ids=lambda error: type(error).__name__)
async def test_a_refused_output_is_no_poison_while_the_owner_is_not_known(
    committer: KafkaCommitter, log: SourceLog, fails: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.fails = fails
    monkeypatch.setattr(Producer, "refuses", TOO_LARGE)
    with pytest.raises(RuntimeFault, match="is not known") as raised:
        await committer.commit([RECORD], 11)
    assert raised.value.__cause__ is fails


@pytest.mark.parametrize("fails", ASKING, ids=lambda error: type(error).__name__)
async def test_a_fault_stays_the_reason_whatever_goes_wrong_in_asking_who_owns_the_partition(
    committer: KafkaCommitter, log: SourceLog, fails: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.fails = fails
    monkeypatch.setattr(Producer, "refuses", fault := RuntimeFault("the transaction failed"))
    with pytest.raises(RuntimeFault) as raised:
        await committer.commit([RECORD], 11)
    assert raised.value is fault


@pytest.mark.parametrize(("committed", "includes"), [(None, None), (0, 0), (7, 7), (9, 7)])
def test_state_and_offset_that_belong_together(committed: int | None, includes: int | None) -> None:
    check_state(SOURCE, CHANGELOG, committed, includes)


@pytest.mark.parametrize(
    ("committed", "includes", "said"),
    [
        (7, None, "the state in test.state/0 is gone"),
        (0, None, "the state in test.state/0 is gone"),
        (None, 7, "the group's offset is None"),
        (None, 0, "the group's offset is None"),
        (6, 7, "the group's offset is 6"),
    ],
)
def test_one_without_the_other_stops_the_stage(committed: int | None, includes: int | None, said: str) -> None:
    with pytest.raises(DataMissing, match=said):
        check_state(SOURCE, CHANGELOG, committed, includes)


async def test_an_output_goes_on_with_the_trace_of_its_cause_and_a_span_ends_with_the_commit(
    committer: KafkaCommitter, monkeypatch: pytest.MonkeyPatch
) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    traced = replace(RECORD, headers=(("id", b"r-1"), ("traceparent", parent.encode())))
    tracing.use(Spans(provider))
    try:
        assert await committer.commit([traced, replace(RECORD, offset=11)], 12) == 2
        monkeypatch.setattr(Producer, "refuses", TOO_LARGE)
        with pytest.raises(Fenced):
            await committer.commit([replace(traced, offset=12)], 13)
    finally:
        tracing.use(None)
    (span,) = exporter.get_finished_spans()
    first, second = ([value for name, value in output.headers if name == "traceparent"] for output in Producer.written)
    assert span.context is not None
    assert first == [f"00-0af7651916cd43dd8448eb211c80319c-{span.context.span_id:016x}-01".encode()]
    assert second == []
