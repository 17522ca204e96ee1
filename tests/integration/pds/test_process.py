"""The connector as a process, on a real Kafka and the twin behind HTTP: PDS away or a kill, nothing is lost."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import httpx
import orjson
import pytest
import uvicorn
from aiokafka import AIOKafkaProducer, ConsumerRecord
from joserfc.jwk import RSAKey
from starlette.responses import JSONResponse

from connectors.nhs.pds.twin_app import BASE, TwinApp, create_app
from hub.embedded.kafka import Kafka
from hub.platform.listening import listen
from hub.runtime import topics
from schemas.topics import NHS_MESSAGES, TRACES
from schemas.traces import PDS, Trace
from tests.contract.pds.people import AMY, BORN, NOBODY, WITHDRAWN, country
from tests.support.sealed import opened, seal
from tests.support.streams import read_all

KEY = RSAKey.generate_key(2048)
DOWN = [JSONResponse({}, 503) for _ in range(500)]


@pytest.fixture
def pds() -> Iterator[tuple[TwinApp, str]]:
    app = TwinApp(country(), RSAKey.import_key(KEY.as_pem(private=False)))
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(create_app(app), log_config=None, lifespan="off", access_log=False))
    thread = Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    yield app, f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


def environment(folder: Path, kafka: str, url: str) -> dict[str, str]:
    (folder / "key").write_text("k" * 40)
    (folder / "sources.toml").write_text(f'[[sources]]\nid = "{PDS}"\nkind = "nhs"\ntrusts_nhs_number = true\n')
    (folder / "pds.pem").write_bytes(KEY.as_pem(private=True))
    (folder / "pds.pem").chmod(0o600)
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("SENDHUB_")},
        "SENDHUB_KAFKA": kafka,
        "SENDHUB_KEY_FILE": str(folder / "key"),
        "SENDHUB_KEY_RING_FILE": os.environ["SENDHUB_KEY_RING_FILE"],
        "SENDHUB_SOURCES_FILE": str(folder / "sources.toml"),
        "SENDHUB_GROUP_PREFIX": f"pds-{uuid.uuid4().hex}",
        "SENDHUB_SESSION_TIMEOUT": "6",
        "SENDHUB_PDS_URL": f"{url}{BASE}",
        "SENDHUB_PDS_TOKEN_URL": f"{url}/oauth2/token",
        "SENDHUB_PDS_API_KEY": "app",
        "SENDHUB_PDS_KEY_ID": "kid-1",
        "SENDHUB_PDS_KEY_FILE": str(folder / "pds.pem"),
        "SENDHUB_PDS_ATTEMPTS": "2",
    }


class Process:
    """Started, with the port it told and all that it logged."""

    def __init__(self, env: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("ab") as out:
            self.process = subprocess.Popen([sys.executable, "-m", "connectors.nhs.pds"], env=env, stderr=out)

    async def ready(self) -> dict[str, object]:
        """What it says of itself, once it serves."""
        async with httpx.AsyncClient(verify=False) as client:
            answer = await client.get(f"http://127.0.0.1:{await self._port()}/ready")
        return dict(answer.json()["problems"])

    async def _port(self) -> int:
        while True:
            for line in reversed(self.log.read_text().splitlines()):
                if line.startswith("{") and (found := json.loads(line)).get("event") == "asking":
                    return int(found["metrics_port"])
            assert self.process.poll() is None, self.log.read_text()
            await asyncio.sleep(0.05)

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(20)


async def ask(kafka: str, *traces: Trace) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        for trace in traces:
            headers = (("id", trace.id.encode()), ("causes", b"o1"))
            value = seal(TRACES.name, trace.model_dump_json().encode(), headers)
            await producer.send_and_wait(TRACES.name, value, key=trace.link.encode(), headers=list(headers))
        await producer.send_and_wait(TRACES.name, b"no seal", key=b"l-none", headers=[("id", b"t-none")])
    finally:
        await producer.stop()


async def answers(kafka: str, links: set[str]) -> dict[str, list[str]]:
    """What was answered about these links, once each has an answer."""
    async with asyncio.timeout(60):
        while True:
            found: dict[str, list[str]] = {}
            for record in opened(_ours((await read_all(kafka, [NHS_MESSAGES.name]))[NHS_MESSAGES.name])):
                said = orjson.loads(record.value)
                found.setdefault(said["link"], []).append(said["result"])
            if links <= found.keys():
                return {link: found[link] for link in links}
            await asyncio.sleep(0.2)


def _ours(records: list[ConsumerRecord]) -> list[ConsumerRecord]:
    return [record for record in records if dict(record.headers).get("ce_source") == PDS.encode()]


async def test_while_pds_is_away_and_the_process_dies_no_look_up_is_lost(
    broker: Kafka, pds: tuple[TwinApp, str], tmp_path: Path
) -> None:
    app, url = pds
    await topics.create(broker.bootstrap, 1, [TRACES, NHS_MESSAGES])
    run, at = uuid.uuid4().hex[:8], datetime.now(UTC)
    numbers = {f"l-{run}-{n}": number for n, number in enumerate((AMY, NOBODY, WITHDRAWN))}
    traces = [
        Trace(id=f"t-{link}", link=link, ask="retrieve", asked_at=at, nhs_number=number)
        for link, number in numbers.items()
    ]
    search = Trace(
        id=f"t-{run}", link=f"l-{run}", ask="search", asked_at=at, given="Amy", family="Example", birth_date=BORN
    )
    app.faults = list(DOWN)
    await ask(broker.bootstrap, *traces, search)
    env, log = environment(tmp_path, broker.bootstrap, url), tmp_path / "log"
    log.touch()
    first = Process(env, log)
    async with asyncio.timeout(60):
        while not (await first.ready()).get("pds"):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    first.end(signal.SIGKILL)
    log.rename(tmp_path / "first-log")
    log.touch()
    app.faults = []
    second = Process(env, log)
    said = await answers(broker.bootstrap, {*numbers, search.link, "l-none"})
    ready = await second.ready()
    assert second.end(signal.SIGTERM) == 0
    assert {link: set(results) for link, results in said.items()} == {
        **dict(zip(numbers, ({"found"}, {"not-found"}, {"invalidated"}), strict=True)),
        search.link: {"found"},
        "l-none": {"unreadable"},
    }
    assert ready == {}
    logged = (tmp_path / "first-log").read_text() + log.read_text()
    assert [mark for mark in (*numbers.values(), "Example", BASE, "Bearer") if mark in logged] == []
