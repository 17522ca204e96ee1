"""Kafka itself is killed and comes back: nothing is answered for from memory, nothing is missing, nobody has to act."""

import asyncio
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from aiokafka import ConsumerRecord

from hub.core.casework.policy import Policy
from hub.embedded import deployment, kafka, system
from hub.embedded.ports import LOOPBACK, free_port
from hub.embedded.system import System
from hub.runtime import topics
from hub.simulator import bars
from hub.simulator.council_csv import drop, file_name, people_csv
from hub.stages.casework import casework
from hub.stages.stage import Output, Record
from schemas import heartbeats
from schemas.envelope import Envelope
from schemas.people import Person
from schemas.topics import CHILDREN, COUNCIL_EVENTS, DEADLINES, FACTS, NHS_MESSAGES
from tests.faults.replay import replay
from tests.integration.conftest import COUNCIL, SOURCES, TRUST
from tests.integration.webhook.conftest import an_event, headers, settings
from tests.support.client import Client, event, person
from tests.support.files import person_row, put_away
from tests.support.processes import PROJECT, running
from tests.support.proxy import PRODUCE, Proxy
from tests.support.sealed import opened
from tests.support.streams import read_all
from tests.support.trust import send

PATIENCE = 4.0
"""Seconds that a sender waits for an answer."""
OUTAGE = 12.0
SENDERS = 3
ROWS = 300
AT = datetime(2026, 11, 10, 10, 0, tzinfo=UTC)
NHS_NUMBER = "9990100012"


class Broker:
    """A broker of the test's own, in a folder of its own, that can be killed and started again as it was."""

    def __init__(self, folder: Path, proxied: int = 0) -> None:
        self._now = kafka.start(PROJECT, folder, proxied=proxied)

    @property
    def bootstrap(self) -> str:
        return self._now.bootstrap

    @property
    def via(self) -> int:
        return self._now.via

    def kill(self) -> None:
        self._now.kill()

    async def start_again(self) -> None:
        self._now = await asyncio.to_thread(kafka.restart, PROJECT, self._now)


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path / "kafka")
    yield broker
    broker.kill()


@dataclass
class Sent:
    """What senders were told: the answers of each message in order, by its name."""

    answers: dict[str, list[int]] = field(default_factory=dict)

    def note(self, name: str, answer: httpx.Response) -> None:
        self.answers.setdefault(name, []).append(answer.status_code)
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            assert int(answer.headers["Retry-After"]) > 0

    @property
    def put_off(self) -> set[str]:
        return {name for name, statuses in self.answers.items() if 503 in statuses}


async def test_nothing_is_missing_after_an_outage_and_nobody_had_to_act(own_broker: Broker, tmp_path: Path) -> None:
    made = deployment.create(tmp_path / "hub", SOURCES)
    async with system.running(made, own_broker.bootstrap, lambda preferred: free_port()) as hub, patient(hub) as sender:
        stop, events, messages = asyncio.Event(), Sent(), Sent()
        before, during = (file_name("people", date(2026, 11, day)) for day in (1, 2))
        async with asyncio.TaskGroup() as sending:
            for number in range(SENDERS):
                sending.create_task(post_steadily(sender, number, events, stop))
            sending.create_task(advise_steadily(sender, messages, stop))
            await until(lambda: len(events.answers) >= 30 and messages.answers)
            drop(made.inbox, before, people_csv(person_row(n) for n in range(ROWS)))
            own_broker.kill()
            drop(made.inbox, during, people_csv(person_row(n) for n in range(10, ROWS)))
            down = asyncio.create_task(asyncio.sleep(OUTAGE))
            await until(lambda: events.put_off and messages.put_off)
            await until_told(hub, "files", "the broker does not ack: files stay where they are until it does")
            await down
            assert (made.inbox / during).exists()
            await own_broker.start_again()
            taken_before = len(events.answers)
            await until(lambda: len(events.answers) > taken_before + 30)
            stop.set()
        assert [await put_away(made.inbox, name) for name in (before, during)] == ["done", "done"]
        await system.all_ready(made.logs, hub.ports)
        await hub.pipeline.drained(120)
        await check(hub, events, messages)


