"""A backup of identity is sealed, whole or not there, and is refused when it is anything else."""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.runtime import backup as backups
from hub.runtime.backup import Backup
from hub.runtime.sealed_file import BackupUnfit
from hub.runtime.state import PartitionState

KEY = b"a key for tests, thirty-two bytes"
NAME = b"Example, Amy"


def made(keys: int = 3) -> Backup:
    state = PartitionState()
    for number in range(keys):
        state.load(f"link:{number}", b'{"given": "%s", "n": %d}' % (NAME, number) + os.urandom(50))
    return Backup(state, 41, datetime(2026, 11, 2, 9, tzinfo=UTC))


@pytest.mark.parametrize("keys", [0, 3, 3_000])
def test_what_was_backed_up_is_read_back_to_the_byte(tmp_path: Path, keys: int) -> None:
    backup, file = made(keys), tmp_path / "identity.backup"
    backups.write(backup, file, KEY)
    found = backups.read(file, KEY)
    assert dict(found.state.items()) == dict(backup.state.items())
    assert (found.includes, found.taken_at) == (41, backup.taken_at)


def test_the_file_is_its_owners_alone_says_nothing_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "identity.backup"
    file.write_text("an older one, readable by all")
    backups.write(made(), file, KEY)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert NAME not in file.read_bytes()
    assert list(tmp_path.iterdir()) == [file]


def test_a_backup_that_can_not_be_written_leaves_the_older_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "identity.backup"
    file.write_text("the older one")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        backups.write(made(), file, KEY)
    assert file.read_text() == "the older one"
    assert list(tmp_path.iterdir()) == [file]


def test_another_key_is_told_from_harm() -> None:
    sealed = backups.seal(made(), KEY)
    with pytest.raises(BackupUnfit, match="another key"):
        backups.unseal(sealed, KEY + b"!")


@pytest.mark.parametrize("place", [0.3, 0.6, 0.99])
def test_a_backup_that_was_cut_or_changed_is_refused(place: float) -> None:
    sealed = backups.seal(made(), KEY)
    at = int(len(sealed) * place)
    changed = sealed[:at] + (b"A" if sealed[at : at + 1] != b"A" else b"B") + sealed[at + 1 :]
    for harmed in (sealed[:at], changed):
        with pytest.raises(BackupUnfit, match="truncated or was tampered with"):
            backups.unseal(harmed, KEY)


@pytest.mark.parametrize("content", [b"", b"no backup", b"a.b.c.d.e", b"eyJhbGciOiJkaXIifQ....", b"\xff\xfe."])
def test_any_other_file_is_no_backup(content: bytes) -> None:
    with pytest.raises(BackupUnfit, match="is no sendhub-identity-backup-1"):
        backups.unseal(content, KEY)
