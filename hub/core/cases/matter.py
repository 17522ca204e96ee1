"""What clocks run for beside a request and an advice chain: a plan, a review, an order and the like."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from hub.core.cases.body import Body
from hub.core.cases.case import Case
from hub.core.cases.disagreement import Disagreement, Precedence, disagreements
from hub.core.cases.references import Aliases
from hub.core.facts.data import text_in
from hub.core.facts.fact import Fact
from hub.core.facts.standing import Standing
from hub.core.questions import Question, ask

MatterKind = Literal[
    "draft", "plan", "cycle", "review", "amendment", "transfer", "reassessment", "order", "appeal", "mediation",
]  # fmt: skip


@dataclass(slots=True)
class Matter:
    """`id` is the statutory subject and never changes; `shown` the subject's ids in full, by their names.

    `moments` are the dated events that rules speak of, `because` the fact behind each. `start` is the fact that its
    source is taken from, `seen_on` the day the hub first heard of it. `body` is who must act where no rule says it;
    `year` and `directed` are a stated year and a date that a tribunal set.
    """

    about: MatterKind
    id: str
    shown: dict[str, str]
    start: Fact
    seen_on: date
    case: Case | None = None
    body: Body | None = None
    year: int | None = None
    directed: date | None = None
    moments: dict[str, date] = field(default_factory=dict)
    because: dict[str, Fact] = field(default_factory=dict)

    def mark(self, moment: str, on: date, fact: Fact) -> None:
        """Something happened; the first time counts."""
        if on < self.moments.get(moment, date.max):
            self.moments[moment] = on
            self.because[moment] = fact


class Told:
    """The facts that stand, gathered by what they are about; what is disagreed on or unclear, as it is found."""

    def __init__(self, standing: Standing, aliases: Aliases, precedence: Precedence) -> None:
        self.standing = standing
        self.aliases = aliases
        self.precedence = precedence
        self.disagreements: list[Disagreement] = []
        self.questions: list[Question] = []
        self.of = standing.of

    def gathered(self, name: str, kinds: Iterable[str]) -> dict[str, list[Fact]]:
        """Facts of these kinds by the id that their subject has under a name; by their record where it has none."""
        found: dict[str, list[Fact]] = {}
        for fact in self.of(*kinds):
            found.setdefault(self.id_of(fact, name), []).append(fact)
        return found

    def about(self, name: str, starts: Iterable[str], others: Iterable[str]) -> dict[str, list[Fact]]:
        """Starts and what followed them, by what they are about. What names nothing, and is of no start's record, is
        about the last that had started by then; where there is none it is a question."""
        groups = self.gathered(name, starts)
        for fact in self.of(*others):
            id_ = self.id_of(fact, name)
            if name in fact.subject or id_ in groups:
                groups.setdefault(id_, []).append(fact)
                continue
            begun = [(said[0].on, each) for each, said in groups.items() if said[0].on <= fact.on]
            if begun:
                groups[max(begun)[1]].append(fact)
            else:
                self.questions.append(ask("no-subject", fact))
        return groups

    def id_of(self, fact: Fact, name: str) -> str:
        """What a fact is about: our own id, where a person has linked theirs to it. Without one its record, and for
        kinds that recur the source's own id of the event."""
        own = f"{fact.source}/{fact.record}" + (f":{fact.occurrence}" if fact.occurrence else "")
        return self.aliases.of(name, fact.subject.get(name) or own)

    def named(self, fact: Fact, name: str) -> str | None:
        """The id that a fact names, or None."""
        return self.aliases.of(name, fact.subject[name]) if name in fact.subject else None

    def first(self, about: str, facts: Sequence[Fact]) -> Fact:
        """Of the statements of one start the earliest, whoever makes it."""
        if len(facts) > 1:
            self.disagreements += disagreements(about, facts[0].kind, facts, facts[0])
        return facts[0]

    def believed(self, about: str, facts: Sequence[Fact]) -> list[Fact]:
        """The statements of the source that is believed; what others say is kept as a disagreement."""
        best = self.precedence.best(facts)
        kept = [fact for fact in facts if fact.source == best]
        if len(kept) < len(facts):
            self.disagreements += disagreements(about, facts[0].kind, facts, kept[0])
        return kept

    def follow(self, matter: Matter, facts: Sequence[Fact], begun: date) -> None:
        """Mark what followed a start, as the believed source says; what is dated before it is a question."""
        for fact in self.believed(matter.id, facts) if facts else ():
            if fact.on < begun:
                self.questions.append(ask("ends-before-start", fact, beside=f"what it ends began on {begun}"))
                continue
            matter.mark(fact.kind, fact.on, fact)
            outcome = text_in(fact.data, "outcome")
            if outcome is not None:
                matter.mark(f"{fact.kind}:{outcome}", fact.on, fact)

    def seen_on(self, facts: Iterable[Fact]) -> date:
        """The day the hub first heard of any of them."""
        return min(self.standing.first_seen[fact.key] for fact in facts)