async def answered(ask: Callable[..., Awaitable[httpx.Response]], *about: Any) -> httpx.Response:
    """The answer. Who hears nothing in time sends the same again."""
    while True:
        try:
            return await ask(*about)
        except httpx.TimeoutException:
            continue


async def post_steadily(sender: Client, number: int, sent: Sent, stop: asyncio.Event) -> None:
    """One request after the other, each repeated until it is taken."""
    turn = 0
    while not stop.is_set():
        record = f"OUT-{number}-{turn}"
        who = person(record, given=f"Ada{number}", birth_date=f"2015-{1 + turn % 12:02}-{1 + turn // 12 % 28:02}")
        requested = event("assessment.requested", record, who, data={"case_reference": record})
        while (answer := await answered(sender.tell, COUNCIL, requested)).status_code != httpx.codes.ACCEPTED:
            sent.note(record, answer)
            assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
            await asyncio.sleep(0.2)
        sent.note(record, answer)
        turn += 1
        await asyncio.sleep(0.05)


async def advise_steadily(sender: Client, sent: Sent, stop: asyncio.Event) -> None:
    """The trust's messages, the same way. 409 says of a repeat that it was taken before."""
    who = Person(id="T-1", nhs_number=NHS_NUMBER, nhs_number_status="01", given="Isolde", family="Throckley")
    turn = 0
    while not stop.is_set():
        request_id = str(uuid4())
        about = bars.Conversation(guid=bars.conversation_guid(str(turn)), person=who, trust="RXQ")
        message = bars.acknowledged(about, AT)
        while (answer := await answered(send, sender, TRUST, message, request_id)).status_code not in (200, 409):
            sent.note(request_id, answer)
            assert answer.status_code in (503, 425)
            await asyncio.sleep(0.2)
        sent.note(request_id, answer)
        turn += 1
        await asyncio.sleep(0.5)


async def check(hub: System, events: Sent, messages: Sent) -> None:
    wanted = [COUNCIL_EVENTS, NHS_MESSAGES, FACTS, CHILDREN, DEADLINES]
    found = await read_all(hub.kafka, [topic.name for topic in wanted])
    logs = {topic: [each for each in records if each.key != heartbeats.KEY] for topic, records in found.items()}
    logs |= {topic.name: opened(logs[topic.name], hub.deployment.folder / "ring") for topic in wanted[:2]}
    ledger = acked(hub.deployment.folder / "ledger.db")
    posted = Counter(orjson.loads(each.value)["record"] for each in logs[COUNCIL_EVENTS.name] if b"OUT-" in each.value)
    assert posted.keys() == events.answers.keys()
    assert {name for name, number in posted.items() if number > 1} <= events.put_off, "only what was put off is twice"
    assert len(ids(logs[COUNCIL_EVENTS.name], "sendhub.council.event")) == len(ledger["webhook"]) == len(posted)
    assert len(ids(logs[COUNCIL_EVENTS.name], "sendhub.council.row")) == ROWS
    assert ids(logs[NHS_MESSAGES.name], "sendhub.nhs.bars") == ledger["bars"] == messages.answers.keys()
    facts = Counter(
        fact["record"] for fact in map(value_of, logs[FACTS.name]) if fact["kind"] == "assessment.requested"
    )
    assert facts == Counter(events.answers.keys()), "each is a fact, once"
    expected = [output for part in replayed(logs[FACTS.name]) for output in part]
    for topic in (CHILDREN, DEADLINES):
        assert last(logs[topic.name]) == last(output for output in expected if output.topic == topic.name)
    references = Counter(orjson.loads(each)["case_reference"] for each in last(logs[CHILDREN.name]).values())
    del references[None]  # whom the file alone names has no case
    assert references == Counter(events.answers.keys())


def acked(path: Path) -> dict[str, set[str]]:
    """The keys that each connector's ledger holds; fails when one is not acked."""
    found: dict[str, set[str]] = {}
    with closing(sqlite3.connect(path)) as database:
        for connector, key, state in database.execute("SELECT connector, key, state FROM connector_ledger"):
            assert state == "acked", f"{connector} left a key {state}"
            found.setdefault(connector, set()).add(key)
    return found


