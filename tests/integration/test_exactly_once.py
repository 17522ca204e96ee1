"""Whatever is killed in the middle of a transaction: nothing lost, nothing repeated, state exact.

Workers that sleep instead are in runtime/test_zombies.py.
"""

import asyncio
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import orjson
import pytest
from aiokafka import AIOKafkaProducer, ConsumerRecord

from hub.embedded.kafka import Kafka
from hub.runtime import topics
from schemas.topics import DEADLETTER, DEADLETTER_KEYS
from tests.support.counting import Run
from tests.support.processes import running
from tests.support.streams import produce, read_until

EVENTS = 2_000
KEYS = 97
POINTS = ("compute", "outputs", "changelog", "offsets", "commit")
OPENINGS = 4
"""Transactions before the first batch: one for each partition, which begins its state."""


@pytest.fixture
async def run(broker: Kafka) -> Run:
    run = Run(f"run-{uuid4().hex[:8]}")
    await topics.create(broker.bootstrap, 1, [*run.topics(), DEADLETTER, DEADLETTER_KEYS])
    return run


def environment(broker: Kafka, instance: int) -> dict[str, str]:
    return {
        "SENDHUB_KAFKA": broker.bootstrap,
        "SENDHUB_INSTANCE": str(instance),
        "SENDHUB_SESSION_TIMEOUT": "6",
        "SENDHUB_BATCH_RECORDS": "100",
    }


def inputs(first: int, events: int) -> list[tuple[bytes, bytes]]:
    return [(b"k%d" % (n % KEYS), orjson.dumps({"id": n})) for n in range(first, first + events)]


def check(outputs: Sequence[ConsumerRecord], events: int) -> None:
    """Every event exactly once, and numbered as a serial run would number it."""
    found = [orjson.loads(record.value) for record in outputs]
    ids = [item["id"] for item in found]
    assert len(set(ids)) == events, f"lost {events - len(set(ids))}"
    assert len(ids) == events, f"repeated {len(ids) - len(set(ids))}"
    wrong = [item for item in found if item["n"] != item["id"] // KEYS + 1]
    assert not wrong, f"{len(wrong)} outputs from a wrong state"


@pytest.mark.parametrize(
    ("point", "nth"), [*((point, OPENINGS + 4) for point in POINTS), ("outputs", 2), ("offsets", 2)]
)
async def test_a_worker_killed_at_a_named_point_loses_and_repeats_nothing(
    broker: Kafka, run: Run, tmp_path: Path, point: str, nth: int
) -> None:
    env = environment(broker, 1)
    await produce(broker.bootstrap, run.source, inputs(0, EVENTS))
    fault = (run.name, point, "kill", str(nth))
    with running("tests.support.worker", *fault, env=env, log=tmp_path / "first.log") as first:
        assert first.wait(60) == -signal.SIGKILL
    with running("tests.support.worker", run.name, env=env, log=tmp_path / "second.log"):
        outputs = await read_until(broker.bootstrap, run.output, lambda seen: len(seen) >= EVENTS)
    check(outputs, EVENTS)


def _until_open(log: Path) -> None:
    limit = time.monotonic() + 60
    while "partition opened" not in log.read_text():
        assert time.monotonic() < limit, "the worker opened nothing"
        time.sleep(0.05)


async def test_workers_that_are_replaced_one_after_the_other_hand_over_cleanly(
    broker: Kafka, run: Run, tmp_path: Path
) -> None:
    await produce(broker.bootstrap, run.source, inputs(0, EVENTS))
    with ExitStack() as stack:
        for turn in range(3):
            worker = stack.enter_context(
                running("tests.support.worker", run.name, env=environment(broker, turn), log=tmp_path / f"{turn}.log")
            )
            # The one before may have done it all: this one is at work only once it has opened its partitions.
            await asyncio.to_thread(_until_open, tmp_path / f"{turn}.log")
            await read_until(broker.bootstrap, run.output, lambda seen: len(seen) >= EVENTS * (turn + 1))  # noqa: B023
            await produce(broker.bootstrap, run.source, inputs(EVENTS * (turn + 1), EVENTS))
            worker.terminate()
            assert worker.wait(30) == 0
        stack.enter_context(
            running("tests.support.worker", run.name, env=environment(broker, 9), log=tmp_path / "last.log")
        )
        outputs = await read_until(broker.bootstrap, run.output, lambda seen: len(seen) >= 4 * EVENTS)
    check(outputs, 4 * EVENTS)


async def test_poison_is_set_aside_and_its_neighbours_pass(broker: Kafka, run: Run, tmp_path: Path) -> None:
    too_large = orjson.dumps({"id": 10**6, "pad": 20_000})
    records = [*inputs(0, 500), (b"p1", b"poison"), (b"p2", too_large), (b"p3", b"not json"), *inputs(500, 500)]
    await produce(broker.bootstrap, run.source, records)
    with running("tests.support.worker", run.name, env=environment(broker, 1), log=tmp_path / "worker.log"):
        outputs = await read_until(broker.bootstrap, run.output, lambda seen: len(seen) >= 1000)

        def ours(seen: list[ConsumerRecord]) -> list[dict[str, object]]:
            metas = [orjson.loads(dict(record.headers)["dl_meta"]) for record in seen]
            return [meta for meta in metas if meta["stage"] == run.name]

        letters = ours(await read_until(broker.bootstrap, DEADLETTER.name, lambda seen: len(ours(seen)) >= 3))
    check(outputs, 1000)
    assert sorted(str(letter["error"]) for letter in letters) == ["JSONDecodeError", "OutputTooLarge", "PermanentError"]
    assert {letter["step"] for letter in letters} == {"handle", "produce"}


async def test_what_a_stage_upstream_aborted_is_never_read(broker: Kafka, run: Run, tmp_path: Path) -> None:
    upstream = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, transactional_id=run.name)
    await upstream.start()
    try:
        await upstream.begin_transaction()
        for key, value in inputs(0, 300):
            await upstream.send(run.source, value, key=key)
        await upstream.flush()
        await upstream.abort_transaction()
        async with upstream.transaction():
            for key, value in inputs(0, 200):
                await upstream.send(run.source, value, key=key)
    finally:
        await upstream.stop()
    with running("tests.support.worker", run.name, env=environment(broker, 1), log=tmp_path / "worker.log"):
        outputs = await read_until(broker.bootstrap, run.output, lambda seen: len(seen) >= 200)
    check(outputs, 200)


def await_stopped(process: subprocess.Popen[bytes]) -> None:
    """Wait until the process has stopped itself."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        state = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        if state == "T":
            return
        time.sleep(0.05)
    raise AssertionError("the worker never came to its point")
