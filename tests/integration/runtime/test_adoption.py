"""What an adoption purged stays gone: on the log, in backups of before that are put back, and in a rebuild."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from hub.core.identity.erasure import DATA_KEY
from hub.embedded.kafka import Kafka
from hub.platform.clock import SystemClock
from hub.platform.settings import Settings
from hub.runtime import links_backup
from hub.runtime.decision_log import observation_of, send
from hub.runtime.rebuild_links import rebuild_links
from schemas.decisions import ADOPTED, PROPOSED
from schemas.looks import Decided
from schemas.topics import FACTS, IDENTITY_STATE, LINKS, OBSERVATIONS, TOPICS
from tests.integration.runtime.test_recovery import held, kept, observe, once_there
from tests.support.processes import running
from tests.support.recovery import await_worked_off, make_anew, sendhub
from tests.unit.identity.adopted import Adopting, zoe
from tests.unit.identity.people import COUNCIL, SOURCES, amy, observation

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
SAID = [
    observation(COUNCIL, amy(), "REQ-1"),
    observation(COUNCIL, zoe(), "NEW-1", kind="child.identified"),
    observation(COUNCIL, amy(id="P7", given="Ben", nhs_number=None, upn=None), "OTHER"),
]


def looked_at(kafka: str) -> Adopting:
    """The running state, as a world in which a decision can be put into words."""
    world = Adopting()
    world.values = kept(kafka)
    return world


def decide(kafka: str, kind: str, actor: str, id_: str) -> None:
    """What a person sends, on what is there now."""
    world = looked_at(kafka)
    facts = [orjson.loads(each.value) for each in held(kafka, [FACTS.name])[FACTS.name]]
    old, new = ({fact["child_id"] for fact in facts if fact["record"] == record}.pop() for record in ("REQ-1", "NEW-1"))
    said = world.terms(old, new)
    evidence, child = said.pop("evidence"), said.pop("child_id")
    more = {"proposal": "p1"} if kind == ADOPTED else {}
    decided = Decided(
        id=id_, kind=kind, actor=actor, why="an order", evidence=evidence, child_id=child, data={**said, **more}
    )
    asyncio.run(send(Settings(), observation_of(decided, SystemClock())))


def test_what_was_purged_does_not_come_back_with_a_backup(
    own_broker: Kafka, deployed: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {source.id for source in SOURCES.sources} >= {COUNCIL}
    kafka, settings = own_broker.bootstrap, Settings()
    make_anew(kafka, *TOPICS)
    monkeypatch.setenv("SENDHUB_GROUP_PREFIX", "adoption")
    settings = Settings()
    observe(kafka, SAID)
    with running("hub.cli", "stage", "identity", env=deployed, log=tmp_path / "identity.log"):
        await_worked_off(settings, "identity", OBSERVATIONS)
        for what, file in (("identity", "identity.backup"), ("links", "links.backup")):
            assert sendhub(what, "backup", str(tmp_path / file)).returncode == 0
        decide(kafka, PROPOSED, "officer-1", "p1")
        await_worked_off(settings, "identity", OBSERVATIONS)
        decide(kafka, ADOPTED, "officer-2", "p2")
        await_worked_off(settings, "identity", OBSERVATIONS)
    state = kept(kafka)
    assert_purged(kafka, state)

    make_anew(kafka, LINKS)
    backup = links_backup.read(tmp_path / "links.backup", settings.key)
    written = asyncio.run(once_there(LINKS, lambda: links_backup.restore(settings, backup, AT)))
    assert (written.decisions, written.closed_since) == (len(backup.entries) + 1, 1)
    links = [orjson.loads(each.value) for each in held(kafka, [LINKS.name])[LINKS.name]]
    assert links[-1]["rule"] == "closed"
    # What it lacks beside that is named: the new link.
    (missing,) = asyncio.run(rebuild_links(settings)).differences
    assert "has decision 2, hub.links has decision 0" in missing.what

    make_anew(kafka, IDENTITY_STATE)
    restored = sendhub("identity", "restore", str(tmp_path / "identity.backup"))
    assert restored.returncode == 0, restored.stderr
    assert "Amy" in str(kept(kafka))
    with running("hub.cli", "stage", "identity", env=deployed, log=tmp_path / "identity.log"):
        await_worked_off(settings, "identity", OBSERVATIONS)
    assert kept(kafka) == state
    assert_purged(kafka, kept(kafka))
    assert asyncio.run(rebuild_links(settings)).differences == []


def assert_purged(kafka: str, state: dict[str, bytes]) -> None:
    """Of the old record a stub is left, and no key opens what stood on the log before."""
    assert {word for word in (b"REQ-1", b"Amy") if any(word in value for value in state.values())} == set()
    (stub,) = [
        orjson.loads(value) for key, value in state.items() if key.startswith("link:") and b'"closed":true' in value
    ]
    keys = [
        each
        for each in held(kafka, [IDENTITY_STATE.name])[IDENTITY_STATE.name]
        if each.key.startswith(DATA_KEY.encode())
    ]
    mine = [each.value is None for each in keys if each.key.decode() == DATA_KEY + stub["id"]]
    assert mine == [False, True, False]
