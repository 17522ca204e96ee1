"""The values of a stage's state, sealed outside memory: each with a data key of its owner (identity: of the link).

Data keys stand on the changelog beside the values, wrapped with the key ring's current wrapping key. Deleting one (a
tombstone) makes all that it ever sealed unreadable, as soon as Kafka has compacted the topic. A new wrapping key is
taken over by the running stage, a slice with each batch.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from hub.core.identity.erasure import DATA_KEY
from hub.platform.keyring import KeyRing
from hub.platform.keys import KEY_BYTES, KeyDestroyed, KeyFault, KeyUnknown, RingUnfit, SealBroken
from hub.platform.seal import NONCE_BYTES, TAG_BYTES, lock, unlock, unwrap, wrap, wrapped_with
from hub.runtime.state import PartitionState
from hub.stages.errors import Unavailable

OwnerOf = Callable[[str], str]
"""Whose data key seals the value of a key."""

MARK = b"\xffSHS"
"""Begins a sealed value of a state."""

LEAST = len(MARK) + NONCE_BYTES + TAG_BYTES
REWRAPPED_AT_ONCE = 500
"""Data keys that are wrapped anew with one transaction."""


class Opened(NamedTuple):
    """A state in the clear, and why the values of some keys could not be opened."""

    state: PartitionState
    damaged: dict[str, str]


class Vault:
    """The data keys of one partition's state. `name` is the changelog's: what was sealed opens nowhere else."""

    def __init__(self, name: str, ring: KeyRing, owner_of: OwnerOf) -> None:
        self.name = name
        self._ring = ring
        self._owner_of = owner_of
        self._keys: dict[str, bytes] = {}
        self._wrapped_with: dict[str, str] = {}
        self._stale: list[str] = []
        self._stale_for: str | None = None

    def open_state(self, held: PartitionState) -> Opened:
        """Take the data keys out of a changelog's values and open the others.

        Raises Unavailable while the ring is unfit or lacks a wrapping key that is in use: no value is to blame.
        """
        opened = Opened(PartitionState(), {})
        sealed: list[tuple[str, bytes]] = []
        for key, value in held.items():
            if key.startswith(DATA_KEY):
                try:
                    self.take_key(key, value)
                except KeyFault as error:
                    opened.damaged[key] = str(error)
            else:
                sealed.append((key, value))
        for key, value in sealed:
            self._open(key, value, opened)
        return opened

    def open_value(self, key: str, sealed: bytes) -> bytes:
        """One value in the clear; raises KeyDestroyed where its owner has no data key, SealBroken."""
        found = self._keys.get(self._owner_of(key))
        if found is None:
            raise KeyDestroyed("its data key is gone")
        if len(sealed) < LEAST or not sealed.startswith(MARK):
            raise SealBroken("it is not sealed")
        return unlock(found, sealed[len(MARK) :], self._about(key))

    def owners(self) -> set[str]:
        """Those who have a data key."""
        return set(self._keys)

    def owner_of(self, key: str) -> str:
        """Whose data key seals the value of a key."""
        return self._owner_of(key)

    def begin(self) -> "Sealing":
        """Seal the changes of one transaction."""
        return Sealing(self)

    def erased(self, changes: Mapping[str, bytes | None], state: PartitionState) -> dict[str, bytes | None]:
        """The values that go with data keys which are erased, as tombstones: whatever their owners held."""
        owners = {key.removeprefix(DATA_KEY) for key, value in changes.items() if key.startswith(DATA_KEY)}
        if not owners:
            return {}
        return {key: None for key, _ in state.items() if key not in changes and self._owner_of(key) in owners}

    def stale(self) -> list[str]:
        """Owners whose data keys are wrapped with an earlier wrapping key than the current one."""
        try:
            current = self._ring.current().current.id
        except RingUnfit:
            return []
        if current != self._stale_for:
            self._stale = [owner for owner, used in self._wrapped_with.items() if used != current]
            self._stale_for = current
        return self._stale

    def take_key(self, key: str, wrapped: bytes) -> None:
        """Learn an owner's data key. Raises Unavailable while the ring lacks the wrapping key, SealBroken."""
        owner = key.removeprefix(DATA_KEY)
        try:
            self._keys[owner] = unwrap(self._ring.current(), wrapped, self._about(key))
            self._wrapped_with[owner] = wrapped_with(wrapped)
        except (KeyUnknown, RingUnfit) as error:
            raise Unavailable(f"the state in {self.name} can't be opened: {error}") from None

    def _open(self, key: str, value: bytes, opened: Opened) -> None:
        try:
            opened.state.load(key, self.open_value(key, value))
        except KeyFault as error:
            opened.damaged[key] = str(error)

    def _about(self, key: str) -> bytes:
        return f"{self.name}\0{key}".encode()


