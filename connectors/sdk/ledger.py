"""What a connector has already taken, remembered across restarts and shared by all its replicas.

A key is claimed before its message is published and settled after. It is then in one of four states:

* `in-flight`: somebody is publishing it, under a lease. When the lease is over the owner is taken for dead, and the key
  counts as unknown.
* `acked`: the broker confirmed it.
* `refused`: the sender got a final refusal, kept here so that a repeat gets the same answer.
* `unknown`: the broker's answer never came. It may be on the topic, so it may be taken again, with the same content.

No content is stored: only keyed digests, of the whole and of each field, so that a conflict can name the field.
One conformance suite runs on both the in-memory ledger and the SQL one (`connectors/sdk/sql_ledger.py`).
"""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

from hub.platform.clock import Clock, SystemClock
from schemas.ids import keyed_digest

LEASE = 30.0
"""Seconds until a claim counts as abandoned: well over the time an answer may take."""


class LedgerUnavailable(Exception):
    """The ledger cannot be reached: nothing is known and nothing may be taken. Answer 503."""


class State(StrEnum):
    """What became of a key."""

    IN_FLIGHT = "in-flight"
    ACKED = "acked"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Answer(StrEnum):
    """What a claim came to, for one key."""

    TAKEN = "taken"
    """Ours: publish it, then settle."""
    FREE = "free"
    """Could have been taken, but another key of the same claim stood in the way."""
    ACKED = "acked"
    """Acked earlier with the same content: do not publish again."""
    IN_FLIGHT = "in-flight"
    """Another request is at it now; `fields` says what differs, if anything does."""
    REFUSED = "refused"
    """Refused for good earlier, with the same content: `refusal` is the answer to repeat."""
    CONFLICT = "conflict"
    """Known with other content: `fields` says where, `refusal` the earlier answer if it was one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One message to claim. `key` must not be personal: a digest, or an id made by the sender's software.

    `content` is a keyed digest of the whole, `fields` of each field: see `entry`.
    """

    key: str
    content: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The final answer that a sender got: an HTTP status and body (without personal data)."""

    status: int
    body: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One key's answer, with the names of the fields that differ and the earlier refusal where there is one."""

    answer: Answer
    fields: tuple[str, ...] = ()
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """The outcome of each entry, in the order given. `token` proves ownership when settling.

    All or nothing: either no outcome is `free`, or none is `taken`.
    """

    token: str
    outcomes: tuple[Outcome, ...]

    @property
    def stands(self) -> bool:
        """Whether every entry is taken or was acked earlier: publish what is taken."""
        return all(outcome.answer in (Answer.TAKEN, Answer.ACKED) for outcome in self.outcomes)


class Ledger(Protocol):
    """Port to the record of what was taken. Every method raises LedgerUnavailable when it cannot tell."""

    async def claim(self, source: str, entries: Sequence[Entry]) -> Claim:
        """Claim all keys of one source at once, atomically across replicas. Keys must differ."""
        ...

    async def acked(self, source: str, entries: Sequence[Entry], token: str) -> None:
        """The broker confirmed these; true whoever owns the claim by now, since the content is the same."""
        ...

    async def unknown(self, source: str, keys: Sequence[str], token: str) -> None:
        """The broker's answer never came. Changes only what this token still owns."""
        ...

    async def refused(self, source: str, keys: Sequence[str], token: str, refusal: Refusal) -> None:
        """A final refusal was given. Changes only what this token still owns."""
        ...

    async def release(self, source: str, keys: Sequence[str], token: str) -> None:
        """Nothing was sent: forget the claim (what was unknown before it is unknown again)."""
        ...

    async def ready(self) -> bool:
        """Whether the ledger can be reached now."""
        ...


@dataclass(frozen=True, slots=True)
class Row:
    """One key as stored. `lease_until` is in seconds since 1970; `tries` counts claims that were taken."""

    state: State
    token: str
    lease_until: float
    content: str
    fields: Mapping[str, str]
    tries: int = 1
    refusal: Refusal | None = None


def entry(key: bytes, ledger_key: str, fields: Mapping[str, object]) -> Entry:
    """An Entry from a message's flattened fields; `key` is the deployment's secret key.

    Each digest covers the ledger key and the field's name, so equal values in two messages do not look alike.
    """
    digests = {name: keyed_digest(key, "field", ledger_key, name, value)[:12] for name, value in fields.items()}
    return Entry(ledger_key, keyed_digest(key, "content", *sorted(digests.items())), digests)


def outcome_for(row: Row | None, wanted: Entry, now: float) -> Outcome:
    """What a claim of this entry comes to, given what is stored of its key."""
    if row is None:
        return Outcome(Answer.TAKEN)
    same = row.content == wanted.content
    fields = () if same else differing(row.fields, wanted.fields)
    if row.state is State.IN_FLIGHT and row.lease_until > now:
        return Outcome(Answer.IN_FLIGHT, fields)
    if not same:
        return Outcome(Answer.CONFLICT, fields, row.refusal)
    if row.state is State.REFUSED:
        return Outcome(Answer.REFUSED, (), row.refusal)
    return Outcome(Answer.ACKED if row.state is State.ACKED else Answer.TAKEN)


