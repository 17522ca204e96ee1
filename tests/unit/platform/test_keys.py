"""The key ring: forward only, refused when it is anything but whole and private, never shown."""

import json
import os
import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.platform import keyring
from hub.platform.keyring import KeyRing, changing, forget_days, problem, read_ring, write_ring
from hub.platform.keys import KeyDestroyed, KeyUnknown, Ring, RingUnfit, SealBroken, from_text, new_ring, to_text
from hub.platform.seal import DailySeal, about_record, unwrap, wrap, wrapped_with

DAY = date(2026, 11, 2)
ABOUT = about_record("council.events", (("ce_id", b"m-1"), ("ce_source", b"s")))


class At:
    """A day that a test can move."""

    def __init__(self, day: date = DAY) -> None:
        self.day = day

    def __call__(self) -> date:
        return self.day


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_ring(tmp_path / "ring", new_ring(DAY))
    return tmp_path / "ring"


def opened(file: Path, today: At | None = None, days: int = 30) -> KeyRing:
    return KeyRing(file, days=days, today=today or At())


@given(st.integers(0, 700), st.integers(0, 700))
def test_a_day_has_one_key_however_far_the_ring_was_moved_on(moved: int, later: int) -> None:
    ring = new_ring(DAY)
    day = DAY + timedelta(days=moved + min(later, 300))
    after = ring.from_day(DAY + timedelta(days=moved))
    if moved + min(later, 300) <= 366:
        assert after.chains[0].on(day) == ring.chains[0].on(day)
    assert after.chains[0].day == DAY + timedelta(days=moved)
    assert from_text(to_text(after)) == after


def test_the_key_of_a_day_that_was_forgotten_is_in_nothing_that_is_left() -> None:
    ring = new_ring(DAY)
    old = ring.chains[0].on(DAY)
    moved = ring.from_day(DAY + timedelta(days=1))
    assert old.hex() not in to_text(moved)
    with pytest.raises(KeyDestroyed, match="the key of 2026-11-02 was destroyed"):
        moved.chains[0].on(DAY)
    with pytest.raises(SealBroken, match="far future"):
        moved.chains[0].on(date(9999, 1, 1))


def test_what_one_process_seals_another_opens_until_the_day_is_over_its_limit(file: Path) -> None:
    today = At()
    sealer, opener = DailySeal(opened(file, today)), DailySeal(opened(file, today))
    sealed = sealer.seal(b"value", ABOUT)
    assert b"value" not in sealed
    assert opener.open(sealed, ABOUT) == b"value"
    today.day = DAY + timedelta(days=30)
    assert opener.open(sealed, ABOUT) == b"value"
    today.day += timedelta(days=1)
    with pytest.raises(KeyDestroyed):
        opener.open(sealed, ABOUT)
    assert opener.open(sealer.seal(b"new", ABOUT), ABOUT) == b"new"


def test_days_that_are_too_old_are_destroyed_in_the_file_once(file: Path) -> None:
    today = At(DAY + timedelta(days=40))
    ring = opened(file, today)
    assert (
        problem(ring)
        == f"{file} still holds daily keys from before {DAY + timedelta(days=10)}: they have to be destroyed"
    )
    assert forget_days(ring) == DAY + timedelta(days=10)
    assert forget_days(ring) is None
    assert read_ring(file).chains[0].day == DAY + timedelta(days=10)
    assert file.stat().st_mode & 0o777 == 0o600
    assert problem(ring) is None


@pytest.mark.parametrize("place", [0, 5, 9, 13, 20, 30, 50, -1])
def test_a_seal_that_was_changed_anywhere_does_not_open(file: Path, place: int) -> None:
    seal = DailySeal(opened(file))
    sealed = bytearray(seal.seal(b"a value of some length", ABOUT))
    sealed[place] ^= 1
    with pytest.raises((SealBroken, KeyUnknown, KeyDestroyed)):
        seal.open(bytes(sealed), ABOUT)


@pytest.mark.parametrize(
    "about",
    [
        about_record("nhs.messages", (("ce_id", b"m-1"), ("ce_source", b"s"))),
        about_record("council.events", (("ce_id", b"m-2"), ("ce_source", b"s"))),
        about_record("council.events", (("ce_id", b"m-1"), ("ce_source", b"t"))),
        about_record("council.events", (("ce_id", b"m-1"), ("ce_source", b"s"), ("kind", b"day.reached"))),
    ],
)
def test_a_value_opens_only_under_its_own_topic_and_headers(file: Path, about: bytes) -> None:
    seal = DailySeal(opened(file))
    with pytest.raises(SealBroken, match="belongs elsewhere"):
        seal.open(seal.seal(b"value", ABOUT), about)


