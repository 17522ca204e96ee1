"""The whole hub against what its logs give: from the facts to the byte, from the raw messages as a set."""

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from hub.embedded.system import System
from tests.integration.conftest import COUNCIL, TRACKER
from tests.integration.test_review import sendhub as decided_by
from tests.support.client import Client, client, event, person
from tests.support.processes import PROJECT

pytestmark = pytest.mark.asyncio(loop_scope="session")


def sendhub(hub: System, *arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **hub.deployment.environment(hub.kafka), **changed}
    command = [sys.executable, "-m", "hub.cli", *arguments]
    return subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=120)


async def test_the_logs_give_what_the_hub_holds(hub: System, tmp_path: Path) -> None:
    async with client(hub) as tell:
        for number in range(5):
            who = person(f"RB-{number}", f"Given{number}", birth_date=f"201{number}-03-02")
            await tell.tell(COUNCIL, event("assessment.requested", f"RB-{number}", who))
            await tell.tell(COUNCIL, event("assessment.requested", f"RB-{number}", who))
        await tell.tell(
            COUNCIL, event("assessment.requested", "RB-0", person("RB-0", "Other", birth_date="2009-01-01"), version=2)
        )
        await tell.tell(TRACKER, event("assessment.requested", "RB-7", person("RB-7", "Nobody")))
        await two_under_one_id(hub, tell)
        await hub.pipeline.drained()
    said = sendhub(hub, "rebuild")
    assert said.returncode == 0, said.stdout + said.stderr
    raw = sendhub(hub, "rebuild", "--from-raw")
    assert raw.returncode == 0, raw.stdout + raw.stderr
    assert "council.events: " in raw.stdout
    facts = int(raw.stdout.splitlines()[-1].removeprefix("rebuild: facts=").split()[0])
    assert facts >= 5
    # With another key every source person is somebody else: each fact of the window is then one too many.
    (tmp_path / "key").write_text("ab" * 32)
    other = sendhub(hub, "rebuild", "--from-raw", SENDHUB_KEY_FILE=str(tmp_path / "key"))
    assert (other.returncode, other.stdout.splitlines()[-1:]) == (1, [f"rebuild: facts=0 differ={facts}"]), other.stderr


async def two_under_one_id(hub: System, tell: Client) -> None:
    """Twins whom the council records under one id, parted by a person; each is heard of again."""
    twins = [person("RB-TWINS", given, birth_date="2015-05-05") for given in ("Wilfreda", "Ottoline")]
    for number, who in enumerate(twins):
        await tell.tell(COUNCIL, event("assessment.requested", f"RB-TWIN-{number}", who))
        await hub.pipeline.drained()  # the one who comes first has the id, and each request a partition of its own
    (task,) = [each["id"] for each in await tell.read("/reviews") if each["record"] == "RB-TWIN-1"]
    shown = await decided_by(hub, "review", "show", task, "--purpose", "two under one id", "--json")
    (act,) = [each for each in orjson.loads(shown)["acts"] if each["kind"] == "held.separated"]
    await decided_by(hub, "review", "decide", task, "--act", act["stamp"], "--why", "they are twins")
    for number, who in enumerate(twins):
        await tell.tell(COUNCIL, event("assessment.requested", f"RB-TWIN-{number}-more", who))
