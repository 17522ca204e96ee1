"""The casework stage: facts and days in; records, deadlines, alerts and questions out, only where they changed.

State: a memory for each child (`hub.core.casework.memory`); under DAY_KEY how far the partition's days have come; under
SOURCES_KEY what was said of sources. All facts of one child in a batch are taken together and evaluated once, on the
latest day that the partition had seen by the last of them that was news: a day reached, or the London day on which a
fact was received, so that no fact is ever of the future. So the state depends on the log alone, to the byte, and not on
how it was cut into batches.

Every partition is told of every source, for the sake of its own children. One alone, NOTICES, gives the alert about the
source itself: the first, since it is there however many there are.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson

from hub.core.alerts.silence import (
    KINDS,
    NO_SILENCES,
    Saying,
    Silences,
    read_saying,
    saying_of,
    sayings_of,
    source_alerts,
)
from hub.core.casework.changes import Change, changes
from hub.core.casework.memory import PREFIX, Memory, check, digest_of, due_on, dump, is_held, load
from hub.core.casework.policy import Policy
from hub.core.facts.fact import Fact, read_fact
from hub.stages.errors import PermanentError
from hub.stages.stage import Headers, Output, Record, Stage, State, Step
from schemas.ids import digest
from schemas.instants import EPOCH
from schemas.topics import ALERTS, CASEWORK_STATE, CHILDREN, DEADLINES, FACTS, REVIEW

DAY_KEY, SOURCES_KEY = "!day", "!sources"
NOTICES = 0
MOST_CHILDREN = 500
MOST_SECONDS = 0.5
"""A slice of a day: after either, the stage commits and can give the partition up."""

MOST_CAUSES = 10
"""How many ids of causes an output names."""

Monotonic = Callable[[], float]


def casework(policy: Policy, monotonic: Monotonic) -> Stage:
    """The stage. `monotonic` tells seconds that only grow: it bounds a slice; nothing said depends on it."""
    return Stage(
        "casework",
        (FACTS.name,),
        CASEWORK_STATE.name,
        lambda partition, state: CaseworkHandler(policy, monotonic, state, notices=partition == NOTICES),
        (CHILDREN.name, DEADLINES.name, ALERTS.name, REVIEW.name),
        check_state,
        "Stop casework and run `sendhub state rebuild casework`.",
    )


def check_state(key: str, value: bytes) -> None:
    """Raises ValueError for a value that the handler could not load."""
    if key == DAY_KEY:
        _days(value)
    elif key == SOURCES_KEY:
        Sayings.of(value)
    else:
        check(value)


class CaseworkHandler:
    """One partition's children. A record that is no fact raises PermanentError.

    `notices`: whether it is this partition that gives the alerts about sources.
    """

    def __init__(self, policy: Policy, monotonic: Monotonic, state: State, *, notices: bool = True) -> None:
        self._policy = policy
        self._monotonic = monotonic
        self._notices = notices
        self._sayings = Sayings()
        self._due = DueIndex()
        for key, value in state.items():
            self._due.set(key, value)

    def handle(self, records: Sequence[Record], state: State) -> Step:
        """The batch, up to a day that needs another slice."""
        until = self._monotonic() + MOST_SECONDS
        self._sayings = self._sayings.now_as(state.get(SOURCES_KEY))
        batch = _Batch(self._policy, state, self._sayings)
        for number, record in enumerate(records):
            value = _parse(record)
            if value.get("kind") == "day.reached":
                day = _day(value)
                if not batch.has_reached(day):
                    batch.settle()
                    if not self._work_through(day, batch, until):
                        return Step(number, batch.outputs)
            elif value.get("kind") in KINDS:
                saying = _saying(value)
                if batch.is_news(saying):
                    batch.settle()
                    if not self._hear(saying, record, batch, until):
                        return Step(number, batch.outputs)
            else:
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

    def _hear(self, saying: Saying, record: Record, batch: "_Batch", until: float) -> bool:
        """Evaluate the children for whom it makes a difference whether a source is heard; whether all are done.

        Where another saying was given up half way (a child of it raised) this one is first made known by itself, so
        that what raised once cannot swallow it; then both are worked through.
        """
        cause = _Cause.of_saying(saying, record)
        left = bool(batch.sayings.working)
        if batch.begin_saying(saying, cause, notices=self._notices) and left:
            batch.keep_sayings()
            return False
        children = (child_id for child_id in self._concerned(batch) if child_id > batch.sayings.done_to)
        for done, child_id in enumerate(children):
            if done and (done == MOST_CHILDREN or self._monotonic() >= until):
                batch.keep_sayings()
                return False
            batch.hear(child_id, cause)
        batch.finish_saying()
        return True

    def _concerned(self, batch: "_Batch") -> list[str]:
        """In a fixed order. A silence told in time makes no difference yet, and its end only to whom it held back; what
        is told late may change what was said on days since."""
        working = batch.sayings.working
        if any(batch.is_late(saying) for saying in working):
            known = (key for key, _ in batch.state.items() if not key.startswith("!"))
            return sorted({*known, *batch.settled})
        return [] if all(saying.silent for saying in working) else self._due.held(batch.settled)


@dataclass(frozen=True, slots=True)
class Sayings:
    """What is kept of sources: all that was said, the alerts about them that are open, and how far the last has been
    worked through. `working`: what has not been to its end (the last one, and what was given up half way before it);
    `done_to`: up to and with this child."""

    silences: Silences = NO_SILENCES
    told: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    working: tuple[Saying, ...] = ()
    done_to: str = ""
    _as_bytes: bytes | None = None

    @classmethod
    def of(cls, value: bytes | None) -> "Sayings":
        """From the state's bytes; raises ValueError for bytes that it did not write."""
        if value is None:
            return cls()
        try:
            said, told, working, done_to = orjson.loads(value)
            left = [saying_of(row) for row in working or ()]
            return cls(sayings_of(said), told, tuple(left), done_to, value)
        except (TypeError, ValueError):
            raise ValueError("not what is kept of sources") from None

    def now_as(self, value: bytes | None) -> "Sayings":
        """What the state's bytes hold: itself where it was read from these."""
        return self if value == self._as_bytes else Sayings.of(value)

    def dump(self) -> bytes:
        """As bytes, for the state."""
        return orjson.dumps([self.silences.to_json(), self.told, list(map(list, self.working)), self.done_to])

    def up_to(self, child_id: str) -> "Sayings":
        """With one more child done."""
        return replace(self, done_to=child_id)


