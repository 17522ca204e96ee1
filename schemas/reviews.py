"""A question for a person. References only: the evidence is fetched when somebody looks."""

from datetime import date
from typing import Literal

from schemas.base import Model
from schemas.instants import Instant


class Answer(Model):
    """A person's decision that named the task, and what came of it: `words` say why it was refused."""

    decision: str
    actor: str
    outcome: Literal["taken", "refused"]
    words: str
    at: Instant


class Doubt(Model):
    """What a question of casework is about, for whoever answers it.

    `occurrence` and `version` are of the statement in question; for *which case* `names` is the subject that is
    unclear, `named` the id that the statement gives it, if any. `digest` stands for all that is asked.
    """

    code: str
    digest: str
    version: int
    occurrence: str = ""
    names: str | None = None
    named: str | None = None


QuestionKind = Literal["unmatched-input", "conflict", "potential-match", "which-case", "data", "rows-fell", "death"]
"""Identity asks the first three, casework the next two and `death`, intake and connectors `rows-fell`."""


class ReviewTask(Model):
    """`id` is a hash of what the question is about, so the same question is asked once.

    `record` and `kind` are of the statement in question; `candidates` are child ids, subject ids or digests of contents
    that could answer it; `detail` says in words, without personal data, what is unclear and what to do. `links` are the
    source persons that it is about; `score` and `parts` what scoring made of them, where it did; `answer` the last
    decision that named the task. `audience`: whose task it is, where that is a named officer's; `doubt`: what a
    question of casework asks.
    """

    id: str
    question: QuestionKind
    state: Literal["open", "resolved"]
    child_id: str | None = None
    source: str
    record: str | None = None
    kind: str | None = None
    message: str | None = None
    candidates: tuple[str, ...] = ()
    detail: str
    opened_on: date
    resolved_on: date | None = None
    asked_at: Instant | None = None
    links: tuple[str, ...] = ()
    score: float | None = None
    parts: tuple[tuple[str, float], ...] = ()
    answer: Answer | None = None
    audience: str | None = None
    doubt: Doubt | None = None
