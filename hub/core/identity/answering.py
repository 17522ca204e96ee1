"""What came of a decision: to the audit, and on the task that it answers."""

from datetime import datetime

from hub.core.identity.ruling import Ruling
from hub.core.identity.work import Work
from schemas.audit import AuditEntry
from schemas.decisions import ADOPTIONS
from schemas.reviews import Answer, ReviewTask
from schemas.statements import Observation

_NAMING = ("child", "into", "decision")
"""Fields of decisions that name children and decisions."""

_NAMING_OF_OLD = ("proposal",)
"""The same of an adoption: nothing on record says what an adopted child became."""


def answer(work: Work, ruling: Ruling, observation: Observation) -> None:
    """Say it, carried out or refused."""
    by = work.by
    assert by is not None
    naming = _NAMING_OF_OLD if observation.kind in ADOPTIONS else _NAMING
    named = [observation.link, observation.child_id, *(observation.data.get(name) for name in naming)]
    subjects = dict.fromkeys([*filter(None, named), *(move.link for move in ruling.moves)])
    work.outcome.audits.append(
        AuditEntry.model_validate(
            {
                "actor": by.actor,
                "action": "identity.decide",
                "subjects": tuple(subjects),
                "why": by.why,
                "at": work.at,
                "id": by.decision,
                "evidence": by.evidence,
                "outcome": ruling.outcome,
                "detail": ruling.words,
            }
        )
    )
    _on_task(work, ruling)


def _on_task(work: Work, ruling: Ruling) -> None:
    """A task that another stage asks is that stage's: it changes by what the decision did."""
    by = work.by
    task = work.store.task(by.task) if by is not None and by.task is not None else None
    if by is None or task is None:
        return
    said = Answer.model_validate(
        {
            "decision": by.decision,
            "actor": by.actor,
            "outcome": ruling.outcome,
            "words": ruling.words,
            "at": datetime.fromisoformat(ruling.at),
        }
    )
    task.review = {**task.review, "answer": said.model_dump(mode="json")}
    work.store.put_task(task)
    reviews = work.outcome.reviews
    told = ReviewTask.model_validate(task.review)
    reviews[:] = [*(review for review in reviews if review.id != told.id), told]