def test_other_headers_may_come_and_go(file: Path) -> None:
    seal = DailySeal(opened(file))
    more = about_record("council.events", (("traceparent", b"00-1"), ("ce_source", b"s"), ("ce_id", b"m-1")))
    assert seal.open(seal.seal(b"value", ABOUT), more) == b"value"


@pytest.mark.parametrize("value", [b"", b"plain", b"\xffSH1", b"\xffSH1" + b"x" * 8])
def test_what_is_not_sealed_is_said_to_be_not(file: Path, value: bytes) -> None:
    with pytest.raises((SealBroken, KeyUnknown)):
        DailySeal(opened(file)).open(value, ABOUT)


def test_another_deployments_seal_is_an_unknown_key_not_a_broken_seal(file: Path, tmp_path: Path) -> None:
    write_ring(tmp_path / "other", new_ring(DAY))
    sealed = DailySeal(opened(tmp_path / "other")).seal(b"value", ABOUT)
    with pytest.raises(KeyUnknown, match="newest ring"):
        DailySeal(opened(file)).open(sealed, ABOUT)


def test_a_chain_of_the_same_name_with_another_key_is_an_unknown_key(file: Path, tmp_path: Path) -> None:
    ring = json.loads(to_text(read_ring(file)))
    ring["chains"][0]["key"] = "ab" * 32
    wrong = KeyRing(file, json.dumps(ring), today=At())
    with pytest.raises(KeyUnknown, match="another ring's"):
        DailySeal(wrong).open(DailySeal(opened(file)).seal(b"value", ABOUT), ABOUT)


def test_a_new_chain_is_found_by_a_process_that_read_the_ring_before(file: Path) -> None:
    reader = DailySeal(opened(file))
    reader.seal(b"", ABOUT)
    write_ring(file, read_ring(file).with_chain(DAY))
    sealed = DailySeal(opened(file)).seal(b"value", ABOUT)
    assert sealed[4:8].hex() == read_ring(file).chains[1].id
    assert reader.open(sealed, ABOUT) == b"value"


def test_a_chain_that_begins_later_does_not_seal_yet(file: Path) -> None:
    today = At()
    write_ring(file, read_ring(file).with_chain(DAY + timedelta(days=1)))
    seal, ids = DailySeal(opened(file, today)), [each.id for each in read_ring(file).chains]
    assert seal.seal(b"v", ABOUT)[4:8].hex() == ids[0]
    today.day += timedelta(days=1)
    assert seal.seal(b"v", ABOUT)[4:8].hex() == ids[1]


def test_a_ring_of_which_no_chain_has_begun_says_so(file: Path) -> None:
    with pytest.raises(KeyUnknown, match="is the machine's clock right"):
        DailySeal(opened(file, At(DAY - timedelta(days=1)))).seal(b"v", ABOUT)


def test_another_rings_keys_open_what_they_sealed_and_seal_nothing_new(file: Path, tmp_path: Path) -> None:
    write_ring(tmp_path / "other", new_ring(DAY))
    sealed = DailySeal(opened(tmp_path / "other")).seal(b"value", ABOUT)
    own, other = read_ring(file), read_ring(tmp_path / "other")
    write_ring(file, own.with_keys_of(other))
    seal = DailySeal(opened(file))
    assert seal.open(sealed, ABOUT) == b"value"
    assert seal.seal(b"new", ABOUT)[4:8].hex() == own.chains[0].id
    assert read_ring(file).current == own.current
    assert read_ring(file).with_keys_of(other) == read_ring(file)


def test_a_chain_declared_lost_is_destroyed_and_not_waited_for(file: Path, tmp_path: Path) -> None:
    write_ring(tmp_path / "other", new_ring(DAY))
    sealed = DailySeal(opened(tmp_path / "other")).seal(b"value", ABOUT)
    write_ring(file, read_ring(file).with_lost(sealed[4:8].hex()))
    assert from_text(to_text(read_ring(file))) == read_ring(file)
    with pytest.raises(KeyDestroyed, match="declared lost"):
        DailySeal(opened(file)).open(sealed, ABOUT)


