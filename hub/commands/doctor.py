"""`sendhub doctor`: is everything there that the hub needs, and what to do where it is not."""

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from typing import Annotated, NamedTuple

import typer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from hub.commands.failures import stop
from hub.platform import keyring
from hub.platform.clock import clock_from, today
from hub.platform.settings import Settings
from hub.runtime import links_backup, topics
from hub.runtime.audit_waiting import Waiting
from hub.runtime.errors import RuntimeFault
from hub.stages.errors import StageError, Unavailable
from hub.store import schema
from hub.store.engine import open_engine
from hub.store.errors import SchemaMismatch, translated

JAVA_LEAST = 17


class Finding(NamedTuple):
    """What one check found: `well`, a sentence, and what to do when it is not well."""

    check: str
    well: bool
    found: str
    todo: str = ""


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False) -> None:
    """Check Java, Kafka, topics, database, clock and settings; exit status 1 when something is wrong."""
    try:
        settings = Settings()
    except ValidationError as error:
        names = ", ".join(f"SENDHUB_{item['loc'][0]}".upper() for item in error.errors(include_input=False))
        stop(f"the environment has settings that can't be read: {names}. docs/settings.md says what each takes")
    findings = [finding for check in CHECKS for finding in check(settings)]
    if as_json:
        typer.echo(json.dumps([finding._asdict() for finding in findings]))
    else:
        _show(findings)
    raise typer.Exit(0 if all(finding.well for finding in findings) else 1)


def _java(settings: Settings) -> list[Finding]:
    if shutil.which("java") is None:
        return [Finding("java", False, "no java on the PATH", "apt-get install openjdk-17-jre-headless")]
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S607
    version = re.search(r'version "(\d+)', said)
    number = int(version.group(1)) if version else 0
    well = number >= JAVA_LEAST
    return [Finding("java", well, f"Java {number}", "" if well else "the embedded Kafka needs Java 17 or newer")]


def _kafka(settings: Settings) -> list[Finding]:
    try:
        brokers = asyncio.run(_brokers(settings.kafka))
    except (KafkaError, OSError, TimeoutError) as error:
        todo = "start Kafka, or set SENDHUB_KAFKA to its address"
        return [Finding("kafka", False, f"{settings.kafka} does not answer ({type(error).__name__})", todo)]
    found = [Finding("kafka", True, f"{settings.kafka} answers, {brokers} broker(s)")]
    problems = asyncio.run(topics.problems(settings.kafka))
    wrong = [Finding("topics", False, problem, "sendhub topics") for problem in problems]
    return found + (wrong or [Finding("topics", True, "all as they must be")])


async def _brokers(kafka: str) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka, request_timeout_ms=5000)
    try:
        await admin.start()
        return len((await admin.describe_cluster())["brokers"])
    finally:
        await admin.close()


def _database(settings: Settings) -> list[Finding]:
    try:
        engine = open_engine(settings.database_url)
        with translated():
            schema.check(engine)
    except SchemaMismatch as error:
        return [Finding("database", False, str(error), "the projection makes the tables when it starts")]
    except (ValueError, Unavailable) as error:
        return [Finding("database", False, str(error), "start the database, or set SENDHUB_DATABASE_URL")]
    return [Finding("database", True, "the read model's tables are of this version")]


def _clock(settings: Settings) -> list[Finding]:
    day = today(clock_from(settings.clock_file))
    driven = "" if settings.clock_file is None else f", driven by {settings.clock_file}"
    return [Finding("clock", True, f"today is {day} in London{driven}")]


def _files(settings: Settings) -> list[Finding]:
    findings = []
    try:
        _ = settings.key
        findings.append(_key(settings))
    except (OSError, ValueError) as error:
        findings.append(Finding("key", False, str(error), "sendhub key FILE makes one; set SENDHUB_KEY_FILE"))
    findings.append(_ring(settings))
    findings += _waiting(settings)
    try:
        known = len(settings.sources.sources)
        findings.append(Finding("sources", known > 0, f"{known} registered", "" if known else "register a source"))
    except (OSError, ValueError) as error:
        what = f"{settings.sources_file} can't be read ({type(error).__name__})"
        findings.append(Finding("sources", False, what, "docs/settings.md shows one; set SENDHUB_SOURCES_FILE"))
    return findings


def _ring(settings: Settings) -> Finding:
    problem = keyring.problem(settings.ring)
    if problem is None:
        return Finding("key ring", True, f"{settings.ring.where} holds today's key")
    todo = "sendhub key ring FILE makes one, sendhub key forget destroys what is too old; docs/data-protection.md"
    return Finding("key ring", False, problem, todo)


def _waiting(settings: Settings) -> list[Finding]:
    """What was done to keys while Kafka was away, and is not on hub.audit yet."""
    waiting = Waiting(settings.key_ring_file.parent)
    number = waiting.number
    if not number:
        return []
    todo = "leave the file there; when Kafka is well: sendhub key audit"
    return [Finding("audit", False, f"{number} audit record(s) wait in {waiting.file}", todo)]


def _key(settings: Settings) -> Finding:
    """Whether the key is the one that made the children's ids: with another all of them would be orphans."""
    try:
        fits = asyncio.run(links_backup.key_fits(settings))
    except (KafkaError, StageError, RuntimeFault):
        fits = None  # said by the checks of Kafka and topics
    if fits is False:
        return Finding(
            "key", False, "this key did not make the ids on hub.links", "put the right one back: sendhub key restore"
        )
    return Finding("key", True, f"{settings.key_file} holds a key" + (", that of the ids on hub.links" if fits else ""))


CHECKS: tuple[Callable[[Settings], list[Finding]], ...] = (_java, _kafka, _database, _clock, _files)


def _show(findings: list[Finding]) -> None:
    table = Table("", "check", "found", "what to do", box=None)
    for finding in findings:
        mark = "[green]well[/]" if finding.well else "[red]wrong[/]"
        table.add_row(mark, finding.check, finding.found, finding.todo)
    Console().print(table)
