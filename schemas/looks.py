"""What a person sees of who a child is, at the moment of looking: names and dates, never on a topic, never kept.

Each answer carries the `look` under which it was audited before it was given: a decision names it as its evidence.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from schemas.audit import MOST_WHY
from schemas.base import Model
from schemas.reviews import ReviewTask
from schemas.statements import Text

Purpose = Annotated[str, Field(min_length=1, max_length=MOST_WHY)]
"""Why somebody looks, in a few plain words: it stands in the audit, as long as an entry lets it be."""

Agreement = Literal["agree", "differ", "unknown"]


class LookRequest(Model):
    """Who looks (an opaque id), and why."""

    who: Text
    purpose: Purpose


Beside = Annotated[tuple[Text, ...], Field(max_length=10)]
"""Children whom whoever looks thinks of, though no rule does."""


class ChildLook(LookRequest):
    """Whose name is asked for."""

    child: Text


class TaskLook(LookRequest):
    """Which question is looked into, and which children are laid beside what it rests on."""

    task: Text
    beside: Beside = ()


class ChildrenLook(LookRequest):
    """Which children are compared."""

    children: tuple[Text, ...] = Field(min_length=1, max_length=10)


class KnownLook(LookRequest):
    """Of which children somebody sees initials and school year, or with `names` name and numbers."""

    children: tuple[Text, ...] = Field(max_length=200)
    names: bool = False


class Sought(Model):
    """What a person knows of a child whom they look for: all of it has to fit. `reference` is a source's own number."""

    name: str | None = Field(None, max_length=200)
    birth_date: date | None = None
    nhs_number: str | None = Field(None, max_length=20)
    reference: str | None = Field(None, max_length=100)


class FindLook(LookRequest):
    """Who is looked for; `most` children at most are told."""

    sought: Sought
    most: int = Field(50, ge=1, le=200)


class Initialled(Model):
    """The least by which a row of a list is told from another."""

    child_id: str
    initials: str
    school_year: str | None


class Named(Model):
    """Who a child is, for whoever works with them: as last said. The NHS number is one that was traced."""

    child_id: str
    given: str | None
    family: str | None
    birth_date: date | None
    nhs_number: str | None


class KnownChildren(Model):
    """The children that are there, under the ids that were asked for: with initials, or with names."""

    look: str
    initialled: tuple[Initialled, ...] = ()
    named: tuple[Named, ...] = ()


class FoundChildren(Model):
    """Ids of children that fit what is sought. Who they are is asked for by itself, of those whom one may see."""

    look: str
    children: tuple[str, ...]


class Identified(Model):
    """The least by which staff know a child: as last said. `child_id` is the child that goes on, after merges."""

    look: str
    child_id: str
    given: str | None
    family: str | None
    birth_date: date | None


class Column(Model):
    """One source person, or with `held` those that statements held back speak of, as received.

    `seq` is the number of the last decision about the link, `facts` how many it has stated. `values` are by field what
    was said, each once, the last said last; of numbers only the last four characters, an NHS number with its status.
    """

    link: str
    source: str
    record: str | None
    child_id: str | None
    seq: int
    facts: int
    held: int = 0
    values: dict[str, tuple[str, ...]]


class Row(Model):
    """Whether the columns agree in a field; compared as the rules compare, not letter by letter."""

    field: str
    agreement: Agreement


class Act(Model):
    """A decision that could be made, and what it would do. `subjects` are the subjects (`source/id`) of the facts that
    would move from `loses` to `gains`; `deadlines` are the ids of those about them, where the read model was asked.
    `refused`: why it would not be carried out. `data` is what to send; it lacks who decides and why. `stamp` stands for
    the act on just what was seen: once that has changed there is none of it."""

    kind: str
    link: str | None = None
    child_id: str | None = None
    data: dict[str, object]
    words: str
    stamp: str = ""
    loses: str | None = None
    gains: str | None = None
    facts: int = 0
    subjects: tuple[str, ...] = ()
    deadlines: tuple[str, ...] = ()
    refused: str | None = None


class Evidence(Model):
    """All that is needed to answer one question: the columns side by side, the rows, and what could be decided."""

    look: str
    task: ReviewTask
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    acts: tuple[Act, ...]
    score: float | None = None
    parts: tuple[tuple[str, float], ...] = ()


class GoingOn(Model):
    """One fact that stands of a child who was adopted, and that could go on. `ref` names it; `known_on` is the day from
    which it counted."""

    ref: str
    kind: str
    source: str
    effective_on: date | None
    known_on: date
    subject: dict[str, str]
    data: dict[str, object]


class Proposed(Model):
    """What was proposed last, and by whom: `into` is the child that is to go on, `leave` the facts that are not."""

    decision: str
    actor: str
    into: str | None
    leave: tuple[str, ...]
    seen: str


class Adoption(Model):
    """A child who was adopted, by itself: who it was, and what could go on under another identity.

    A decision repeats `seen` and `expected`, so that it is refused once either is another. `refused`: why it would be,
    as things are.
    """

    look: str
    child_id: str
    columns: tuple[Column, ...]
    facts: tuple[GoingOn, ...]
    seen: str
    expected: dict[str, int]
    proposal: Proposed | None = None
    refused: str | None = None


class Ruled(Model):
    """What came of a decision: `waiting` until identity has read it."""

    decision: str
    outcome: Literal["taken", "refused", "waiting"]
    words: str = ""


class DecisionSent(Model):
    """A person's answer to a question, or a decision by itself: one of the `acts` by kind, link or child and data.

    `id` makes it one decision however often it is sent; `evidence` are the looks that it rests on.
    """

    id: Text
    kind: Text
    why: str = Field(min_length=1, max_length=500, pattern=r"\S")
    evidence: tuple[Text, ...] = Field(min_length=1, max_length=20)
    link: Text | None = None
    child_id: Text | None = None
    data: dict[str, object] = Field(default_factory=dict)


class Decided(DecisionSent):
    """The same with who decides: known by their token or their account, never said by themselves."""

    actor: Text
