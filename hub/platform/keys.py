"""The keys that personal data is sealed with, as data: daily keys that run forward only, and keys that wrap other keys.

A chain yields one key a day, each made of the one before (HMAC-SHA256), so every process finds today's key by itself;
whoever holds a day's key can't find an earlier one. Forgetting a day is moving the chain's start on.
"""

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

KEY_BYTES = 32
ID_BYTES = 4
FORMAT = "sendhub-key-ring-1"
FARTHEST = timedelta(days=366)
"""No day so far after a chain's start is ever asked for in earnest."""


class KeyFault(Exception):
    """Base of what can be wrong with keys and seals. Messages hold no key and nothing that was sealed.

    KeyFault
    ├── RingUnfit     the key ring can't be read
    ├── KeyUnknown    the ring does not have this key: it is not the deployment's, or not its newest
    ├── KeyDestroyed  the key was destroyed, as it must be: nobody can open what it sealed
    └── SealBroken    what should be sealed is not, or was cut or changed
    """


class RingUnfit(KeyFault):
    """The key ring can't be read; the message says what to do."""


class KeyUnknown(KeyFault):
    """The ring lacks a key that is in use: give this process the deployment's own, newest ring."""


class KeyDestroyed(KeyFault):
    """The key was destroyed: what it sealed can't be opened by anybody."""


class SealBroken(KeyFault):
    """Not sealed, or not as it was sealed."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Daily keys. It seals from `since` on; `key` is that of `day`, the earliest that is left."""

    id: str
    since: date
    day: date
    key: bytes

    def on(self, day: date) -> bytes:
        """The key of a day; raises KeyDestroyed for one that was forgotten, SealBroken for one that can't be meant."""
        if day < self.day:
            raise KeyDestroyed(f"the key of {day} was destroyed")
        if day - self.day > FARTHEST:
            raise SealBroken("the seal names a day in the far future")
        key = self.key
        for _ in range((day - self.day).days):
            key = derived(key, b"next day")
        return key

    def from_day(self, day: date) -> "Chain":
        """The chain without the keys of earlier days."""
        begin = max(day, self.day)
        ahead = begin - self.day
        if ahead > FARTHEST:
            return replace(self, day=self.day + FARTHEST, key=self.on(self.day + FARTHEST)).from_day(day)
        return replace(self, day=begin, key=self.on(begin))


@dataclass(frozen=True, slots=True)
class WrappingKey:
    """A key that seals other keys and nothing else."""

    id: str
    made: date
    key: bytes


@dataclass(frozen=True, slots=True)
class Ring:
    """All keys of a deployment but the minting key, oldest first. The last wrapping key is the one in use.

    `lost` are ids of chains that a person gave up: what they sealed is taken for destroyed, and not waited for.
    """

    chains: tuple[Chain, ...]
    wrapping: tuple[WrappingKey, ...]
    lost: tuple[str, ...] = ()

    @property
    def current(self) -> WrappingKey:
        """The wrapping key for new keys."""
        return self.wrapping[-1]

    def wrapping_key(self, key_id: str) -> WrappingKey:
        """A wrapping key by id; raises KeyUnknown."""
        found = next((each for each in self.wrapping if each.id == key_id), None)
        if found is None:
            raise KeyUnknown(
                f"the key ring has no wrapping key {key_id}: give this process the deployment's newest ring"
            )
        return found

    def chain(self, chain_id: str) -> Chain:
        """A chain by id; raises KeyUnknown."""
        found = next((each for each in self.chains if each.id == chain_id), None)
        if found is None and chain_id in self.lost:
            raise KeyDestroyed(f"chain {chain_id} was declared lost")
        if found is None:
            raise KeyUnknown(f"the key ring has no chain {chain_id}: give this process the deployment's newest ring")
        return found

    def sealing(self, day: date) -> Chain:
        """The chain that seals on a day; raises KeyUnknown where none has begun."""
        begun = [each for each in self.chains if each.since <= day and each.day <= day]
        if not begun:
            raise KeyUnknown(f"no chain of the key ring has begun on {day}: is the machine's clock right?")
        return max(reversed(begun), key=lambda each: each.since)

    def from_day(self, day: date) -> "Ring":
        """The ring without the daily keys of earlier days."""
        return replace(self, chains=tuple(each.from_day(day) for each in self.chains))

    def with_chain(self, since: date) -> "Ring":
        """The ring with another chain, which has nothing to do with those before and seals from a day on."""
        return replace(self, chains=(*self.chains, Chain(_new_id(), since, since, secrets.token_bytes(KEY_BYTES))))

    def with_wrapping_key(self, today: date) -> "Ring":
        """The ring with another wrapping key, which is in use from now on."""
        return replace(self, wrapping=(*self.wrapping, WrappingKey(_new_id(), today, secrets.token_bytes(KEY_BYTES))))

    def with_keys_of(self, other: "Ring") -> "Ring":
        """The ring with another's keys before its own: they open what they sealed, and seal nothing new."""
        own = {each.id for each in self.chains} | {each.id for each in self.wrapping}
        before = min(each.since for each in self.chains) - timedelta(days=1)
        chains = tuple(replace(each, since=min(each.since, before)) for each in other.chains if each.id not in own)
        wrapping = tuple(each for each in other.wrapping if each.id not in own)
        return Ring((*chains, *self.chains), (*wrapping, *self.wrapping), tuple(sorted({*self.lost, *other.lost})))

    def with_lost(self, chain_id: str) -> "Ring":
        """The ring with the word of a person that a chain is lost."""
        return replace(self, lost=tuple(sorted({*self.lost, chain_id})))

    def without_wrapping_key(self, key_id: str) -> "Ring":
        """The ring without a wrapping key. Whoever calls has made sure that nothing is wrapped with it."""
        return replace(self, wrapping=tuple(each for each in self.wrapping if each.id != key_id))