class DueIndex:
    """Which children have something that changes by itself, by the day on which it does."""

    def __init__(self) -> None:
        self._day_of: dict[str, str] = {}
        self._children: dict[str, set[str]] = {}
        self._held: set[str] = set()

    def set(self, child_id: str, value: bytes | None) -> None:
        """Follow a child's memory."""
        if child_id.startswith("!"):
            return
        if value is not None and is_held(value):
            self._held.add(child_id)
        else:
            self._held.discard(child_id)
        before = self._day_of.pop(child_id, None)
        if before is not None:
            self._children[before].discard(child_id)
            if not self._children[before]:
                del self._children[before]
        day = due_on(value) if value is not None else None
        if day is not None:
            self._day_of[child_id] = day
            self._children.setdefault(day, set()).add(child_id)

    def held(self, settled: Mapping[str, bytes]) -> list[str]:
        """The children about whom a silent source holds an alert back, in a fixed order."""
        return sorted((self._held - settled.keys()) | {child for child, value in settled.items() if is_held(value)})

    def by(self, day: date, settled: Mapping[str, bytes]) -> list[str]:
        """The children due by a day, in a fixed order; `settled` are this batch's own, with the beginnings of their
        memories."""
        limit = day.isoformat()
        due = {child for on, children in self._children.items() if on <= limit for child in children}
        due -= settled.keys()
        due |= {child for child, value in settled.items() if (on := due_on(value)) is not None and on <= limit}
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

    @classmethod
    def of_saying(cls, saying: Saying, record: Record) -> "_Cause":
        cause = cls()
        named = dict(record.headers).get("id")
        cause.ids.append(named.decode() if named else digest("source", saying.source, saying.silent, saying.at))
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
    """One call's work: facts waiting by child, the partition's days, what was said of sources, outputs."""

    def __init__(self, policy: Policy, state: State, sayings: "Sayings") -> None:
        self.outputs: list[Output] = []
        self.settled: dict[str, bytes] = {}
        self.state = state
        self.sayings = sayings
        self._policy = policy
        self._waiting: dict[str, tuple[list[tuple[Fact, date]], _Cause]] = {}
        self._latest, self._worked = _days(state.get(DAY_KEY) or b"[null, null]")
        self._seen = self._latest

    def take(self, value: dict[str, Any], record: Record) -> None:
        """Lay a fact by, with the others of its child."""
        child_id = value.get("child_id")
        if not isinstance(child_id, str) or not child_id or child_id.startswith("!"):
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
        self._evaluate(child_id, load(self.state.get(child_id)), self._latest, None, cause)

    def is_news(self, saying: Saying) -> bool:
        """Whether it was not heard before, or is still being worked through."""
        return saying not in self.sayings.silences.sayings or saying in self.sayings.working

    def is_late(self, saying: Saying) -> bool:
        """Whether a day has been looked at on which it would already have counted."""
        return self._latest >= saying.holds_from if saying.silent else self._latest > saying.known_on

    def begin_saying(self, saying: Saying, cause: _Cause, *, notices: bool) -> bool:
        """From now on this is known; whether it was not before. The alerts about sources are given at once."""
        if saying in self.sayings.working:
            return False
        if saying.known_on > self._latest:
            self._put_days(saying.known_on, self._worked)
        silences = Silences({*self.sayings.silences.sayings, saying})
        told = source_alerts(silences, self._latest, self._policy.alerts, self._policy.sources) if notices else {}
        for topic_key, value in _told(self.sayings.told, told, self._latest):
            self.outputs.append(_alert_output(topic_key, value, cause))
        self.sayings = Sayings(silences, told, working=(*self.sayings.working, saying))
        return True

    def hear(self, child_id: str, cause: _Cause) -> None:
        """Say what it changes for a child."""
        memory = load(self.state.get(child_id))
        since = [saying.holds_from for saying in self.sayings.working if memory.rests_on(saying.source)]
        if since:
            self._evaluate(child_id, memory, self._latest, min(since), cause)
        self.sayings = self.sayings.up_to(child_id)

    def keep_sayings(self) -> None:
        """Remember how far this has come."""
        self.state.put(SOURCES_KEY, self.sayings.dump())

    def finish_saying(self) -> None:
        """All children know."""
        self.sayings = Sayings(self.sayings.silences, self.sayings.told)
        self.keep_sayings()

    def _tell(self, child_id: str, facts: list[tuple[Fact, date]], cause: _Cause) -> None:
        """Say what facts changed for a child. Repeats change nothing."""
        memory = load(self.state.get(child_id))
        news = [(fact.received_on, seen) for fact, seen in facts if memory.add(fact)]
        if news:
            self._evaluate(child_id, memory, news[-1][1], min(news)[0], cause)

    def _evaluate(self, child_id: str, memory: Memory, day: date, news_from: date | None, cause: _Cause) -> None:
        said = memory.now
        evaluation = memory.evaluate(child_id, day, news_from, self._policy, self.sayings.silences)
        for change in changes(evaluation, said, memory):
            self.outputs.append(_output(child_id, change, cause))
        value = dump(memory)
        self.state.put(child_id, value)
        self.settled[child_id] = value[:PREFIX]

    def _put_days(self, latest: date, worked: date) -> None:
        self._latest, self._worked, self._seen = latest, worked, latest
        days = [day.isoformat() if day != date.min else None for day in (latest, worked)]
        self.state.put(DAY_KEY, orjson.dumps(days))


