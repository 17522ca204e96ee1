"""What has to be said after an evaluation: only what differs from what was said before."""

from datetime import date
from typing import Any, Literal, NamedTuple

import orjson

from hub.core.alerts.rules import RESTRICTED
from hub.core.casework.evaluate import Evaluation
from hub.core.casework.history import History
from hub.core.casework.memory import Memory, digest_of
from hub.core.casework.record import SPLIT, turned
from hub.core.questions import Question

Kind = Literal["child", "deadline", "alert", "task"]

_INTO = ">"
"""In a memory's digest of the record last said: what follows is the child that it was merged into."""


class Change(NamedTuple):
    """One thing to say. `key` names it within its kind; `value` None says that it is gone."""

    kind: Kind
    key: str
    value: bytes | None


def changes(
    evaluation: Evaluation,
    said: History | None,
    memory: Memory,
    moved_on: date | None = None,
    restored_on: date | None = None,
    *,
    told: bool = False,
) -> list[Change]:
    """The changes since `said`, the history held when the memory last spoke; it then holds what is said now.

    `moved_on`: the day of a decision by which facts came from another child or went to one, if one is among the news;
    `restored_on`: that on which a notice was withdrawn. `told`: of what came by the move people were told before, under
    ids that are gone.
    """
    return [
        *_record(evaluation, memory),
        *_deadlines(evaluation, said),
        *_alerts(evaluation, memory, moved_on, restored_on, told=told),
        *_tasks(evaluation, memory),
    ]


def _record(evaluation: Evaluation, memory: Memory) -> list[Change]:
    """A child that was merged into another and no longer is says so before it says its record again."""
    record, child_id = evaluation.record, evaluation.child_id
    value = _json(record)
    digest, into = digest_of(value), record.get("surviving", "")
    was, _, was_into = memory.record.partition(_INTO)
    if (digest, into) == (was, was_into):
        return []
    memory.record = f"{digest}{_INTO}{into}" if into else digest
    split = [Change("child", child_id, _json(turned(child_id, SPLIT, was_into, evaluation.day)))] if was_into else []
    return [*(split if not into else []), Change("child", child_id, value)]


def _deadlines(evaluation: Evaluation, said: History | None) -> list[Change]:
    """A deadline is said with the day of its last change as `as_of`."""
    child_id, past = evaluation.child_id, said.traces if said else {}
    found = []
    for deadline in evaluation.deadlines:
        trace, before = evaluation.now.traces[deadline.id], past.get(deadline.id)
        if before is None or before[:2] != trace[:2]:
            value = _json(deadline.to_json(child_id, trace.changed_on))
            found.append(Change("deadline", deadline.id, value))
    for id_, before in past.items():
        trace_now = evaluation.now.traces.get(id_)
        if before.digest is not None and (trace_now is None or trace_now.digest is None):
            found.append(Change("deadline", id_, None))
    return found


def _alerts(
    evaluation: Evaluation, memory: Memory, moved_on: date | None, restored_on: date | None, *, told: bool
) -> list[Change]:
    """Each is opened once and cleared once: an open one is not said again when a date in it changes, but it is cleared
    with its last.

    One that comes from another child by a decision, or goes to one, is the same alert: its id is the same there. It is
    said with `moved`, and as cleared because it `moved`, so that nobody takes it for news. So is, with `restored`, one
    that stands again because a notice was withdrawn. What from now on only the restricted list may know of is cleared
    for all others as *restricted*, and moves there.
    """
    now = {alert["id"]: alert for alert in evaluation.alerts}
    past, memory.alerts = memory.alerts, now
    found = []
    for id_, alert in past.items():
        if id_ not in now:
            reason = _reason(alert, evaluation) or ("moved" if moved_on is not None else "corrected")
            if evaluation.record.get("restricted") and alert["audience"] != RESTRICTED:
                reason = "restricted"
            cleared = alert | {"state": "cleared", "reason": reason, "since": evaluation.day}
            found.append(Change("alert", id_, _json(cleared)))
    for id_, alert in now.items():
        if id_ not in past:
            found.append(Change("alert", id_, _json(alert | _not_news(alert, moved_on, restored_on, told=told))))
    return found


def _not_news(alert: dict[str, Any], moved_on: date | None, restored_on: date | None, *, told: bool) -> dict[str, bool]:
    moved = moved_on is not None and alert["since"] < moved_on
    restored = restored_on is not None and alert["since"] <= restored_on
    said = {"moved": moved, "restored": restored, "told": moved and told}
    return {name: True for name, holds in said.items() if holds}


def _reason(alert: dict[str, Any], evaluation: Evaluation) -> str | None:
    opening = evaluation.now.alerts.get((alert["about"], alert["threshold"], alert["audience"]))
    return opening.reason if opening else None


def _tasks(evaluation: Evaluation, memory: Memory) -> list[Change]:
    child_id = evaluation.child_id
    asked = {question.id(child_id): question for question in evaluation.questions}
    now = {id_: task_json(child_id, id_, question) for id_, question in asked.items()}
    past, memory.tasks = memory.tasks, now
    found = []
    for id_, task in past.items():
        if id_ not in now:
            resolved = task | {"state": "resolved", "resolved_on": evaluation.day}
            found.append(Change("task", id_, _json(resolved)))
    for id_, task in now.items():
        if past.get(id_) != task:
            found.append(Change("task", id_, _json(task)))
    return found


def task_json(child_id: str, id_: str, question: Question) -> dict[str, Any]:
    """A question as a task that is open, in the shape of `schemas.reviews.ReviewTask`."""
    return {
        "id": id_,
        "question": question.question,
        "state": "open",
        "child_id": child_id,
        "source": question.source,
        "record": question.record,
        "kind": question.kind,
        "message": None,
        "candidates": list(question.candidates),
        "detail": question.detail,
        "opened_on": question.opened_on.isoformat(),
        "resolved_on": None,
        "asked_at": None,
        "audience": question.audience,
        "links": [question.link] if question.link else [],
        "doubt": {
            "code": question.code,
            "digest": question.digest,
            "version": question.version,
            "occurrence": question.occurrence,
            "names": question.names or None,
            "named": question.named or None,
        },
    }


def _json(value: dict[str, Any]) -> bytes:
    return orjson.dumps(value)