def all_or_nothing(outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
    """Turn taken into free where any other key stands in the way."""
    if all(outcome.answer in (Answer.TAKEN, Answer.ACKED) for outcome in outcomes):
        return tuple(outcomes)
    return tuple(replace(each, answer=Answer.FREE) if each.answer is Answer.TAKEN else each for each in outcomes)


def differing(ours: Mapping[str, str], theirs: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the fields that are not the same in both, sorted."""
    return tuple(sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)))


Rows = Mapping[str, Row]
Changes = dict[str, Row | None]
"""Rows to write by key; None deletes."""


class RowLedger(ABC):
    """The ledger's rules over rows; an adapter only says how rows are read, changed and kept apart from others.

    Leases measure real time, so the clock is the machine's unless a test hands in another. Replicas' clocks must agree
    to well within the lease.
    """

    def __init__(self, clock: Clock | None = None, lease: float = LEASE) -> None:
        self._clock = clock or SystemClock()
        self._lease = lease

    async def claim(self, source: str, entries: Sequence[Entry]) -> Claim:
        """See Ledger."""
        token = uuid.uuid4().hex
        outcomes: tuple[Outcome, ...] = ()

        def decide(rows: Rows) -> Changes:
            nonlocal outcomes
            now = self._clock.now().timestamp()
            outcomes = all_or_nothing([outcome_for(rows.get(each.key), each, now) for each in entries])
            return {
                each.key: _taken(rows.get(each.key), each, token, now + self._lease)
                for each, outcome in zip(entries, outcomes, strict=True)
                if outcome.answer is Answer.TAKEN
            }

        await self._change(source, [each.key for each in entries], decide)
        return Claim(token, outcomes)

    async def acked(self, source: str, entries: Sequence[Entry], token: str) -> None:
        """See Ledger."""
        contents = {each.key: each.content for each in entries}

        def decide(rows: Rows) -> Changes:
            same = {key: row for key, row in rows.items() if row.content == contents[key]}
            return {key: replace(row, state=State.ACKED) for key, row in same.items()}

        await self._change(source, list(contents), decide)

    async def unknown(self, source: str, keys: Sequence[str], token: str) -> None:
        """See Ledger."""
        await self._change_owned(source, keys, token, lambda row: replace(row, state=State.UNKNOWN))

    async def refused(self, source: str, keys: Sequence[str], token: str, refusal: Refusal) -> None:
        """See Ledger."""
        await self._change_owned(source, keys, token, lambda row: replace(row, state=State.REFUSED, refusal=refusal))

    async def release(self, source: str, keys: Sequence[str], token: str) -> None:
        """See Ledger."""
        await self._change_owned(source, keys, token, _released)

    async def _change_owned(
        self, source: str, keys: Sequence[str], token: str, change: Callable[[Row], Row | None]
    ) -> None:
        def decide(rows: Rows) -> Changes:
            return {key: change(row) for key, row in rows.items() if _owned(row, token)}

        await self._change(source, keys, decide)

    @abstractmethod
    async def _change(self, source: str, keys: Sequence[str], decide: Callable[[Rows], Changes]) -> None:
        """Read the rows of these keys, hand them to `decide` and write what it returns, as one atomic step."""


class MemoryLedger(RowLedger):
    """The in-memory twin, for tests and for one process. `fail` is raised by every call while it is set."""

    def __init__(self, clock: Clock | None = None, lease: float = LEASE) -> None:
        super().__init__(clock, lease)
        self.fail: LedgerUnavailable | None = None
        self._rows: dict[tuple[str, str], Row] = {}

    async def ready(self) -> bool:
        """Ready unless told to fail."""
        return self.fail is None

    async def _change(self, source: str, keys: Sequence[str], decide: Callable[[Rows], Changes]) -> None:
        if self.fail is not None:
            raise self.fail
        changes = decide({key: self._rows[source, key] for key in keys if (source, key) in self._rows})
        for key, row in changes.items():
            if row is None:
                del self._rows[source, key]
            else:
                self._rows[source, key] = row


def _taken(row: Row | None, wanted: Entry, token: str, lease_until: float) -> Row:
    tries = 1 if row is None else row.tries + 1
    return Row(State.IN_FLIGHT, token, lease_until, wanted.content, wanted.fields, tries)


def _released(row: Row) -> Row | None:
    """An earlier try may still be on the topic, so only a first claim is forgotten."""
    return replace(row, state=State.UNKNOWN) if row.tries > 1 else None


def _owned(row: Row, token: str) -> bool:
    return row.state is State.IN_FLIGHT and row.token == token
