"""The casework stage: facts and days in; records, deadlines, alerts and questions out, only where they changed.

State: a memory for each child (`hub.core.casework.memory`), and under DAY_KEY how far the partition's days have come.
All facts of one child in a batch are taken together and evaluated once, on the latest day that the partition had seen
by the last of them that was news: a day reached, or the London day of a fact's receipt, so that no fact is ever of the
future. So the state depends on the log alone, to the byte, and not on how it was cut into batches.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson

from hub.core.casework.changes import Change, changes
from hub.core.casework.memory import Memory, check, digest_of, due_on, dump, load
from hub.core.casework.policy import Policy
from hub.core.facts.fact import Fact, read_fact
from hub.stages.errors import PermanentError
from hub.stages.stage import Headers, Output, Record, Stage, State, Step
from schemas.ids import digest
from schemas.instants import EPOCH
from schemas.topics import ALERTS, CASEWORK_STATE, CHILDREN, DEADLINES, FACTS, REVIEW

DAY_KEY = "!day"
MOST_CHILDREN = 500
MOST_SECONDS = 0.5
"""A slice of a day: after either, the stage commits and can give the partition up."""

MOST_CAUSES = 10
"""How many ids of causes an output names."""

IGNORED = frozenset({"source.silent", "source.heard"})
Monotonic = Callable[[], float]


def casework(policy: Policy, monotonic: Monotonic) -> Stage:
    """The stage. `monotonic` tells seconds that only grow: it bounds a slice; nothing said depends on it."""
    return Stage(
        "casework",
        (FACTS.name,),
        CASEWORK_STATE.name,
        lambda partition, state: CaseworkHandler(policy, monotonic, state),
        (CHILDREN.name, DEADLINES.name, ALERTS.name, REVIEW.name),
        check_state,
        "Stop casework and run `sendhub state rebuild casework`.",
    )


def check_state(key: str, value: bytes) -> None:
    """Raises ValueError for a value that the handler could not load."""
    if key == DAY_KEY:
        _days(value)
    else:
        check(value)


class CaseworkHandler:
    """One partition's children. A record that is no fact raises PermanentError."""

    def __init__(self, policy: Policy, monotonic: Monotonic, state: State) -> None:
        self._policy = policy
        self._monotonic = monotonic
        self._due = DueIndex()
        for key, value in state.items():
            self._due.set(key, value)

    def handle(self, records: Sequence[Record], state: State) -> Step:
        """The batch, up to a day that needs another slice."""
        until = self._monotonic() + MOST_SECONDS
        batch = _Batch(self._policy, state)
        for number, record in enumerate(records):
            value = _parse(record)
            if value.get("kind") == "day.reached":
                day = _day(value)
                if not batch.has_reached(day):
                    batch.settle()
                    if not self._work_through(day, batch, until):
                        return Step(number, batch.outputs)
            elif value.get("kind") not in IGNORED:
                batch.take(value, record)
        batch.settle()
        return Step(len(records), batch.outputs)

    def committed(self, changes: Mapping[str, bytes | None]) -> None:
        """Follow what became due when."""
        for key, value in changes.items():
            self._due.set(key, value)

    def _work_through(self, day: date, batch: "_Batch", until: float) -> bool:
        """Evaluate the children due by a day; whether all of them are done."""
        batch.begin_day(day)
        for done, child_id in enumerate(self._due.by(day, batch.settled)):
            if done and (done == MOST_CHILDREN or self._monotonic() >= until):
                return False  # never before the first: every step gets somewhere
            batch.look_at(child_id, _Cause.of_day(day))
        batch.finish_day(day)
        return True


class DueIndex:
    """Which children have something that changes by itself, by the day on which it does."""

    def __init__(self) -> None:
        self._day_of: dict[str, str] = {}
        self._children: dict[str, set[str]] = {}

    def set(self, child_id: str, value: bytes | None) -> None:
        """Follow a child's memory."""
        if child_id == DAY_KEY:
            return
        before = self._day_of.pop(child_id, None)
        if before is not None:
            self._children[before].discard(child_id)
            if not self._children[before]:
                del self._children[before]
        day = due_on(value) if value is not None else None
        if day is not None:
            self._day_of[child_id] = day
            self._children.setdefault(day, set()).add(child_id)

    def by(self, day: date, settled: Mapping[str, str | None]) -> list[str]:
        """The children due by a day, in a fixed order; `settled` are this batch's own, with their new days."""
        limit = day.isoformat()
        due = {child for on, children in self._children.items() if on <= limit for child in children}
        due -= settled.keys()
        due |= {child for child, on in settled.items() if on is not None and on <= limit}
        return sorted(due)


