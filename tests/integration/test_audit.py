"""The audit of the running hub: what is written down comes into one chain, and the chain is whole."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.embedded.system import System
from hub.platform.settings import Settings
from hub.runtime import audit, audit_log
from schemas.audit import AuditEntry

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def run(hub: System, *arguments: str) -> tuple[int, str]:
    env = hub.deployment.environment(hub.kafka) | {"SENDHUB_ACTOR": "ig-1"}
    result = await asyncio.to_thread(CliRunner().invoke, app, ["audit", *arguments], env=env)
    return result.exit_code, result.output


async def test_writers_at_once_make_one_chain_and_a_changed_copy_is_found(hub: System, tmp_path: Path) -> None:
    settings = Settings(kafka=hub.kafka)

    async def note(number: int) -> None:
        said = {"action": "access.refused", "subjects": (f"chd-audit-{number}",), "why": "a test"}
        await audit.write(settings, AuditEntry(actor=f"prs-{number % 3}", at=datetime.now(UTC), **said))

    await asyncio.gather(*map(note, range(8)))
    await hub.pipeline.drained()
    found, breaks = await audit_log.verify(settings, datetime.now(UTC))
    assert breaks == ()
    assert found.head.seq >= 8
    assert (await audit_log.standing(settings)) == (found.head, False)

    code, shown = await run(hub, "show", "--why", "a test", "--subject", "chd-audit-3", "--json")
    assert code == 0
    assert [orjson.loads(line)["actor"] for line in shown.splitlines()] == ["prs-0"]
    copy = tmp_path / "audit.jsonl"
    assert (await run(hub, "backup", str(copy), "--why", "a test"))[0] == 0
    await hub.pipeline.drained()
    assert (await run(hub, "verify", "--from-backup", str(copy)))[0] == 0
    lines = copy.read_bytes().splitlines()
    copy.write_bytes(b"\n".join(lines[:2] + lines[3:]))
    code, said = await run(hub, "verify", "--from-backup", str(copy))
    assert (code, "in the backup: entry 3 not there" in said) == (1, True), said
    _, looks = await run(hub, "show", "--why", "a test", "--actor", "ig-1", "--json")
    assert {orjson.loads(line)["action"] for line in looks.splitlines()} == {"audit.read", "backup.take"}
