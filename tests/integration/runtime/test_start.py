"""What a stage looks at before it reads anything: that its topics are there, fit, and the ones it knows."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import httpx
import orjson
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from hub.embedded.kafka import Kafka
from hub.embedded.ports import LOOPBACK, free_port
from hub.platform.settings import Settings
from hub.runtime import topics, worker
from hub.stages.stage import Stage
from schemas.topics import DEADLETTER, DEADLETTER_KEYS, FACTS, LINKS, OBSERVATIONS, Topic
from tests.support.counting import Run
from tests.support.processes import running
from tests.support.streams import produce, read_until
from tests.support.topic_settings import set_to

EVENTS = 50


@pytest.fixture
async def admin(broker: Kafka) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    yield admin
    await admin.close()


@pytest.fixture
def run() -> Run:
    return Run(f"start-{uuid4().hex[:8]}")


@pytest.fixture
def env(broker: Kafka) -> dict[str, str]:
    return {
        "SENDHUB_KAFKA": broker.bootstrap,
        "SENDHUB_SESSION_TIMEOUT": "6",
        "SENDHUB_METRICS_PORT": str(free_port()),
    }


def inputs(number: int) -> list[tuple[bytes, bytes]]:
    return [(b"k%d" % n, orjson.dumps({"id": n})) for n in range(number)]


async def recreate(admin: AIOKafkaAdminClient, kafka: str, run: Run, name: str) -> None:
    await admin.delete_topics([name])
    for _ in range(100):
        if name not in await admin.list_topics():
            break
        await asyncio.sleep(0.1)
    await topics.create(kafka, 1, [topic for topic in run.topics() if topic.name == name])


async def ended(process: subprocess.Popen[bytes]) -> int:
    return await asyncio.to_thread(process.wait, 60)


async def test_missing_topics_are_waited_for_where_all_can_see_it(
    broker: Kafka, run: Run, env: dict[str, str], tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    url = f"http://{LOOPBACK}:{env['SENDHUB_METRICS_PORT']}"
    with running("tests.support.worker", run.name, env=env, log=log) as process:
        async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
            said = await answer(http, "/ready", lambda text: "is missing" in text)
            assert said.status_code == 503
            assert f"{run.source} is missing: run `sendhub topics`" in said.text
            assert (await http.get("/live")).status_code == 200
            await asyncio.sleep(2.5)
            await topics.create(broker.bootstrap, 1, [*run.topics(), DEADLETTER, DEADLETTER_KEYS])
            await produce(broker.bootstrap, run.source, inputs(EVENTS))
            await read_until(broker.bootstrap, run.output, lambda seen: len(seen) >= EVENTS)
            assert (await answer(http, "/ready", lambda text: '"ready": true' in text)).status_code == 200
        assert process.poll() is None
    assert log.read_text().count("waiting before the start") == 1


async def answer(http: httpx.AsyncClient, path: str, wanted: object) -> httpx.Response:
    assert callable(wanted)
    for _ in range(300):
        try:
            said = await http.get(path)
        except httpx.HTTPError:
            await asyncio.sleep(0.1)
            continue
        if wanted(said.text):
            return said
        await asyncio.sleep(0.1)
    raise AssertionError(f"{path} never said it")


@pytest.mark.parametrize("lost", ["source", "changelog"])
async def test_a_stage_does_not_go_on_over_a_topic_that_was_made_anew(
    broker: Kafka, admin: AIOKafkaAdminClient, run: Run, env: dict[str, str], tmp_path: Path, lost: str
) -> None:
    await topics.create(broker.bootstrap, 1, [*run.topics(), DEADLETTER, DEADLETTER_KEYS])
    await produce(broker.bootstrap, run.source, inputs(EVENTS))
    with running("tests.support.worker", run.name, env=env, log=tmp_path / "first.log") as first:
        await read_until(broker.bootstrap, run.output, lambda seen: len(seen) >= EVENTS)
        first.terminate()
        assert await ended(first) == 0
    await recreate(admin, broker.bootstrap, run, run.source if lost == "source" else run.changelog)
    # More than there was: an end below the stored offset does not give it away.
    await produce(broker.bootstrap, run.source, inputs(2 * EVENTS))
    log = tmp_path / "second.log"
    with running("tests.support.worker", run.name, env=env, log=log) as second:
        assert await ended(second) == 70
    said = "the topic was recreated" if lost == "source" else f"the state in {run.changelog}/"
    assert said in log.read_text()
    outputs = await read_until(broker.bootstrap, run.output, lambda seen: len(seen) > EVENTS, seconds=2)
    assert len(outputs) == EVENTS


async def test_a_source_that_is_made_anew_under_a_running_stage_stops_it(
    broker: Kafka, admin: AIOKafkaAdminClient, run: Run, env: dict[str, str], tmp_path: Path
) -> None:
    await topics.create(broker.bootstrap, 1, [*run.topics(), DEADLETTER, DEADLETTER_KEYS])
    await produce(broker.bootstrap, run.source, inputs(EVENTS))
    log = tmp_path / "worker.log"
    with running("tests.support.worker", run.name, env=env, log=log) as process:
        await read_until(broker.bootstrap, run.output, lambda seen: len(seen) >= EVENTS)
        await recreate(admin, broker.bootstrap, run, run.source)
        await produce(broker.bootstrap, run.source, inputs(4))
        assert await ended(process) == 70
    assert "the topic was recreated" in log.read_text()


@pytest.mark.parametrize("own", [FACTS.name, OBSERVATIONS.name])
@pytest.mark.parametrize("expires", [FACTS.name, LINKS.name])
def test_no_stage_starts_while_facts_or_links_could_expire(
    broker: Kafka, monkeypatch: pytest.MonkeyPatch, own: str, expires: str
) -> None:
    """Neither one that writes them nor, as intake, one that has nothing to do with them."""
    prefix = f"t{uuid4().hex[:8]}."
    made = {topic.name: replace(topic, name=prefix + topic.name) for topic in (FACTS, LINKS, OBSERVATIONS)}
    monkeypatch.setattr(topics, "TOPICS", tuple(made.values()))
    wrong = made[expires]
    # Of those that are not the stage's own the other is missing, which is nothing to wait for.
    there = {topic.name: topic for topic in (made[own], wrong)}
    asyncio.run(expiring(broker.bootstrap, wrong, there.values()))

    def ended_itself(why: str, error: BaseException) -> None:
        raise SystemExit(f"{why}: {error}")

    monkeypatch.setattr(worker, "fail", ended_itself)
    stage = Stage("refusing", (DEADLETTER.name,), None, lambda partition, state: None, (made[own].name,))  # type: ignore[arg-type, return-value]
    with pytest.raises(SystemExit, match=f"{wrong.name} has retention.ms=86400000, not -1"):
        worker.run_stage(Settings(kafka=broker.bootstrap), stage)


async def expiring(kafka: str, wrong: Topic, there: Iterable[Topic]) -> None:
    await topics.create(kafka, 1, [*there, DEADLETTER, DEADLETTER_KEYS])
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await set_to(admin, wrong, retention_ms="86400000")
    finally:
        await admin.close()