class _Cause:
    """What caused outputs: ids, and when the first of them was received."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.received_at: int | None = None

    @classmethod
    def of_day(cls, day: date) -> "_Cause":
        cause = cls()
        cause.ids.append(digest("day.reached", day))
        return cause

    def add(self, fact: Fact, record: Record) -> None:
        if self.received_at is None or fact.received_at < self.received_at:
            self.received_at = fact.received_at
        named = dict(record.headers).get("id")
        id_ = named.decode() if named else digest(*fact.key, fact.version)
        if id_ not in self.ids and len(self.ids) < MOST_CAUSES:
            self.ids.append(id_)

    def headers(self, *content: object) -> Headers:
        causes = ",".join(self.ids)
        named = (("id", digest(*content, causes).encode()), ("causes", causes.encode()))
        return named if self.received_at is None else (*named, ("received_at", _instant(self.received_at)))


class _Batch:
    """One call's work: facts waiting by child, the partition's days, outputs."""

    def __init__(self, policy: Policy, state: State) -> None:
        self.outputs: list[Output] = []
        self.settled: dict[str, str | None] = {}
        self._policy = policy
        self._state = state
        self._waiting: dict[str, tuple[list[tuple[Fact, date]], _Cause]] = {}
        self._latest, self._worked = _days(state.get(DAY_KEY) or b"[null, null]")
        self._seen = self._latest

    def take(self, value: dict[str, Any], record: Record) -> None:
        """Lay a fact by, with the others of its child."""
        child_id = value.get("child_id")
        if not isinstance(child_id, str) or not child_id or child_id == DAY_KEY:
            raise PermanentError("the fact names no child", step="decode")
        try:
            fact = read_fact(value)
        except ValueError as error:
            raise PermanentError(str(error), step="decode") from None
        facts, cause = self._waiting.setdefault(child_id, ([], _Cause()))
        self._seen = max(self._seen, fact.received_on)
        facts.append((fact, self._seen))
        cause.add(fact, record)

    def settle(self) -> None:
        """Evaluate every child that has facts waiting."""
        if self._seen > self._latest:
            self._put_days(self._seen, self._worked)
        for child_id, (facts, cause) in self._waiting.items():
            self._tell(child_id, facts, cause)
        self._waiting = {}

    def has_reached(self, day: date) -> bool:
        """Whether a day has been worked through before."""
        return day <= self._worked

    def begin_day(self, day: date) -> None:
        """From now on it is that day."""
        if day > self._latest:
            self._put_days(day, self._worked)

    def finish_day(self, day: date) -> None:
        """The day has been worked through."""
        self._put_days(self._latest, day)

    def look_at(self, child_id: str, cause: _Cause) -> None:
        """Say what the passing of time changed for a child."""
        self._evaluate(child_id, load(self._state.get(child_id)), self._latest, None, cause)

    def _tell(self, child_id: str, facts: list[tuple[Fact, date]], cause: _Cause) -> None:
        """Say what facts changed for a child. Repeats change nothing."""
        memory = load(self._state.get(child_id))
        news = [(fact.received_on, seen) for fact, seen in facts if memory.add(fact)]
        if news:
            self._evaluate(child_id, memory, news[-1][1], min(news)[0], cause)

    def _evaluate(self, child_id: str, memory: Memory, day: date, news_from: date | None, cause: _Cause) -> None:
        said = memory.now
        evaluation = memory.evaluate(child_id, day, news_from, self._policy)
        for change in changes(evaluation, said, memory):
            self.outputs.append(_output(child_id, change, cause))
        value = dump(memory)
        self._state.put(child_id, value)
        self.settled[child_id] = due_on(value)

    def _put_days(self, latest: date, worked: date) -> None:
        self._latest, self._worked, self._seen = latest, worked, latest
        days = [day.isoformat() if day != date.min else None for day in (latest, worked)]
        self._state.put(DAY_KEY, orjson.dumps(days))


def _output(child_id: str, change: Change, cause: _Cause) -> Output:
    topic, key = {
        "child": (CHILDREN.name, child_id),
        "deadline": (DEADLINES.name, f"{child_id}|{change.key}"),
        "alert": (ALERTS.name, child_id),
        "task": (REVIEW.name, change.key),
    }[change.kind]
    headers = cause.headers(topic, key, digest_of(change.value or b""))
    return Output(topic, key.encode(), change.value, headers)


def _days(value: bytes) -> tuple[date, date]:
    """The latest day seen and the last one worked through; ValueError when it is no such pair."""
    latest, worked = (date.fromisoformat(day) if day else date.min for day in orjson.loads(value))
    return latest, worked


def _parse(record: Record) -> dict[str, Any]:
    try:
        value = orjson.loads(record.value or b"")
    except orjson.JSONDecodeError:
        raise PermanentError("the record is not JSON", step="decode") from None
    if not isinstance(value, dict):
        raise PermanentError("the record is not a JSON object", step="decode")
    return value


def _day(value: dict[str, Any]) -> date:
    try:
        return date.fromisoformat(value["effective_on"])
    except (KeyError, TypeError, ValueError):
        raise PermanentError("day.reached names no day", step="decode") from None


def _instant(micros: int) -> bytes:
    instant: datetime = EPOCH.astimezone(UTC) + timedelta(microseconds=micros)
    return instant.isoformat().replace("+00:00", "Z").encode()
