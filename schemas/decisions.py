"""A person's decision about who a child is, or about its cases and data: an observation like any other, so that
identity has one input log.

`kind` says what is decided, `record` is the decision's own id (sent twice with one id it is one decision), `source` is
PEOPLE, `data` the model below. `link` or `child_id` name what it is about.
"""

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from schemas.answers import StatementNamed
from schemas.base import Model
from schemas.kinds import SubjectName
from schemas.references import reference_problem
from schemas.statements import Number, Text

PEOPLE = "hub:people"
"""The source of decisions. No feed may be registered under it."""

Why = Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]
"""In the person's own words, without personal data."""


def _is_reference(text: str) -> str:
    problem = reference_problem(text, None)
    if problem or "/" not in text:
        raise ValueError(problem or "give the id in full: source/id")
    return text


Reference = Annotated[Text, AfterValidator(_is_reference)]
"""A subject's id in full, `source/id`: nothing of a person's own."""


class Decision(Model):
    """What every decision carries.

    `actor` is an opaque id of who decided, `task` the question that it answers, `evidence` ids of the looks that it
    rests on. `expected` is the number of the last decision about each link concerned, as it was when they looked: where
    one has changed since, the decision is refused.
    """

    actor: Text
    why: Why
    task: Text | None = None
    evidence: tuple[Text, ...] = Field(default=(), max_length=20)
    expected: dict[Text, Number] = Field(default_factory=dict, max_length=1_000)


class LinkAssigned(Decision):
    """(decided) `link` belongs to `child`, whichever it belonged to before."""

    child: Text


class LinkReleased(Decision):
    """(decided) `link` belongs to no child that it was given to, and waits."""


class LinkSetAside(Decision):
    """(decided) `link`, who waits, is none of ours: nobody is asked whose it is until more is known of the person, or
    somebody comes who could be them. `statements`: how many stood under it when it was looked at."""

    statements: Number


class ChildMerged(Decision):
    """(decided) all that belongs to `child_id` belongs to the child `into`."""

    into: Text


class MatchRejected(Decision):
    """(decided) `link`, or with `child_id` each link of that child, is nobody of `child`: rules keep them apart, and
    nobody is asked again."""

    child: Text


class HeldAccepted(Decision):
    """(decided) the statements held back under `link` are of the same person, put right. `held`: how many were seen."""

    held: Number


class HeldSeparated(Decision):
    """(decided) the statements held back under `link` are of somebody else, who gets a link apart. `held` as above."""

    held: Number


class HeldDismissed(Decision):
    """(decided) what the source still says of `link`, a record that was closed by an adoption, is dropped. `held` as
    above."""

    held: Number


class AdoptionProposed(Decision):
    """(decided) `child_id` was adopted: what goes on is to be written anew under a new identity, the old one purged.

    `into` is the child that the source's new record made; without it a child is made. `leave` are the facts (by `ref`)
    that do not go on, `seen` stands for all that were looked at. `evidence` are looks at the old child alone, `beside`
    those at the new one: no record names both. Nothing happens before a second person says the same
    (`identity.adopted`); until then it may be undone.
    """

    into: Text | None = None
    leave: tuple[Text, ...] = Field(default=(), max_length=1_000)
    seen: Text
    beside: tuple[Text, ...] = Field(default=(), max_length=20)


class Adopted(AdoptionProposed):
    """(decided) a second person says what `proposal` said: it is carried out, for good.

    `nonce` is random: from it the new ids are made, so that nobody can work them out from the old ones once the record
    of this decision is gone.
    """

    proposal: Text
    nonce: Text


class SubjectAnswered(Decision):
    """(decided) what the source calls `theirs` is our subject `to`. `link` is the source person of whom it was stated,
    `child_id` the child about whom it was asked."""

    theirs: dict[SubjectName, Reference] = Field(min_length=1)
    to: dict[SubjectName, Reference]

    @model_validator(mode="after")
    def _same_names(self) -> "SubjectAnswered":
        if self.theirs.keys() != self.to.keys():
            raise ValueError("`theirs` and `to` name the same subjects")
        return self


class PlaceAnswered(Decision):
    """(decided) the source's statement `of` is about our subject `to`. `link` and `child_id` as above."""

    of: StatementNamed
    to: dict[SubjectName, Reference] = Field(min_length=1)


class QuestionAnswered(Decision):
    """(decided) the question was looked into, and all is right as it stands, or was dealt with where it was made.
    `doubt` is the digest of what was asked. `link` and `child_id` as above."""

    doubt: Text


class VersionAnswered(Decision):
    """(decided) of the contents that one `version` of a statement came with, the one with this digest stands; `among`
    are those that were seen. `link` and `child_id` as above."""

    of: StatementNamed
    version: Number
    content: Text
    among: tuple[Text, ...] = Field(min_length=1, max_length=100)


class DecisionUndone(Decision):
    """(decided) what `decision` did is taken back: all stands as before it."""

    decision: Text


ANSWERS: dict[str, type[Decision]] = {
    "subject.linked": SubjectAnswered,
    "statement.placed": PlaceAnswered,
    "question.acknowledged": QuestionAnswered,
    "version.chosen": VersionAnswered,
}
"""Those about cases and data: they become facts of the same kind."""

DECISIONS: dict[str, type[Decision]] = {
    "link.assigned": LinkAssigned,
    "link.released": LinkReleased,
    "link.set-aside": LinkSetAside,
    "child.merged": ChildMerged,
    "match.rejected": MatchRejected,
    "held.accepted": HeldAccepted,
    "held.separated": HeldSeparated,
    "held.dismissed": HeldDismissed,
    "identity.adoption-proposed": AdoptionProposed,
    "identity.adopted": Adopted,
    **ANSWERS,
    "decision.undone": DecisionUndone,
}
"""Kinds of observation that only people's decisions have."""

PROPOSED, ADOPTED = "identity.adoption-proposed", "identity.adopted"
ADOPTIONS = frozenset({PROPOSED, ADOPTED})