def test_a_key_is_wrapped_by_the_newest_and_opened_by_each_that_is_left() -> None:
    ring = new_ring(DAY)
    first = wrap(ring.current, b"k" * 32, b"a")
    ring = ring.with_wrapping_key(DAY)
    second = wrap(ring.current, b"k" * 32, b"a")
    assert [wrapped_with(each) for each in (first, second)] == [each.id for each in ring.wrapping]
    assert unwrap(ring, first, b"a") == unwrap(ring, second, b"a") == b"k" * 32
    with pytest.raises(SealBroken):
        unwrap(ring, second, b"b")
    with pytest.raises(KeyUnknown, match="no wrapping key"):
        unwrap(ring.without_wrapping_key(ring.wrapping[0].id), first, b"a")
    with pytest.raises(SealBroken, match="no wrapped key"):
        wrapped_with(b"x" * 60)


def changed(**changes: object) -> str:
    return json.dumps(json.loads(to_text(new_ring(DAY))) | changes)


GOOD = {"id": "01020304", "since": "2026-11-02", "day": "2026-11-02", "key": "ab" * 32}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[]", "is no sendhub-key-ring-1"),
        ('{"format": "sendhub-key-ring-9"}', "is no sendhub-key-ring-1"),
        (changed(chains=[]), "chains holds no key"),
        (changed(wrapping=None), "wrapping holds no key"),
        (changed(chains=["5ec2e7"]), "chains holds no key"),
        (changed(chains=[GOOD | {"key": "5ec2e7"}]), r"chains\[0\].key holds 3 bytes, not 32"),
        (changed(chains=[GOOD | {"key": "5ec2e7 is no hex"}]), r"chains\[0\].key is not hex"),
        (changed(chains=[GOOD | {"id": "5ec2e7"}]), r"chains\[0\].id is not 4 bytes"),
        (changed(chains=[GOOD | {"day": "5ec2e7"}]), r"chains\[0\].day is no date"),
        (changed(chains=[GOOD, GOOD]), "two keys have the same id"),
        (changed(lost="5ec2e7"), "lost is no list"),
    ],
)
def test_a_ring_that_is_not_whole_is_refused_and_nothing_of_it_repeated(file: Path, text: str, said: str) -> None:
    file.write_text(text)
    for source in (opened(file), KeyRing(Path("none"), text or " ", today=At())):
        with pytest.raises(RingUnfit, match=said) as refused:
            source.current()
        assert "5ec2e7" not in str(refused.value)
        assert source.where in str(refused.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o644])
def test_a_ring_that_others_may_read_is_refused(file: Path, mode: int) -> None:
    file.chmod(mode)
    with pytest.raises(RingUnfit, match=f"may be read by others .mode {mode:04o}.: chmod 600"):
        opened(file).current()


def test_a_missing_ring_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(RingUnfit, match="`sendhub key ring FILE` makes one"):
        opened(tmp_path / "none").current()
    assert "makes one" in (problem(opened(tmp_path / "none")) or "")


def test_a_ring_in_the_environment_needs_no_file_and_is_never_changed(file: Path) -> None:
    today = At(DAY + timedelta(days=40))
    ring = KeyRing(Path("none"), file.read_text(), today=today)
    assert DailySeal(ring).seal(b"v", ABOUT)
    assert forget_days(ring) is None
    assert ring.current().chains[0].day == DAY + timedelta(days=10), "in memory they are gone all the same"


def test_a_ring_that_becomes_unfit_while_it_is_in_use_goes_on_as_it_was(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "LOOK_SECONDS", 0.0)
    ring = opened(file)
    before = ring.current()
    file.write_text("{")
    assert ring.current() == before
    file.unlink()
    assert ring.current() == before
    write_ring(file, before.with_wrapping_key(DAY))
    assert len(ring.current().wrapping) == 2


def test_the_file_is_looked_at_again_only_from_time_to_time(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ring = opened(file)
    ring.current()
    write_ring(file, read_ring(file).with_wrapping_key(DAY))
    assert len(ring.current().wrapping) == 1
    later = time.monotonic() + 3
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert len(ring.current().wrapping) == 2


def test_of_two_changes_at_once_none_is_lost(file: Path) -> None:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        with changing(file):
            found = read_ring(file)
            os.write(write, b"x")
            time.sleep(0.3)
            write_ring(file, found.with_wrapping_key(DAY))
        os._exit(0)
    os.read(read, 1)
    with changing(file):
        write_ring(file, read_ring(file).with_wrapping_key(DAY))
    os.waitpid(child, 0)
    assert len(read_ring(file).wrapping) == 3


def test_a_ring_that_can_not_be_written_leaves_the_former(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = file.read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_ring(file, Ring((), ()))
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]