def derived(key: bytes, purpose: bytes) -> bytes:
    """Another key, from which the first can't be found."""
    return hmac.digest(key, b"sendhub " + purpose, hashlib.sha256)


def new_ring(today: date) -> Ring:
    """A ring of fresh keys."""
    return Ring((), ()).with_chain(today).with_wrapping_key(today)


def to_text(ring: Ring) -> str:
    """The ring as JSON."""
    chains = [
        {"id": each.id, "since": str(each.since), "day": str(each.day), "key": each.key.hex()} for each in ring.chains
    ]
    wrapping = [{"id": each.id, "made": str(each.made), "key": each.key.hex()} for each in ring.wrapping]
    lost = {"lost": list(ring.lost)} if ring.lost else {}
    return json.dumps({"format": FORMAT, "chains": chains, "wrapping": wrapping, **lost}, indent=1) + "\n"


def from_text(text: str) -> Ring:
    """Read a ring; raises RingUnfit, which repeats nothing of the text."""
    try:
        found = json.loads(text)
    except ValueError:
        raise RingUnfit("it is not JSON") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise RingUnfit(f"it is no {FORMAT}")
    chains = tuple(
        Chain(_id(each, where), _day(each, "since", where), _day(each, "day", where), _key(each, where))
        for where, each in _entries(found, "chains")
    )
    wrapping = tuple(
        WrappingKey(_id(each, where), _day(each, "made", where), _key(each, where))
        for where, each in _entries(found, "wrapping")
    )
    ids = [chain.id for chain in chains] + [key.id for key in wrapping]
    if len(set(ids)) < len(ids):
        raise RingUnfit("two keys have the same id")
    return Ring(chains, wrapping, _lost(found))


def _lost(found: dict[str, Any]) -> tuple[str, ...]:
    lost = found.get("lost", [])
    if not isinstance(lost, list) or not all(isinstance(each, str) for each in lost):
        raise RingUnfit("lost is no list of ids")
    return tuple(lost)


def _entries(found: dict[str, Any], name: str) -> list[tuple[str, dict[str, Any]]]:
    entries = found.get(name)
    if not isinstance(entries, list) or not entries or not all(isinstance(each, dict) for each in entries):
        raise RingUnfit(f"{name} holds no key")
    return [(f"{name}[{number}]", each) for number, each in enumerate(entries)]


def _id(entry: dict[str, Any], where: str) -> str:
    if len(_hex(entry, "id", where)) != ID_BYTES:
        raise RingUnfit(f"{where}.id is not {ID_BYTES} bytes of hex")
    return str(entry["id"]).lower()


def _key(entry: dict[str, Any], where: str) -> bytes:
    key = _hex(entry, "key", where)
    if len(key) != KEY_BYTES:
        raise RingUnfit(f"{where}.key holds {len(key)} bytes, not {KEY_BYTES}")
    return key


def _hex(entry: dict[str, Any], name: str, where: str) -> bytes:
    try:
        return bytes.fromhex(entry[name])
    except (KeyError, TypeError, ValueError):
        raise RingUnfit(f"{where}.{name} is not hex") from None


def _day(entry: dict[str, Any], name: str, where: str) -> date:
    try:
        return date.fromisoformat(entry[name])
    except (KeyError, TypeError, ValueError):
        raise RingUnfit(f"{where}.{name} is no date") from None


def _new_id() -> str:
    return secrets.token_hex(ID_BYTES)
