"""Sealing bytes with AES-GCM: records with the key of the day, keys with a wrapping key, anything with its own key.

What a seal belongs to (topic, id, …) is bound into it as associated data: moved elsewhere it does not open.
"""

import os
import struct
from collections.abc import Iterable
from datetime import date

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.platform.keyring import KeyRing
from hub.platform.keys import KeyUnknown, Ring, SealBroken, WrappingKey, derived

NONCE_BYTES = 12
TAG_BYTES = 16
DAY_MARK = b"\xffSH1"
"""Begins what a day's key sealed; no text begins so."""
WRAP_MARK = b"\xffSHK"
_DAY = struct.Struct(">4s4sI4s")
"""Mark, chain, day (proleptic Gregorian ordinal), check of the key."""
_WRAP = struct.Struct(">4s4s")
"""Mark, wrapping key."""

BOUND_HEADERS = ("ce_id", "ce_source", "ce_type", "id", "source", "kind")
"""What a record's headers say of its value: none of them can be changed, and no value put under others."""


def lock(key: bytes, value: bytes, about: bytes) -> bytes:
    """Nonce and sealed value."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, value, about)


def unlock(key: bytes, sealed: bytes, about: bytes) -> bytes:
    """What `lock` sealed; raises SealBroken."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about)
    except (InvalidTag, ValueError):
        raise SealBroken("it was changed since it was sealed, or belongs elsewhere") from None


def about_record(topic: str, headers: Iterable[tuple[str, bytes | None]]) -> bytes:
    """What a record's value is bound to: its topic, and what its headers say of it."""
    found = {name: value for name, value in headers if name in BOUND_HEADERS and value is not None}
    parts = [topic.encode(), *(found.get(name, b"") for name in BOUND_HEADERS)]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


class DailySeal:
    """Seals with the key of the day, and opens what was sealed on a day whose key is left."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._keys: dict[tuple[str, date], tuple[AESGCM, bytes]] = {}
        self._made_of: Ring | None = None

    def seal(self, value: bytes, about: bytes) -> bytes:
        """The value, sealed; raises RingUnfit, or KeyUnknown where no chain has begun."""
        ring, day = self._current(), self._ring.today()
        chain = ring.sealing(day)
        cipher, check = self._key(ring, chain.id, day)
        begin = _DAY.pack(DAY_MARK, bytes.fromhex(chain.id), day.toordinal(), check)
        nonce = os.urandom(NONCE_BYTES)
        return begin + nonce + cipher.encrypt(nonce, value, begin + about)

    def open(self, sealed: bytes, about: bytes) -> bytes:
        """What `seal` sealed; raises KeyDestroyed, KeyUnknown, RingUnfit or SealBroken."""
        chain_id, day, check = _read_day(sealed)
        cipher, expected = self._find(chain_id, day)
        if check != expected:
            raise KeyUnknown(f"chain {chain_id} of the key ring is not the one that sealed: it is another ring's")
        begin, rest = sealed[: _DAY.size], sealed[_DAY.size :]
        try:
            return cipher.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], begin + about)
        except (InvalidTag, ValueError):
            raise SealBroken("it was changed since it was sealed, or belongs elsewhere") from None

    def _find(self, chain_id: str, day: date) -> tuple[AESGCM, bytes]:
        try:
            return self._key(self._current(), chain_id, day)
        except KeyUnknown:
            # A chain begun a moment ago: its first record may be here before we looked.
            self._ring.look_again()
            return self._key(self._current(), chain_id, day)

    def _current(self) -> Ring:
        ring = self._ring.current()
        if ring is not self._made_of:
            self._keys, self._made_of = {}, ring
        return ring

    def _key(self, ring: Ring, chain_id: str, day: date) -> tuple[AESGCM, bytes]:
        found = self._keys.get((chain_id, day))
        if found is None:
            key = ring.chain(chain_id).on(day)
            found = AESGCM(derived(key, b"seal")), derived(key, b"check")[:4]
            self._keys[chain_id, day] = found
        return found


def is_sealed(value: bytes) -> bool:
    """Whether a value claims to be sealed with a day's key."""
    return value.startswith(DAY_MARK)


def _read_day(sealed: bytes) -> tuple[str, date, bytes]:
    if not is_sealed(sealed):
        raise SealBroken("it is not sealed")
    try:
        _, chain, ordinal, check = _DAY.unpack_from(sealed)
        return chain.hex(), date.fromordinal(ordinal), check
    except (struct.error, ValueError, OverflowError):
        raise SealBroken("its seal was cut off or changed") from None


def wrap(wrapping: WrappingKey, key: bytes, about: bytes) -> bytes:
    """A key, sealed with a wrapping key."""
    begin = _WRAP.pack(WRAP_MARK, bytes.fromhex(wrapping.id))
    return begin + lock(wrapping.key, key, begin + about)


def wrapped_with(wrapped: bytes) -> str:
    """The id of the wrapping key that a key was sealed with; raises SealBroken."""
    if not wrapped.startswith(WRAP_MARK) or len(wrapped) < _WRAP.size:
        raise SealBroken("it is no wrapped key")
    return bytes(wrapped[len(WRAP_MARK) : _WRAP.size]).hex()


def unwrap(ring: Ring, wrapped: bytes, about: bytes) -> bytes:
    """The key that `wrap` sealed; raises KeyUnknown or SealBroken."""
    wrapping = ring.wrapping_key(wrapped_with(wrapped))
    return unlock(wrapping.key, wrapped[_WRAP.size :], wrapped[: _WRAP.size] + about)