def ids(records: Iterable[ConsumerRecord], kind: str) -> set[str]:
    envelopes = [Envelope.of(tuple(record.headers)) for record in records]
    return {each.id for each in envelopes if each.type == kind}


def replayed(records: list[ConsumerRecord]) -> Iterator[list[Output]]:
    """What casework says of the facts in memory, one after the other, by partition."""
    for number in range(FACTS.partitions):
        facts = [
            Record(each.topic, each.partition, each.offset, each.key, each.value, tuple(each.headers), each.timestamp)
            for each in records
            if each.partition == number
        ]
        yield replay(casework(Policy(SOURCES), time.monotonic), number, facts, lambda output: False).outputs


def last(records: Iterable[Any]) -> dict[bytes, bytes]:
    """The last value of each key, but for those that were taken back."""
    found = {record.key: record.value for record in records}
    return {key: value for key, value in found.items() if value is not None}


def value_of(record: ConsumerRecord) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(record.value)
    return found


@asynccontextmanager
async def patient(hub: System) -> AsyncIterator[Client]:
    """A sender who waits so long and no longer."""
    async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as http:
        yield Client(hub, http)


async def until(met: Any, seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not met():  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)


async def until_told(hub: System, process: str, why: str) -> None:
    """Wait until a process gives this reason at /ready."""
    async with asyncio.timeout(60), httpx.AsyncClient(timeout=10, trust_env=False) as client:
        while why not in (await client.get(f"{hub.url(process, 'metrics')}/ready")).text:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.2)


async def test_a_broker_killed_between_its_ack_and_the_answer_has_the_message_once(tmp_path: Path) -> None:
    url = f"http://{LOOPBACK}:{(port := free_port())}/events"
    async with Proxy() as proxy:
        broker = await asyncio.to_thread(Broker, tmp_path / "kafka", proxy.port)
        proxy.target = broker.via
        env = settings(tmp_path, SENDHUB_KAFKA=proxy.address, SENDHUB_PORT=str(port))
        try:
            await topics.create(broker.bootstrap, 1, [COUNCIL_EVENTS])
            with running("connectors.council.webhook", env=env, log=tmp_path / "webhook.log"):
                await taken(url, an_event("PLAN-1"))
                proxy.answers.hold(PRODUCE)
                answering = asyncio.create_task(post(url, an_event("PLAN-2")))
                await until_on_topic(broker, an_event("PLAN-2"))
                broker.kill()
                proxy.cut()
                proxy.answers.release()
                answer = await answering
                assert (answer.status_code, answer.json()["error"]) == (503, "not-acknowledged")
                await broker.start_again()
                await taken(url, an_event("PLAN-2"))
                assert (await post(url, an_event("PLAN-2"))).json() == {"accepted": 0, "already_known": 1}
            records = opened((await read_all(broker.bootstrap, [COUNCIL_EVENTS.name]))[COUNCIL_EVENTS.name])
            found = [Envelope.of(tuple(each.headers)).id for each in records if each.value == an_event("PLAN-2")]
            assert len(set(found)) == 1
        finally:
            broker.kill()


async def post(url: str, raw: bytes) -> httpx.Response:
    async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
        return await client.post(url, content=raw, headers=headers())


async def taken(url: str, raw: bytes) -> None:
    """Repeat as a sender would until it is taken."""
    async with asyncio.timeout(60):
        while True:
            with suppress(httpx.ConnectError):
                answer = await post(url, raw)
                if answer.status_code == httpx.codes.ACCEPTED:
                    return
                assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
            await asyncio.sleep(0.2)


async def until_on_topic(broker: Broker, raw: bytes) -> None:
    async with asyncio.timeout(60):
        while raw not in await values(broker):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)


async def values(broker: Broker) -> list[bytes]:
    records = opened((await read_all(broker.bootstrap, [COUNCIL_EVENTS.name]))[COUNCIL_EVENTS.name])
    return [each.value for each in records]
