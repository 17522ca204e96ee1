"""Commits that run ahead of what the broker has acknowledged: F and I of docs/reliability.md."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from uuid import uuid4

import faust
import pytest
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from hub.embedded import kafka
from hub.runtime.errors import RuntimeFault
from hub.runtime.lane import Lane
from hub.runtime.partitions import Fetched, Partition
from hub.stages.stage import Record
from tests.integration.faust.trial import RIGHT, Trial, kill
from tests.support.counting import Run
from tests.support.processes import PROJECT
from tests.support.proxy import PRODUCE, Proxy

EVENTS = 90
"""So many that Faust's buffer (100) takes them, with states so large that aiokafka's batches (16 kB) do not."""
PLACE = TP("place", 0)


@pytest.fixture
async def slow(tmp_path: Path) -> AsyncIterator[tuple[kafka.Kafka, Proxy]]:
    """A broker of its own behind a proxy."""
    async with Proxy() as proxy:
        broker = await asyncio.to_thread(kafka.start, PROJECT, tmp_path / "kafka", proxied=proxy.port)
        try:
            proxy.target = broker.via
            yield broker, proxy
        finally:
            await asyncio.to_thread(broker.stop)


@pytest.mark.parametrize("stock", [False, True], ids=["hub", "stock"])
async def test_f_nothing_is_committed_before_the_state_it_left_is_acknowledged(
    slow: tuple[kafka.Kafka, Proxy], tmp_path: Path, stock: bool
) -> None:
    broker, proxy = slow
    trial = Trial(broker.bootstrap, Run(f"faust-{uuid4().hex[:8]}"), tmp_path, stock)
    await trial.create()
    await trial.feed({})
    with trial.worker(kafka=proxy.address) as first:
        await trial.commits()
        proxy.answers.hold(PRODUCE)
        await trial.feed(*[{"key": f"k{n}", "grow": 2000} for n in range(EVENTS)])
        await trial.noted("handled", 1 + EVENTS)
        if stock:
            await answer_slowly(proxy, trial)
        assert await trial.committed() == (1 + EVENTS if stock else 1)
        await kill(first)
    proxy.answers.release()
    with trial.worker():
        await trial.noted("ready", 2)
        await trial.feed(*[{"key": f"k{n}"} for n in range(EVENTS)])
        await trial.commits()
    outcome = await trial.outcome()
    if stock:
        assert len(outcome.wrong) > EVENTS / 2, "states were lost that the committed offset includes"
        assert outcome.lost == ()
    else:
        assert outcome == RIGHT


async def answer_slowly(proxy: Proxy, trial: Trial) -> None:
    """Let one answer through after the other until all is committed: only a few are needed."""
    while await trial.committed() < len(trial.fed):
        if proxy.answers.waiting:
            proxy.answers.let(1)
        await asyncio.sleep(0.5)


class Refusing(driver.Consumer):
    """Faust's consumer when the broker refuses its commits because the group was rebalanced."""

    def assignment(self) -> set[TP]:
        return {PLACE}

    async def _commit(self, offsets: object) -> bool:
        return False


class Transport(driver.Transport):
    Consumer = Refusing


class App(faust.App):
    def _new_transport(self) -> Transport:
        return Transport(self.conf.broker_consumer, self, loop=self.loop)


async def test_i_stock_faust_takes_a_refused_commit_for_done_and_never_tries_it_again() -> None:
    app = App("refused", broker="kafka://localhost:1", web_enabled=False)
    consumer = app.consumer
    consumer._acked[PLACE] = [0, 1, 2]
    assert not await consumer.commit()
    assert consumer._committed_offset[PLACE] == 3
    consumer._acked[PLACE] = [0, 1, 2]
    assert consumer._filter_committable_offsets({PLACE}) == {}


class RefusingCommitter:
    """A lane's committer when the broker refuses its transaction."""

    async def open(self) -> int:
        return 0

    async def commit(self, records: Sequence[Record], end: int) -> int:
        raise RuntimeFault("refused")


async def test_i_a_lane_whose_commit_is_refused_stands_where_it_stood_and_ends_its_process() -> None:
    lane = Lane("stage", Partition("place", 0), RefusingCommitter())  # type: ignore[arg-type]
    await lane.open()
    with pytest.raises(RuntimeFault):
        await lane.take(Fetched(0, [Record("place", 0, 0, b"k", b"v")], 1, None))
    assert (lane.position, lane.committed) == (0, 0)
