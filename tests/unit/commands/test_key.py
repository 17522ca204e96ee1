"""The commands about keys: what they write, what they refuse, and that they never show a key."""

from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hub.cli import app
from hub.embedded.ports import free_port
from hub.platform.keyring import machine_day, read_ring, write_ring
from hub.platform.keys import new_ring

SECRET = "a passphrase of some length"


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SENDHUB_KEY_RING_FILE", str(tmp_path / "ring"))
    monkeypatch.setenv("SENDHUB_KAFKA", f"127.0.0.1:{free_port()}")
    assert run("ring", str(tmp_path / "ring")).exit_code == 0
    return tmp_path / "ring"


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SENDHUB_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("SENDHUB_BACKUP_PASSPHRASE", SECRET)
    assert run(str(tmp_path / "key")).exit_code == 0
    return tmp_path / "key"


def run(*arguments: str, says: str | None = None) -> Result:
    return CliRunner().invoke(app, ["key", *arguments], input=says)


def refused(*arguments: str) -> str:
    result = run(*arguments)
    assert (result.exit_code, "Traceback" in result.output) == (2, False), result.output
    return result.stderr


def test_a_ring_is_made_once_private_and_seals_today(ring: Path) -> None:
    assert ring.stat().st_mode & 0o777 == 0o600
    found = read_ring(ring)
    assert found.sealing(machine_day()).day == machine_day()
    assert "exists" in refused("ring", str(ring))
    assert read_ring(ring) == found
    assert "can't be written" in refused("ring", str(ring.parent / "none" / "ring"))


def test_the_ring_is_shown_by_id_and_day_and_no_key_of_it(ring: Path) -> None:
    write_ring(ring, read_ring(ring).with_wrapping_key(machine_day()).with_lost("0badcafe"))
    found, said = read_ring(ring), run("show").stdout
    assert said.splitlines() == [
        f"chain {found.chains[0].id}: seals from {machine_day()}, opens from {machine_day()}",
        f"wrapping key {found.wrapping[0].id}: made {machine_day()}",
        f"wrapping key {found.wrapping[1].id}: made {machine_day()}, in use",
        "chain 0badcafe: declared lost",
    ]
    assert not [each for each in (*found.chains, *found.wrapping) if each.key.hex() in said]


def test_a_new_chain_begins_tomorrow_unless_told_otherwise_and_never_in_the_past(ring: Path) -> None:
    assert run("reseed").exit_code == 0
    assert run("reseed", "--from", str(machine_day())).exit_code == 0
    today = machine_day()
    assert [each.since for each in read_ring(ring).chains] == [today, today + timedelta(days=1), today]
    assert read_ring(ring).sealing(today).id == read_ring(ring).chains[2].id
    assert "or a later day" in refused("reseed", "--from", "2020-01-01")
    assert run("reseed", "--from", "someday").exit_code == 2


def test_days_that_are_too_old_are_destroyed_on_demand(ring: Path) -> None:
    assert run("forget").stdout == "no daily key is too old\n"
    write_ring(ring, new_ring(machine_day() - timedelta(days=100)))
    assert str(machine_day() - timedelta(days=30)) in run("forget").stdout
    assert read_ring(ring).chains[0].day == machine_day() - timedelta(days=30)


def test_a_key_is_rotated_also_while_kafka_is_away_and_told_to_be_gone_through_again(ring: Path) -> None:
    said = refused("rotate")
    assert "does not answer" in said
    assert len(read_ring(ring).wrapping) == 2


@pytest.mark.parametrize("key_id", ["0badcafe", "nonsense"])
def test_an_unknown_wrapping_key_can_not_be_retired(ring: Path, key_id: str) -> None:
    assert f"no wrapping key {key_id}" in refused("retire", key_id)


def test_what_is_in_use_is_not_retired_and_nothing_is_where_kafka_can_not_be_asked(ring: Path) -> None:
    first = read_ring(ring).current.id
    assert "in use" in refused("retire", first)
    write_ring(ring, read_ring(ring).with_wrapping_key(machine_day()))
    assert "Wait a day" in refused("retire", first)
    assert "does not answer" in refused("retire", first, "--now")
    assert len(read_ring(ring).wrapping) == 2


@pytest.mark.parametrize("chain", ["nonsense", "0BADCAFE", "0badcafe0"])
def test_a_chain_is_declared_lost_by_its_id_alone(ring: Path, chain: str) -> None:
    assert "eight hexadecimal digits" in refused("lost", chain)
    assert read_ring(ring).lost == ()


def test_a_ring_that_is_unfit_is_said_to_be_by_every_command(ring: Path) -> None:
    ring.chmod(0o644)
    for arguments in (["show"], ["rotate"], ["reseed"], ["forget"], ["retire", "x"], ["lost", "0badcafe"]):
        assert "may be read by others" in refused(*arguments)
    assert "may be read by others" in refused("merge", str(ring))


def test_a_ring_of_the_environment_is_shown_and_not_changed(ring: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENDHUB_KEY_RING", ring.read_text())
    ring.unlink()
    assert "in use" in run("show").stdout
    for arguments in (["rotate"], ["reseed"], ["forget"]):
        assert "change it there, and set the variable anew" in refused(*arguments)


def test_the_secret_key_comes_back_from_its_backup(key: Path, tmp_path: Path) -> None:
    before, file = key.read_bytes(), tmp_path / "key.backup"
    assert run("backup", str(file)).exit_code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert before.strip() not in file.read_bytes()
    assert "is there already" in run("restore", str(file)).stdout
    key.unlink()
    assert run("restore", str(file)).exit_code == 0
    assert (key.read_bytes(), key.stat().st_mode & 0o777) == (before, 0o600)


def test_the_secret_key_is_never_written_over_another(key: Path, tmp_path: Path) -> None:
    run("backup", str(tmp_path / "key.backup"))
    key.write_text("ab" * 32)
    assert "holds another key" in refused("restore", str(tmp_path / "key.backup"))
    assert key.read_text() == "ab" * 32


def test_a_passphrase_is_asked_for_and_a_short_or_wrong_one_refused(
    key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "key.backup"
    monkeypatch.delenv("SENDHUB_BACKUP_PASSPHRASE")
    asked = run("backup", str(file), says=f"{SECRET}\n{SECRET}\n")
    assert (asked.exit_code, SECRET in asked.output) == (0, False)
    monkeypatch.setenv("SENDHUB_BACKUP_PASSPHRASE", "short")
    assert "at least 16" in refused("backup", str(file))
    key.unlink()
    assert "the passphrase is another" in refused("restore", str(file))
    assert not key.exists()


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"format": "sendhub-key-backup-1"}'])
def test_any_other_file_is_no_backup_of_a_key(key: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other").write_bytes(content)
    assert "is no sendhub-key-backup-1" in refused("restore", str(tmp_path / "other"))
    assert "No such file" in refused("restore", str(tmp_path / "none"))