def _told(
    before: Mapping[str, dict[str, Any]], now: Mapping[str, dict[str, Any]], day: date
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The alerts about sources that clear and open, each with what it is about."""
    for id_, alert in before.items():
        if id_ not in now:
            yield alert["about"], alert | {"state": "cleared", "reason": "resolved", "since": day.isoformat()}
    for id_, alert in now.items():
        if id_ not in before:
            yield alert["about"], alert


def _alert_output(about: str, alert: dict[str, Any], cause: _Cause) -> Output:
    value = orjson.dumps(alert)
    return Output(ALERTS.name, about.encode(), value, cause.headers(ALERTS.name, about, digest_of(value)))


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


def _saying(value: dict[str, Any]) -> Saying:
    try:
        return read_saying(value)
    except ValueError as error:
        raise PermanentError(f"{value['kind']}: {error}", step="decode") from None


def _day(value: dict[str, Any]) -> date:
    try:
        return date.fromisoformat(value["effective_on"])
    except (KeyError, TypeError, ValueError):
        raise PermanentError("day.reached names no day", step="decode") from None


def _instant(micros: int) -> bytes:
    instant: datetime = EPOCH.astimezone(UTC) + timedelta(microseconds=micros)
    return instant.isoformat().replace("+00:00", "Z").encode()
