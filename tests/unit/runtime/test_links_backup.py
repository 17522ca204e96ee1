"""A backup of hub.links is whole, in order, and sealed; what is no decision is not taken for one."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.core.identity.closing import WHY
from hub.runtime import links_backup
from hub.runtime.links_backup import Backup, Entry
from hub.runtime.sealed_file import BackupUnfit
from schemas.links import LinkDecision

KEY = b"a key for tests, thirty-two bytes"
AT = datetime(2026, 11, 2, 9, tzinfo=UTC)


def entry(link: str, seq: int, key: str | None = None) -> Entry:
    decision = LinkDecision(
        link=link, child_id=f"chd-{seq}", seq=seq, decision="assigned", rule="founding", why="new", at=AT
    )
    return (key or link).encode(), decision.model_dump_json().encode(), (("id", b"\xff"), ("causes", b""))


def test_what_was_backed_up_is_read_back_in_its_order_repeats_and_all(tmp_path: Path) -> None:
    entries = [entry("a", 1), entry("b", 1), entry("a", 2), entry("b", 1)]
    links_backup.write(Backup(entries, AT), tmp_path / "links", KEY)
    assert links_backup.read(tmp_path / "links", KEY) == Backup(entries, AT)
    assert (tmp_path / "links").stat().st_mode & 0o777 == 0o600
    assert b'"child_id"' not in (tmp_path / "links").read_bytes()


@pytest.mark.parametrize("wrong", [(b"a", b"{}", ()), (b"a", b"", ()), entry("a", 1, key="b")])
def test_a_record_that_is_no_decision_about_its_link_is_named(tmp_path: Path, wrong: Entry) -> None:
    links_backup.write(Backup([entry("a", 1), wrong], AT), tmp_path / "links", KEY)
    with pytest.raises(BackupUnfit, match="record 1 of the links is no decision"):
        links_backup.read(tmp_path / "links", KEY)


def test_another_key_a_cut_file_and_another_kind_of_backup_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "links"
    links_backup.write(Backup([entry("a", 1)], AT), file, KEY)
    with pytest.raises(BackupUnfit, match="another key"):
        links_backup.read(file, KEY + b"!")
    whole = file.read_bytes()
    file.write_bytes(whole[:-8])
    with pytest.raises(BackupUnfit, match="truncated or was tampered with"):
        links_backup.read(file, KEY)
    file.write_bytes(b"anything")
    with pytest.raises(BackupUnfit, match="is no sendhub-links-backup-1: take one with `sendhub links backup`"):
        links_backup.read(file, KEY)


def test_what_was_closed_since_the_backup_is_said_after_it() -> None:
    entries = [entry("a", 1), entry("b", 1), entry("a", 2), entry("c", 1)]
    closing = links_backup.closings_missing(entries, {"a": 3, "unknown": 2}, AT)
    assert [LinkDecision.model_validate_json(value) for _, value, _ in closing] == [
        LinkDecision(link="a", child_id="chd-2", seq=3, decision="released", rule="closed", why=WHY, at=AT)
    ]
    assert closing[0][0] == b"a"
    assert links_backup.closings_missing([*entries, *closing], {"a": 3}, AT) == []