class SealedValues(Mapping[str, bytes]):
    """A changelog's values as they stand there, each opened when it is asked for and only then: for looking at a few.

    Raises Unavailable while the ring lacks a key, or where a value is damaged.
    """

    def __init__(self, name: str, ring: KeyRing, owner_of: OwnerOf, held: PartitionState) -> None:
        self._name = name
        self._ring = ring
        self._owner_of = owner_of
        self._held = held

    def __getitem__(self, key: str) -> bytes:
        sealed = None if key.startswith(DATA_KEY) else self._held.get(key)
        if sealed is None:
            raise KeyError(key)
        owner = self._owner_of(key)
        vault = Vault(self._name, self._ring, self._owner_of)
        try:
            vault.take_key(DATA_KEY + owner, self._held.get(DATA_KEY + owner) or b"")
            return vault.open_value(key, sealed)
        except KeyFault as error:
            raise Unavailable(f"the state in {self._name} is damaged: {error}") from None

    def __iter__(self) -> Iterator[str]:
        return (key for key, _ in self._held.items() if not key.startswith(DATA_KEY))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Sealing:
    """What one transaction makes of a vault; `done` once that is committed, else it is forgotten."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._made: dict[str, bytes] = {}
        self._gone: set[str] = set()
        self._wrapped_with: dict[str, str] = {}
        self._rewrapped = 0

    def entries(self, changes: Mapping[str, bytes | None]) -> Iterator[tuple[str, bytes | None]]:
        """The changelog's entries for these changes: sealed values, new and erased data keys, some wrapped anew.

        Raises Unavailable while the ring is unfit.
        """
        vault = self._vault
        for key, value in changes.items():
            if key.startswith(DATA_KEY):
                if value is not None:
                    raise ValueError("a stage can erase a data key, not make one")
                self._gone.add(key.removeprefix(DATA_KEY))
                yield key, None
        for key, value in changes.items():
            if key.startswith(DATA_KEY):
                continue
            if value is None:
                yield key, None
                continue
            owner = vault.owner_of(key)
            found = self._key(owner)
            if found is None:
                found = self._made[owner] = secrets.token_bytes(KEY_BYTES)
                yield DATA_KEY + owner, self._wrapped(owner, found)
            yield key, MARK + lock(found, value, vault._about(key))
        yield from self._wrapped_anew()

    def done(self) -> None:
        """It is committed."""
        vault = self._vault
        for owner in self._gone:
            vault._keys.pop(owner, None)
            vault._wrapped_with.pop(owner, None)
        vault._keys.update(self._made)
        vault._wrapped_with.update(self._wrapped_with)
        if self._rewrapped:
            del vault._stale[: self._rewrapped]

    def _key(self, owner: str) -> bytes | None:
        if owner in self._made:
            return self._made[owner]
        return None if owner in self._gone else self._vault._keys.get(owner)

    def _wrapped(self, owner: str, key: bytes) -> bytes:
        try:
            wrapping = self._vault._ring.current().current
        except RingUnfit as error:
            raise Unavailable(str(error)) from None
        self._wrapped_with[owner] = wrapping.id
        return wrap(wrapping, key, self._vault._about(DATA_KEY + owner))

    def _wrapped_anew(self) -> Iterator[tuple[str, bytes]]:
        owners = self._vault.stale()[:REWRAPPED_AT_ONCE]
        self._rewrapped = len(owners)
        for owner in owners:
            key = self._key(owner)
            if key is not None and owner not in self._made:
                yield DATA_KEY + owner, self._wrapped(owner, key)
