"""What can be answered to a question of casework. It needs nobody's name: all of it is in the task."""

from collections.abc import Iterator
from typing import Any

import orjson

from schemas.ids import digest
from schemas.looks import Act, Evidence
from schemas.reviews import Doubt, ReviewTask

_DEALT_WITH = {
    "death": "it was dealt with: letters, calls and appointments are stopped in your own system",
    "which-case": "it is about none of them: it counts nowhere, and nobody is asked again while it says the same",
}
_RIGHT = "it was looked into and is right as it stands: nobody is asked again while it says the same"


def evidence_of(task: ReviewTask) -> Evidence | None:
    """A question of casework laid out like one of identity, without anybody's columns; None where it is not one that
    can be answered here. As its look it names the task: nobody was looked at."""
    acts = tuple(_stamped(act, task) for act in _acts(task))
    return Evidence(look=task.id, task=task, columns=(), rows=(), acts=acts) if acts else None


def _acts(task: ReviewTask) -> Iterator[Act]:
    doubt = task.doubt
    if doubt is None or not task.links or task.child_id is None or task.state != "open":
        return
    link, child_id = task.links[0], task.child_id
    if doubt.code == "same-version-differs":
        among = list(task.candidates)
        for content in among:
            data = {"of": _statement(task, doubt), "version": doubt.version, "content": content, "among": among}
            yield Act(kind="version.chosen", link=link, child_id=child_id, data=data, words=f"{content} is right")
        return
    if doubt.names is not None:
        for ours in task.candidates:
            kind, data = _placed(task, doubt, ours)
            yield Act(kind=kind, link=link, child_id=child_id, data=data, words=f"it is about {ours}")
    words = _DEALT_WITH.get(task.question, _RIGHT)
    acknowledged: dict[str, object] = {"doubt": doubt.digest}
    yield Act(kind="question.acknowledged", link=link, child_id=child_id, data=acknowledged, words=words)


def _placed(task: ReviewTask, doubt: Doubt, ours: str) -> tuple[str, dict[str, object]]:
    name = str(doubt.names)
    if doubt.named is not None:
        return "subject.linked", {"theirs": {name: doubt.named}, "to": {name: ours}}
    return "statement.placed", {"of": _statement(task, doubt), "to": {name: ours}}


def _statement(task: ReviewTask, doubt: Doubt) -> dict[str, Any]:
    return {"source": task.source, "record": task.record, "kind": task.kind, "occurrence": doubt.occurrence}


def _stamped(act: Act, task: ReviewTask) -> Act:
    """With what it answers, and a stamp that is another one as soon as anything else is asked."""
    data = {**act.data, "task": task.id}
    said = orjson.dumps(data, option=orjson.OPT_SORT_KEYS).decode()
    doubt = task.doubt.digest if task.doubt else ""
    return act.model_copy(
        update={"data": data, "stamp": digest("act", act.kind, act.link, act.child_id, said, doubt)[:8]}
    )
