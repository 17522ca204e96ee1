"""A real Prometheus and Alertmanager watch the whole hub: one cause, one alert, and it clears when that is mended."""

import asyncio
import os
import re
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio
import yaml
from aiokafka import AIOKafkaProducer
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from hub.cli import app
from hub.embedded.ports import LOOPBACK
from hub.embedded.system import System
from hub.runtime.programs import PARTS
from schemas.topics import COUNCIL_EVENTS
from tests.integration.conftest import COUNCIL
from tests.support.client import client, event, person
from tests.support.dashboards import queries
from tests.support.metrics_page import catalogue
from tests.support.monitoring import PROMETHEUS, Monitoring, checked, watching
from tests.support.processes import PROJECT

pytestmark = pytest.mark.asyncio(loop_scope="session")

RUNBOOKS = PROJECT / "docs" / "runbooks"
SECONDS = 120.0
"""How long it is waited for what has to come."""
CALM = 2.0
"""How long it is looked whether a second alert comes."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def monitoring(hub: System, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Monitoring]:
    places = {name: f"{LOOPBACK}:{ports['metrics']}" for name, ports in hub.ports.items()}
    with watching(tmp_path_factory.mktemp("monitoring"), places) as running:
        await until(lambda: len(running.query('sendhub_heartbeat_last_timestamp_seconds{stage="projection"}')) > 0)
        await resolve_all(hub)
        await until(lambda: not running.query('ALERTS{severity!="none"} or sendhub_dead_letters_held > 0'))
        await asyncio.sleep(CALM)  # Alertmanager tells a second later what other tests have left, and that it is over
        await until(lambda: not running.told.now("firing"))
        running.told.said.clear()
        yield running


async def until(well: Callable[[], bool], seconds: float = SECONDS) -> None:
    end = time.monotonic() + seconds
    while not await asyncio.to_thread(well):
        assert time.monotonic() < end, "it did not come to that"
        await asyncio.sleep(0.3)


async def fires_alone(monitoring: Monitoring, alert: str, **labels: str) -> None:
    """This one is told, and no other, to whoever it is for; and it says what to do."""
    await until(lambda: bool(monitoring.told.now("firing")))
    await asyncio.sleep(CALM)
    (told,) = monitoring.told.now("firing")
    assert (told["alertname"], {name: told[name] for name in labels}) == (alert, labels)
    receivers = {receiver for receiver, _, found in monitoring.told.said if found == told}
    assert receivers == {"on-call" if told["severity"] == "page" else told["team"]}
    found = [each for each in await asyncio.to_thread(monitoring.alerts) if each["labels"]["alertname"] == alert]
    assert found
    assert all(len(found[0]["annotations"][part]) > 20 for part in ("summary", "description", "runbook_url"))


async def clears(monitoring: Monitoring) -> None:
    await until(lambda: not monitoring.told.now("firing"))
    assert monitoring.told.now("resolved")
    monitoring.told.said.clear()


async def test_what_a_running_hub_serves_is_the_catalogue_both_ways(hub: System, monitoring: Monitoring) -> None:
    """By name, type and labels; but for the PDS connector, which does not run there."""
    async with client(hub) as council:
        await council.tell(COUNCIL, [*late_advice()])
        await hub.pipeline.drained()
        served = {}
        for part in PARTS:
            text = await council.metrics(part.name)
            await asyncio.to_thread(checked, text)
            for family in text_string_to_metric_families(text):
                name = f"{family.name}_total" if family.type == "counter" else family.name
                labels = {frozenset(sample.labels) - {"le"} for sample in family.samples}
                if name.startswith("sendhub_"):
                    served.setdefault(name, (family.type, set()))[1].update(labels)
    promised = {name: entry for name, entry in catalogue().items() if entry.process != "pds"}
    assert served.keys() == promised.keys()
    for name, (kind, labels) in served.items():
        assert kind == promised[name].kind, name
        assert labels <= {frozenset(promised[name].labels)}, name


def late_advice() -> Iterator[dict[str, Any]]:
    """A case whose speech and language advice is overdue today."""
    on, who = "2026-08-03", person("O1")
    yield event("assessment.requested", "OPS-1", who, on, data={"case_reference": "OPS-1"})
    yield event("assessment.decided", "OPS-1", who, on, data={"outcome": "assess"})
    asked = {"heading": "medical", "service": "speech-and-language", "asked": {"role": "trust", "ods": "RXQ"}}
    subject = {"request": "OPS-1", "advice": "OPS-1-A"}
    yield event("advice.requested", "OPS-1-A", who, on, subject=subject, data=asked)


async def test_a_connector_that_is_killed_and_cannot_start_again(hub: System, monitoring: Monitoring) -> None:
    port = hub.ports["webhook"]["metrics"]
    pid = hub.supervisor.pid("webhook")
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    with await taken(port):
        await fires_alone(monitoring, "SendhubProcessDown", process="webhook", severity="page")
    await clears(monitoring)


async def taken(port: int) -> socket.socket:
    """Somebody else has the port: what listens there cannot start."""
    for _ in range(200):
        try:
            return socket.create_server((LOOPBACK, port))
        except OSError:
            await asyncio.sleep(0.01)
    raise AssertionError("the port did not become free")


async def test_a_stage_that_stands_still(hub: System, monitoring: Monitoring) -> None:
    """Heartbeats stop as well, and all that comes after it is late: that is not told a second time."""
    pid = hub.supervisor.pid("casework")
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        await until(lambda: "SendhubThroughLate" in firing(monitoring))
        await fires_alone(monitoring, "SendhubProcessDown", process="casework", severity="page")
    finally:
        os.kill(pid, signal.SIGCONT)
    await clears(monitoring)


def firing(monitoring: Monitoring) -> set[str]:
    return {each["metric"]["alertname"] for each in monitoring.query('ALERTS{alertstate="firing"}')}


async def test_a_source_whose_messages_are_refused(hub: System, monitoring: Monitoring) -> None:
    async with client(hub) as council:

        async def send() -> None:
            while True:
                assert (await council.tell(COUNCIL, {"kind": "no such kind"})).status_code == 422
                await asyncio.sleep(0.3)

        sending = asyncio.create_task(send())
        try:
            await fires_alone(monitoring, "SendhubSourceRefused", source=COUNCIL, connector="webhook")
        finally:
            sending.cancel()
    await clears(monitoring)


async def test_dead_letters(hub: System, monitoring: Monitoring) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=hub.kafka)
    await producer.start()
    try:
        for _ in range(3):
            await producer.send_and_wait(COUNCIL_EVENTS.name, b"not a message", b"0" * 24, 0)
    finally:
        await producer.stop()
    await fires_alone(monitoring, "SendhubDeadLetters", stage="intake", severity="ticket")
    assert await resolve_all(hub) >= 3
    await clears(monitoring)


async def resolve_all(hub: System) -> int:
    """As the runbook says; how many there were."""
    async with client(hub) as reader:
        ids = [letter["id"] for letter in await reader.read("/dead-letters", status="open")]
    command = ["deadletter", "resolve", *ids, "--reason", "made for a test"]
    runner = CliRunner(env=hub.deployment.environment(hub.kafka))
    resolved = await asyncio.to_thread(runner.invoke, app, command) if ids else None
    assert resolved is None or resolved.exit_code == 0, resolved.output
    await hub.pipeline.drained()
    return len(ids)


async def test_every_panel_of_every_dashboard_has_an_answer(hub: System, monitoring: Monitoring) -> None:
    """With its variables filled as they would be, of processes of which some were started anew just before."""
    async with client(hub) as council:
        told = event("assessment.requested", "OPS-2", person("O2"), data={"case_reference": "OPS-2"})
        assert (await council.tell(COUNCIL, told)).status_code == 202
    chosen = {"$connector": "webhook", "$stage": "casework", "$service": ".*", "$area": ".*", "$__rate_interval": "20s"}
    asked = {}
    for page, panel, expression in queries():
        filled = expression
        for name, value in chosen.items():
            filled = filled.replace(name, value)
        asked[page.name, panel.title, filled] = filled

    def answered() -> bool:
        for place, filled in list(asked.items()):
            if monitoring.query(filled):
                del asked[place]
        return not asked

    try:
        await until(answered)
    except AssertionError:
        assert sorted(asked) == []


async def test_every_recorded_rule_has_an_answer_where_there_is_anything_to_count(monitoring: Monitoring) -> None:
    groups = yaml.safe_load((PROMETHEUS / "rules" / "recordings.yml").read_text())["groups"]
    for rule in (rule for group in groups for rule in group["rules"]):
        monitoring.query(rule["record"])
        if "heartbeat" in rule["record"] or "lag" in rule["record"]:
            assert monitoring.query(rule["record"]), rule["record"]


async def test_every_query_of_the_runbooks_can_be_asked(monitoring: Monitoring) -> None:
    pages = list(RUNBOOKS.glob("*.md"))
    found = [(page.name, query) for page in pages for query in re.findall(r"'query=(.+?)'$", page.read_text(), re.M)]
    assert len(found) > 15
    for _, query in found:
        await asyncio.to_thread(monitoring.query, query)
