"""What is kept about a child between two evaluations: its facts, what earlier days left behind, what was last said.

As bytes: ten characters for `next_on`, one for whether a silent source holds an alert back, twelve for the policy (an
index can be built without reading more), then JSON.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import orjson

from hub.core.alerts.silence import NO_SILENCES, Silences
from hub.core.casework.evaluate import Evaluation, Received, evaluate
from hub.core.casework.history import History
from hub.core.casework.past import NO_PAST, Past, from_json, to_json
from hub.core.casework.policy import POLICY_CHARACTERS, Policy
from hub.core.facts.fact import Fact, from_row, to_row

NEVER = b"----------"
"""In place of `next_on` where nothing changes by the passing of time."""

HELD, FREE = b"!", b"-"
NO_POLICY = "-" * POLICY_CHARACTERS
NO_CHILD = "purged".ljust(POLICY_CHARACTERS, "-")
"""In place of the policy of a child that was purged: it is never looked at again."""

PREFIX = len(NEVER) + len(HELD) + POLICY_CHARACTERS
"""How much of a memory tells when it is due, whether something is held back, and by which policy it was made."""


@dataclass(slots=True)
class Memory:
    """`past` is what is kept of the days before `day`, `now` what they and `day` leave behind. `record` is a digest of
    the record last said, `alerts` and `tasks` the open ones as of `day`, by id; `policy` the digest of the policy by
    which they are. Of a child that was purged nothing is kept but that it was.

    All of it follows from the facts in their order and from `day`, not from how often it was evaluated on the way.
    """

    facts: dict[tuple[str, str | None, int | None], Fact] = field(default_factory=dict)
    day: date | None = None
    past: Past = NO_PAST
    now: History | None = None
    record: str = ""
    alerts: dict[str, dict[str, Any]] = field(default_factory=dict)
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    policy: str = NO_POLICY

    @classmethod
    def of_purged(cls) -> "Memory":
        """What is kept of a child of whom nothing is to be left."""
        return cls(policy=NO_CHILD)

    @property
    def is_purged(self) -> bool:
        """Whether nothing told of the child counts any more."""
        return self.policy == NO_CHILD

    def add(self, fact: Fact) -> bool:
        """Keep a fact, of repeats the first received; whether it was news."""
        key = (fact.content, fact.link, fact.seq)
        known = self.facts.get(key)
        if known is not None and (known.received_at, known.message or "") <= (fact.received_at, fact.message or ""):
            return False
        self.facts[key] = fact
        return True

    def evaluate(
        self, child_id: str, day: date, news_from: date | None, policy: Policy, silences: Silences = NO_SILENCES
    ) -> Evaluation:
        """Evaluate on a day, and keep the history. `news_from`: the earliest day of facts added since the last time, or
        from which other silences count."""
        start = self._start(day, news_from or date.max, silences)
        evaluation = evaluate(child_id, list(self.facts.values()), day, policy, start=start, silences=silences)
        self.day, self.past, self.now = day, evaluation.past, evaluation.now
        self.policy = policy.digest
        return evaluation

    def _start(self, day: date, news_from: date, silences: Silences) -> Past:
        """As much of the walk through past days as the news leaves standing.

        The last day looked at is part of the walk only if something could change on it: what is kept must not tell on
        which other days somebody happened to look.
        """
        if self.day is not None and self.now is not None and news_from > self.day < day:
            return self.past.seen_from(day, self.now) if self._walks_over(self.day, silences) else self.past
        return self.past.before(news_from)

    def _walks_over(self, day: date, silences: Silences) -> bool:
        before = self.past.last
        due = before is not None and before.next_on == day
        heard = before is not None and before.held and silences.next_heard(before.held, before.day) == day
        return bool(due or heard) or Received(self.facts.values()).any_on(day)

    def rests_on(self, source: str) -> bool:
        """Whether any of its facts came from a source."""
        return any(fact.source == source for fact in self.facts.values())


FORMAT, PARTS = 2, 7
"""What `dump` writes first. A memory of another format can't be loaded: it has to be made anew from the facts."""


def dump(memory: Memory) -> bytes:
    """The memory as bytes."""
    next_on = memory.now.next_on if memory.now else None
    value = [
        FORMAT,
        [to_row(fact) for fact in memory.facts.values()],
        memory.day,
        to_json(memory.past, memory.now) if memory.now else None,
        memory.record,
        memory.alerts,
        memory.tasks,
    ]
    due, held = next_on.isoformat().encode() if next_on else NEVER, HELD if memory.now and memory.now.held else FREE
    return due + held + memory.policy.encode() + orjson.dumps(value)


def load(value: bytes | None) -> Memory:
    """The memory that `dump` wrote; an empty one out of nothing."""
    if value is None:
        return Memory()
    _, rows, day, histories, record, alerts, tasks = _parts(value)
    facts = map(from_row, rows)
    past, now = from_json(histories) if histories else (NO_PAST, None)
    return Memory(
        facts={(fact.content, fact.link, fact.seq): fact for fact in facts},
        day=date.fromisoformat(day) if day else None,
        past=past,
        now=now,
        record=record,
        alerts=alerts,
        tasks=tasks,
        policy=policy_of(value),
    )


def check(value: bytes) -> None:
    """Raises ValueError for bytes that `dump` did not write, without building anything."""
    due = due_on(value)
    if due is not None:
        date.fromisoformat(due)
    parts = _parts(value)
    if not isinstance(parts, list) or len(parts) != PARTS or parts[0] != FORMAT:
        raise ValueError("not a memory of this format")


def _parts(value: bytes) -> Any:
    return orjson.loads(memoryview(value)[PREFIX:])


def due_on(value: bytes) -> str | None:
    """`next_on` of a memory in bytes, as an ISO date."""
    prefix = value[: len(NEVER)]
    return None if prefix == NEVER else prefix.decode()


def is_held(value: bytes) -> bool:
    """Whether a silent source holds an alert back, of a memory in bytes."""
    return value[len(NEVER) : len(NEVER) + len(HELD)] == HELD


def policy_of(value: bytes) -> str:
    """The digest of the policy by which a memory in bytes was made."""
    return value[PREFIX - POLICY_CHARACTERS : PREFIX].decode()


def compared(value: bytes) -> bytes:
    """A memory in bytes but for the policy by which it was made: after other settings a child is looked at anew on the
    next day that is reached, and until then its memory rightly stands under the earlier ones."""
    is_memory = value[PREFIX : PREFIX + 1] == b"["
    return value[: PREFIX - POLICY_CHARACTERS] + value[PREFIX:] if is_memory else value


def digest_of(value: bytes) -> str:
    """A short digest, to see whether something was said before."""
    return hashlib.blake2b(value, digest_size=12).hexdigest()
