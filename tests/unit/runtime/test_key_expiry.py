"""The ticker's process destroys daily keys that are too old, and goes on where it may not."""

from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from hub.platform import keyring
from hub.platform.keyring import machine_day, read_ring, write_ring
from hub.platform.keys import new_ring
from hub.platform.settings import Settings
from hub.runtime.key_expiry import forget_days


@pytest.fixture
def ring(tmp_path: Path) -> Path:
    write_ring(tmp_path / "ring", new_ring(machine_day() - timedelta(days=50)))
    return tmp_path / "ring"


def test_what_is_too_old_goes_by_the_setting_and_is_told_without_a_key(ring: Path) -> None:
    with capture_logs() as said:
        forget_days(Settings(key_ring_file=ring, seal_days=7))
        forget_days(Settings(key_ring_file=ring, seal_days=7))
    assert read_ring(ring).chains[0].day == machine_day() - timedelta(days=7)
    assert [each["event"] for each in said] == ["daily keys destroyed"]
    assert read_ring(ring).chains[0].key.hex() not in str(said)


def test_a_ring_that_it_may_not_change_is_left_with_a_word(ring: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = ring.read_bytes()

    def read_only(*arguments: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(keyring, "write_ring", read_only)
    with capture_logs() as said:
        forget_days(Settings(key_ring_file=ring))
    assert [each["event"] for each in said] == ["daily keys that are too old could not be destroyed"]
    assert ring.read_bytes() == before


def test_without_a_ring_or_with_an_unfit_one_it_goes_on(tmp_path: Path, ring: Path) -> None:
    with capture_logs() as said:
        forget_days(Settings(key_ring_file=tmp_path / "none"))
        forget_days(Settings(key_ring_file=tmp_path / "none", key_ring=ring.read_text()))
        ring.chmod(0o644)
        forget_days(Settings(key_ring_file=ring))
    assert [each["log_level"] for each in said] == ["warning"]
