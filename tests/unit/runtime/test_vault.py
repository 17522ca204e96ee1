"""A stage's state outside memory: sealed by owner, gone with its key, taken over by a new wrapping key."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.core.identity.erasure import DATA_KEY, DEPLOYMENT, erase, owner_of
from hub.platform.keyring import KeyRing
from hub.platform.keys import KeyDestroyed, KeyFault, Ring, new_ring, to_text
from hub.platform.seal import wrapped_with
from hub.runtime.state import PartitionState
from hub.runtime.vault import MARK, REWRAPPED_AT_ONCE, Vault
from hub.stages.errors import Unavailable

DAY = date(2026, 11, 2)
Entry = tuple[str, bytes | None]


class Rings(KeyRing):
    """A ring that a test can change."""

    def __init__(self, ring: Ring) -> None:
        super().__init__(Path("none"), to_text(ring), today=lambda: DAY)

    def put(self, ring: Ring) -> None:
        self._ring = ring


class Kept:
    """A state with its vault, and every record that was ever written to its changelog."""

    def __init__(self, ring: Rings) -> None:
        self.ring = ring
        self.state = PartitionState()
        self.vault = Vault("hub.identity.state", ring, owner_of)
        self.log: list[Entry] = []

    def commit(self, *puts: Entry, erased: Iterable[str] = (), fails: bool = False) -> None:
        changes = self.state.begin()
        for link in erased:
            erase(changes, link)
        for key, value in puts:
            changes.put(key, value)
        changes.changed.update(self.vault.erased(changes.changed, self.state))
        sealing = self.vault.begin()
        entries = list(sealing.entries(changes.changed))
        if fails:
            return
        self.log += entries
        sealing.done()
        self.state.apply(changes)

    def compacted(self) -> dict[str, bytes]:
        """What Kafka's compaction leaves."""
        return {key: value for key, value in dict(self.log).items() if value is not None}

    def recovered(self) -> dict[str, bytes]:
        found = Vault("hub.identity.state", self.ring, owner_of).open_state(held(self.compacted()))
        assert found.damaged == {}
        return dict(found.state.items())


def held(entries: dict[str, bytes]) -> PartitionState:
    state = PartitionState()
    for key, value in entries.items():
        state.load(key, value)
    return state


@pytest.fixture
def kept() -> Kept:
    return Kept(Rings(new_ring(DAY)))


def test_whose_a_value_is() -> None:
    assert [owner_of(each) for each in ("link:a", "fact:a:3", "disputed:a:0", "disputed:a:dec-1")] == ["a"] * 4
    shared = ("child:a", "number:a", "seen:a", "stated:a", "task:a", "days", "opened:2026-11-02", "setting:a")
    assert {owner_of(each) for each in shared} == {DEPLOYMENT}
    with pytest.raises(ValueError, match="never erased"):
        erase({}, "")  # type: ignore[arg-type]


def test_nothing_stands_in_clear_and_all_of_it_comes_back(kept: Kept) -> None:
    kept.commit(("link:a", b"Amy Example"), ("fact:a:0", b"Amy again"), ("child:c", b"chd-1"))
    kept.commit(("link:a", b"Amy Example Jones"), ("link:b", b"Ben Example"), ("child:c", None))
    assert not [value for _, value in kept.log if value and (b"Example" in value or b"chd" in value)]
    assert kept.recovered() == {"link:a": b"Amy Example Jones", "fact:a:0": b"Amy again", "link:b": b"Ben Example"}
    assert {key for key, _ in kept.log if key.startswith(DATA_KEY)} == {"!key:a", "!key:b", "!key:"}


def test_after_an_erasure_nothing_of_the_link_opens_from_any_record_ever_written(kept: Kept) -> None:
    kept.commit(("link:a", b"Amy 1"), ("link:b", b"Ben"))
    kept.commit(("link:a", b"Amy 2"), ("fact:a:0", b"said of Amy"), ("disputed:a:0", b"held of Amy"))
    kept.commit(erased=["a"])
    assert dict(kept.state.items()) == {"link:b": b"Ben"} == kept.recovered()
    assert "!key:a" not in kept.compacted()
    reader = Vault("hub.identity.state", kept.ring, owner_of)
    reader.open_state(held(kept.compacted()))
    older = [(key, value) for key, value in kept.log if value is not None and owner_of(key) == "a"]
    assert len(older) == 4
    for key, value in older:
        with pytest.raises(KeyDestroyed, match="its data key is gone"):
            reader.open_value(key, value)
        with pytest.raises(KeyFault):  # nor with any key that is left, under any name
            reader.open_value("link:b", value)


