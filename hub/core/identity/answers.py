"""People's answers about cases and data: kept as facts of the source person whose statement was asked about.

So an answer goes with its link to another child and comes back with it, and taking it back is a retraction.
"""

from typing import Any

from hub.core.identity import keeping
from hub.core.identity.bodies import Body
from hub.core.identity.refusal import Refused
from hub.core.identity.ruling import Answered
from hub.core.identity.store import Link
from hub.core.identity.work import Work
from schemas.decisions import (
    PEOPLE,
    Decision,
    PlaceAnswered,
    QuestionAnswered,
    SubjectAnswered,
    VersionAnswered,
)
from schemas.instants import london_day
from schemas.statements import Observation

Answer = SubjectAnswered | PlaceAnswered | QuestionAnswered | VersionAnswered
"""Decisions that are answers."""


def give(work: Work, observation: Observation, link: Link, decision: Answer) -> Answered:
    """State an answer under the link that it is about; raises Refused where that is another child's by now."""
    if link.child is None or link.child != observation.child_id:
        raise Refused("who this is was decided again since it was looked at: look again")
    own = decision.model_dump(mode="json", exclude=set(Decision.model_fields))
    subject = own.pop("theirs", {})
    answered = Answered(link.id, observation.kind, observation.record, 1, False, subject, own)
    _state(work, link, answered)
    return answered


def turn(work: Work, answered: Answered) -> Answered:
    """Take an answer back, or give it again."""
    link = work.store.link(answered.link)
    if link is None or link.gone:
        raise Refused("there is no such source person any more")
    turned = answered._replace(version=answered.version + 1, retracted=not answered.retracted)
    _state(work, link, turned)
    return turned


def _state(work: Work, link: Link, answered: Answered) -> None:
    keeping.keep(work, link, _body(work, answered))


def _body(work: Work, answered: Answered) -> Body:
    said: dict[str, Any] = {
        "kind": answered.kind,
        "source": PEOPLE,
        "record": answered.record,
        "version": answered.version,
        "effective_on": london_day(work.at),
        "recorded_at": work.at,
        "received_at": work.at,
        "retracted": answered.retracted,
    }
    if not answered.retracted:
        said |= {"subject": answered.subject, "data": answered.data}
    return Observation.model_validate(said).model_dump(mode="json", exclude_none=True)
