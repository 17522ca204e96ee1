"""The casework stage: facts and days in; records, deadlines, alerts and questions out, only where they changed.

State: a memory for each child (`hub.core.casework.memory`); under DAY_KEY how far the partition's days have come; under
SOURCES_KEY what was said of sources. All facts of one child in a batch are taken together and evaluated once, on the
latest day that the partition had seen by the last of them that was news: a day reached, or the London day on which a
fact was received, so that no fact is ever of the future. So the state depends on the log alone, to the byte, and not on
how it was cut into batches.

A memory says by which policy it was made: where that is another than today's, the next day reached looks at the child.

Every partition is told of every source, for the sake of its own children. One alone, NOTICES, gives the alert about the
source itself: the first, since it is there however many there are.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import orjson

from hub.core.alerts.silence import KINDS, Saying, read_saying
from hub.core.casework.memory import check, compared
from hub.core.casework.policy import Policy
from hub.stages.casework_batch import Batch
from hub.stages.casework_days import DAY_KEY, Days
from hub.stages.casework_due import DueIndex
from hub.stages.casework_outputs import Cause
from hub.stages.casework_sayings import SOURCES_KEY, Sayings
from hub.stages.errors import PermanentError
from hub.stages.heartbeat import is_heartbeat, to_children
from hub.stages.stage import Record, Stage, State, Step
from schemas.topics import ALERTS, CASEWORK_STATE, CHILDREN, DEADLINES, FACTS, REVIEW

NOTICES = 0
MOST_CHILDREN = 500
MOST_SECONDS = 0.5
"""A slice of a day: after either, the stage commits and can give the partition up."""

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
        compared=compared,
    )


def check_state(key: str, value: bytes) -> None:
    """Raises ValueError for a value that the handler could not load."""
    if key == DAY_KEY:
        Days.of(value)
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
        self._due = DueIndex(policy.digest)
        for key, value in state.items():
            self._due.set(key, value)

    def handle(self, records: Sequence[Record], state: State) -> Step:
        """The batch, up to a day that needs another slice."""
        until = self._monotonic() + MOST_SECONDS
        self._sayings = self._sayings.now_as(state.get(SOURCES_KEY))
        batch = Batch(self._policy, state, self._sayings)
        for number, record in enumerate(records):
            if is_heartbeat(record):
                batch.outputs.append(to_children(record))
                continue
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

    def _work_through(self, day: date, batch: Batch, until: float) -> bool:
        """Evaluate the children that have to be looked at by a day; whether all of them are done."""
        batch.begin_day(day)
        cause = Cause.of_day(day)
        if batch.sayings.working and not self._hear_rest(cause, batch, until):
            return False
        if not self._each(self._due.by(day, batch.settled), lambda child_id: batch.look_at(child_id, cause), until):
            return False
        batch.finish_day(day)
        return True

    def _hear(self, saying: Saying, record: Record, batch: Batch, until: float) -> bool:
        """Evaluate the children for whom it makes a difference whether a source is heard; whether all are done.

        It is known from then on even where they all raise.
        """
        cause = Cause.of_saying(saying, record)
        begun = batch.begin_saying(saying, cause, notices=self._notices)
        try:
            return self._tell(cause, batch, until)
        except Exception:
            if not begun:
                raise
            batch.keep_sayings()
            return False

    def _hear_rest(self, cause: Cause, batch: Batch, until: float) -> bool:
        """Go on with a saying whose record was given up; whether there is nothing more to do now. What still raises
        waits on: its dead letter has told of it."""
        try:
            return self._tell(cause, batch, until)
        except Exception:
            return True

    def _tell(self, cause: Cause, batch: Batch, until: float) -> bool:
        sayings = batch.sayings
        ahead = (child_id for child_id in self._concerned(batch) if child_id > sayings.done_to)
        if self._each([*ahead, *sayings.missed], lambda child_id: batch.hear(child_id, cause), until):
            batch.finish_saying()
            return True
        batch.keep_sayings()
        return False

    def _each(self, children: Iterable[str], work: Callable[[str], None], until: float) -> bool:
        """Do something for each child, for as many as fit into a slice; whether it is done for all.

        A child that raises is passed over for as long as anything can be done for others, which must not wait for it.
        """
        done, error = 0, None
        for child_id in children:
            if done and (done == MOST_CHILDREN or self._monotonic() >= until):
                return False  # never before the first: every step gets somewhere
            try:
                work(child_id)
                done += 1
            except Exception as raised:
                error = error or raised
        if error is not None and not done:
            raise error
        return error is None

    def _concerned(self, batch: Batch) -> list[str]:
        """In a fixed order. A silence told in time makes no difference yet, and its end only to whom it held back; what
        is told late may change what was said on days since."""
        working = batch.sayings.working
        if any(batch.is_late(saying) for saying in working):
            known = (key for key, _ in batch.state.items() if not key.startswith("!"))
            return sorted({*known, *batch.settled})
        return [] if all(saying.silent for saying in working) else self._due.held(batch.settled)


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
