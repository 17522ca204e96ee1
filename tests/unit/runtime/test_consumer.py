"""How a stage's consumer is set up: three defaults of its libraries lose or stop everything, silently."""

import os
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiokafka import TopicPartition
from faust.transport.drivers import aiokafka as driver

from hub.platform.health import Health
from hub.platform.settings import Settings
from hub.runtime.driver import LaneApp, LaneConsumer, LaneThread
from hub.runtime.lane import Committer
from hub.runtime.partitions import Partition

A_YEAR_MS = 365 * 86_400_000


def no_committer(source: Partition, consumer: LaneConsumer) -> Committer:
    raise AssertionError("nothing is assigned")


async def test_a_worker_makes_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    app = LaneApp(Settings(), "stage", ("test.in",), no_committer, Health())
    app.finalize()
    await app.on_first_start()
    assert os.listdir(tmp_path) == []


async def test_it_reads_what_was_committed_never_jumps_and_never_leaves_for_idleness() -> None:
    app = LaneApp(Settings(), "stage", ("test.in",), no_committer, Health())
    app.finalize()
    consumer = LaneThread._create_worker_consumer(SimpleNamespace(app=app), None)
    assert consumer._isolation_level == "read_committed"
    assert consumer._auto_offset_reset == "none"
    assert consumer._max_poll_interval_ms > A_YEAR_MS
    assert consumer._group_instance_id == "sendhub-stage-1"
    consumer._closed = True  # it was never started


@pytest.mark.parametrize(("stops", "lanes"), [(False, 1), (True, 0)])
async def test_a_worker_that_stops_opens_nothing_more(monkeypatch: pytest.MonkeyPatch, stops: bool, lanes: int) -> None:
    async def nothing(*_: object) -> None: ...

    monkeypatch.setattr(driver.Consumer, "on_partitions_assigned", nothing)
    monkeypatch.setattr(LaneConsumer, "_run", nothing)
    app = LaneApp(Settings(), "stage", ("test.in",), lambda *_: None, Health())  # type: ignore[arg-type,return-value]
    app.finalize()
    consumer = app.consumer
    if stops:
        consumer._stopped.set()
    await consumer.on_partitions_assigned({TopicPartition("test.in", 0)}, 1)
    assert len(consumer.lanes) == lanes