def test_retiring_the_wrapping_key_erases_at_once_also_what_was_not_yet_compacted(kept: Kept) -> None:
    kept.commit(("link:a", b"Amy"), ("link:b", b"Ben"))
    kept.commit(erased=["a"])
    first = kept.ring.current().current.id
    kept.ring.put(kept.ring.current().with_wrapping_key(DAY))
    kept.commit()
    kept.ring.put(kept.ring.current().without_wrapping_key(first))
    assert kept.recovered() == {"link:b": b"Ben"}
    uncompacted = [(key, value) for key, value in kept.log if key == "!key:a" and value is not None]
    assert len(uncompacted) == 1
    with pytest.raises(Unavailable, match="no wrapping key"):
        Vault("hub.identity.state", kept.ring, owner_of).open_state(held(dict(uncompacted)))


def test_what_is_put_after_an_erasure_in_the_same_batch_stands_under_a_new_key(kept: Kept) -> None:
    kept.commit(("link:a", b"Amy"), ("fact:a:0", b"said"))
    before = kept.compacted()["!key:a"]
    kept.commit(("link:a", b"anew"), erased=["a"])
    assert kept.compacted()["!key:a"] != before
    assert kept.recovered() == {"link:a": b"anew"} == dict(kept.state.items())


def test_a_key_of_a_transaction_that_failed_is_made_again(kept: Kept) -> None:
    kept.commit(("link:a", b"Amy"), fails=True)
    kept.commit(("link:a", b"Amy"))
    kept.commit(erased=["a"], fails=True)
    assert kept.recovered() == {"link:a": b"Amy"}
    kept.commit(("fact:a:0", b"said"))
    assert kept.recovered() == {"link:a": b"Amy", "fact:a:0": b"said"}


def test_a_new_wrapping_key_is_taken_over_in_slices_and_the_former_can_go(kept: Kept) -> None:
    number = REWRAPPED_AT_ONCE + 20
    kept.commit(*((f"link:{n}", b"%d" % n) for n in range(number)))
    first = kept.ring.current().current.id
    kept.ring.put(kept.ring.current().with_wrapping_key(DAY))
    assert len(kept.vault.stale()) == number
    kept.commit(erased=["3"])
    assert len(kept.vault.stale()) == 20
    kept.commit(fails=True)
    assert len(kept.vault.stale()) == 20
    kept.commit()
    assert kept.vault.stale() == []
    used = {wrapped_with(value) for key, value in kept.compacted().items() if key.startswith(DATA_KEY)}
    assert used == {kept.ring.current().current.id}
    kept.ring.put(kept.ring.current().without_wrapping_key(first))
    assert kept.recovered() == {f"link:{n}": b"%d" % n for n in range(number) if n != 3}


def test_a_ring_without_the_wrapping_key_is_waited_for_and_names_it(kept: Kept) -> None:
    kept.commit(("link:a", b"Amy"))
    kept.ring.put(new_ring(DAY))
    with pytest.raises(Unavailable, match=r"hub\.identity\.state can't be opened: the key ring has no wrapping key"):
        kept.recovered()


@pytest.mark.parametrize(
    "harm",
    [
        lambda entries: entries | {"link:a": entries["link:b"]},
        lambda entries: entries | {"link:a": entries["fact:a:0"]},
        lambda entries: entries | {"link:a": entries["link:a"][:-1]},
        lambda entries: entries | {"link:a": b"plain"},
        lambda entries: entries | {"link:a": MARK},
        lambda entries: {key: value for key, value in entries.items() if key != "!key:a"},
        lambda entries: entries | {"!key:a": b"\xffSHK"},
        lambda entries: entries | {"!key:a": entries["!key:b"]},
    ],
)
def test_a_value_that_is_not_as_it_was_sealed_is_damage_and_leaves_the_others(kept: Kept, harm: object) -> None:
    kept.commit(("link:a", b"Amy"), ("fact:a:0", b"said"), ("link:b", b"Ben"))
    found = Vault("hub.identity.state", kept.ring, owner_of).open_state(held(harm(kept.compacted())))  # type: ignore[operator]
    assert "link:a" in found.damaged
    assert found.state.get("link:b") == b"Ben"
    assert not [why for why in found.damaged.values() if "Amy" in why]


KEYS = st.sampled_from([f"{what}:{link}" for what in ("link", "fact", "child") for link in "abc"])
STEPS = st.lists(
    st.tuples(
        st.dictionaries(KEYS, st.none() | st.binary(max_size=4), max_size=4),
        st.sets(st.sampled_from("abc"), max_size=2),
        st.sampled_from(["", "", "fails", "rotates"]),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_whatever_is_put_erased_rotated_or_failed_memory_and_log_agree(steps: list) -> None:
    kept = Kept(Rings(new_ring(DAY)))
    expected: dict[str, bytes] = {}
    for puts, erased, event in steps:
        kept.commit(*puts.items(), erased=erased, fails=event == "fails")
        if event == "rotates":
            kept.ring.put(kept.ring.current().with_wrapping_key(DAY))
        if event != "fails":
            expected = {key: value for key, value in expected.items() if owner_of(key) not in erased} | puts
            expected = {key: value for key, value in expected.items() if value is not None}
    assert dict(kept.state.items()) == expected == kept.recovered()
