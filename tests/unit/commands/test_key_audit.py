"""What is done to keys is on record before it is done: who, why and which key, never the key."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from hub.cli import app
from hub.embedded.ports import free_port
from hub.platform.keyring import machine_day, read_ring, write_ring
from hub.platform.keys import new_ring
from hub.platform.settings import Settings
from hub.runtime import audit
from hub.runtime.audit_waiting import NAME, Waiting
from hub.runtime.key_file import fingerprint
from hub.stages.errors import Unavailable
from schemas.audit import AuditEntry

SECRET = "a passphrase of some length"


@pytest.fixture
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a key and a ring, made while there was no Kafka."""
    monkeypatch.setenv("SENDHUB_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("SENDHUB_KEY_RING_FILE", str(tmp_path / "ring"))
    monkeypatch.setenv("SENDHUB_BACKUP_PASSPHRASE", SECRET)
    monkeypatch.setenv("SENDHUB_ACTOR", "engineer-4")
    monkeypatch.setenv("SENDHUB_DATABASE_URL", f"sqlite:///{tmp_path}/read-model.db")
    monkeypatch.setenv("SENDHUB_KAFKA", f"127.0.0.1:{free_port()}")
    assert run("key", str(tmp_path / "key")).exit_code == 0
    assert run("key", "ring", str(tmp_path / "ring")).exit_code == 0
    return tmp_path


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> list[AuditEntry]:
    """What hub.audit takes."""
    taken: list[AuditEntry] = []

    async def write(settings: Settings, entry: AuditEntry) -> None:
        taken.append(entry)

    monkeypatch.setattr(audit, "write_or_refuse", write)
    return taken


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def waiting(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / NAME).read_text().splitlines()]


def test_while_kafka_is_away_it_waits_beside_the_keys_and_is_said(deployment: Path) -> None:
    made, ring = waiting(deployment)
    assert (made["actor"], made["action"], made["why"]) == ("engineer-4", "key.change", "the first key")
    assert made["subjects"] == [f"key {fingerprint((deployment / 'key').read_bytes().strip())} made"]
    assert len(ring["subjects"]) == 2
    assert (deployment / NAME).stat().st_mode & 0o777 == 0o600
    said = run("key", "reseed", "--why", "the ring stood in an e-mail")
    assert said.exit_code == 0
    assert "it waits in" in said.stderr
    chain = read_ring(deployment / "ring").chains[1]
    last = waiting(deployment)[-1]
    assert (last["why"], last["subjects"]) == (
        "the ring stood in an e-mail", [f"chain {chain.id} from {machine_day() + timedelta(days=1)} added"],
    )  # fmt: skip


def test_no_key_stands_in_what_waits(deployment: Path) -> None:
    run("key", "rotate")
    run("key", "backup", str(deployment / "copy"))
    ring, text = read_ring(deployment / "ring"), (deployment / NAME).read_text()
    secrets = [*(each.key.hex() for each in (*ring.chains, *ring.wrapping)), (deployment / "key").read_text().strip()]
    assert len(waiting(deployment)) == 4
    assert not [secret for secret in [*secrets, SECRET] if secret in text]


def test_what_waited_is_sent_first_by_the_next_command_once(deployment: Path, kafka: list[AuditEntry]) -> None:
    ids = [each["id"] for each in waiting(deployment)]
    assert run("key", "reseed").exit_code == 0
    assert [entry.id for entry in kafka[:-1]] == ids
    assert kafka[-1].why == "not said"
    assert waiting(deployment) == []
    run("key", "reseed")
    assert len({entry.id for entry in kafka}) == len(kafka) == 4


def test_what_could_not_be_sent_waits_on(deployment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids, taken = [each["id"] for each in waiting(deployment)], list[str | None]()

    async def write(settings: Settings, entry: AuditEntry) -> None:
        if taken:
            raise Unavailable("Kafka went away")
        taken.append(entry.id)

    monkeypatch.setattr(audit, "write_or_refuse", write)
    assert run("key", "reseed").exit_code == 0
    assert taken == ids[:1]
    assert [each["id"] for each in waiting(deployment)][:-1] == ids[1:]


@pytest.mark.parametrize(
    "arguments",
    [["rotate"], ["reseed"], ["forget"], ["lost", "0badcafe"], ["merge", "other"], ["backup", "copy"]],
)
def test_what_can_not_be_written_down_is_not_done(
    deployment: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_ring(deployment / "ring", new_ring(machine_day() - timedelta(days=100)))
    write_ring(deployment / "other", new_ring(machine_day()))
    before = (deployment / "ring").read_bytes()

    def full(self: Waiting, entry: AuditEntry) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Waiting, "add", full)
    arguments = [str(deployment / each) if each in ("other", "copy") else each for each in arguments]
    said = run("key", *arguments)
    assert said.exit_code == 2
    assert "nothing was done" in said.stderr
    assert (deployment / "ring").read_bytes() == before
    assert not (deployment / "copy").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["rotate"], "wrapping key {1} added"),
        (["reseed", "--from", str(machine_day())], "chain {2} from {0} added"),
        (["lost", "0badcafe"], "chain 0badcafe declared lost"),
        (["forget"], "chain {3}: days before {4} destroyed"),
    ],
)
def test_each_change_of_the_ring_says_which_key_and_period(
    deployment: Path, kafka: list[AuditEntry], arguments: list[str], says: str
) -> None:
    day = machine_day()
    write_ring(deployment / "ring", new_ring(day - timedelta(days=100)))
    run("key", *arguments)
    ring = read_ring(deployment / "ring")
    words = says.format(day, ring.current.id, ring.chains[-1].id, ring.chains[0].id, day - timedelta(days=30))
    assert kafka[-1].subjects == (words,)
    assert (kafka[-1].actor, kafka[-1].action) == ("engineer-4", "key.change")


def test_what_changes_nothing_is_not_recorded(deployment: Path, kafka: list[AuditEntry]) -> None:
    assert run("key", "forget").stdout == "no daily key is too old\n"
    assert kafka == []


def test_a_copy_of_the_key_and_its_way_back_are_recorded(deployment: Path, kafka: list[AuditEntry]) -> None:
    key = fingerprint((deployment / "key").read_bytes().strip())
    run("key", "backup", str(deployment / "copy"), "--why", "for the safe")
    run("key", "restore", str(deployment / "copy"))
    assert [(entry.action, entry.subjects, entry.why) for entry in kafka[-2:]] == [
        ("key.copy", (f"key {key} copied",), "for the safe"),
        ("key.change", (f"key {key} restored",), "not said"),
    ]


def test_what_waits_is_sent_on_demand_and_said_by_doctor(deployment: Path, kafka: list[AuditEntry]) -> None:
    findings = {each["check"]: each for each in json.loads(run("doctor", "--json").stdout)}
    assert findings["audit"]["found"].startswith("2 audit record(s) wait in ")
    assert run("key", "audit").stdout == "audit records sent: 2\n"
    assert len(kafka) == 2
    assert "audit" not in {each["check"] for each in json.loads(run("doctor", "--json").stdout)}


def test_what_is_damaged_is_kept_and_said(deployment: Path, kafka: list[AuditEntry]) -> None:
    (deployment / NAME).write_text("{}\n")
    before = (deployment / "ring").read_bytes()
    for arguments in (["key", "audit"], ["key", "rotate"]):
        assert "no audit record" in run(*arguments).stderr
    assert (deployment / NAME).read_text() == "{}\n"
    assert (deployment / "ring").read_bytes() == before
