"""What is unclear about a child's facts, said in words that a person can act on. Of what was received only ids and days
are repeated."""

from collections.abc import Iterable, Iterator, Set
from datetime import date
from typing import Any, Literal, NamedTuple

from hub.core.facts.fact import Fact
from schemas.ids import digest, full_id

DETAILS: dict[str, str] = {
    "same-version-differs": "The source sent two different contents under one version; until somebody says which is "
    "right, the one recorded last stands. Say which, or ask the source to send a new version.",
    "no-date": "The date is missing or impossible, so this counts for nothing. Correct it in the source.",
    "future-date": "The date lies in the future: this does not count before that day. Correct it in the source.",
    "two-starts": "One request has two different dates of receipt from the same source; the earliest stands.",
    "ends-before-start": "This is dated before what it would end, so it ends nothing. Correct the date or the case.",
    "request-after-death": "This request is dated after the child's death, so no clock runs for it. Check at once that "
    "both are about the same child, and correct the date that is wrong.",
    "unknown-request": "The request named here has not been stated by its source.",
    "unknown-advice": "The advice request named here has not been stated by its source.",
    "no-open-request": "No request was open on this date, so this belongs to no case.",
    "second-decision": "The family had already been told another decision; the first stands. If an order, an unopposed "
    "appeal or a mediation agreement made the difference, record that.",
    "advice-before-asked": "The advice is dated before it was asked for: it counts only when author, authority and "
    "family agree that it is enough (reg 6(4)).",
    "decline-not-permitted": "Declined without a permitted ground and written reasons (CFA 2014 s31(3)-(4)): the "
    "advice is still due.",
    "agreements-missing": "Existing advice is enough only when author, authority and family all agree (reg 6(4)).",
    "delivered-elsewhere": "Delivered to another body than the one asked: this does not start its six weeks.",
    "delivered-before-sent": "Delivered before it was sent: one of the two dates is wrong. The earlier one counts.",
    "replaced-twice": "Two requests say that they replace the same one; they run as one deadline under the latest.",
    "replaces-in-circle": "Advice requests replace one another in a circle, so none of them is the first: they run as "
    "one deadline. Correct what one of them says that it replaces.",
    "parts-in-circle": "Advice requests say that they are parts of one another, or one of itself: each is waited for "
    "as a whole. Correct what they are part of.",
    "plan-without-psychological": "A plan was issued without a psychologist's advice: correct the data, or review the "
    "plan's lawfulness.",
    "plan-within-window": "The final plan is dated within the family's 15 days to answer the draft (reg 13(1)(a)): "
    "correct the date, or look at the plan's lawfulness.",
    "meeting-date": "The day of the meeting is missing or impossible, so nothing is counted back from it. Correct it "
    "in the source.",
    "transfer-year": "Neither the year of the transfer nor the day of the move can be read, so nothing is due by it. "
    "Correct it in the source.",
    "claim-dates": "The exemption's last day lies before its first: it counts for nothing until the dates are "
    "corrected.",
    "no-subject": "It does not say what it is about, and nothing had started by then that it could follow: name its "
    "subject.",
    "directed-before-order": "The date that the tribunal set lies before the order: the rule's own limit stands "
    "until the date is corrected.",
    "closure-not-asked": "No school or early-years setting is known to have been asked for advice on the day that this "
    "exemption names: correct the day, or record the request.",
    "unknown-claim": "The exemption does not say what it is claimed for, or names something that is not known: it "
    "lifts nothing.",
    "amended-within-window": "The amended plan is dated within the family's 15 days to answer the notice (reg "
    "22(2)(c)): correct the date, or look at the plan's lawfulness.",
    "child-died": "A notice says that the child has died. Stop at once, in your own system, all letters, calls and "
    "appointments to the family and chasers to services. If it is not so, have the notice withdrawn where it was made: "
    "all stands again then. Until then no alert is raised and nothing is sent about the child.",
    "no-rule": "No rule is in force on the day this started.",
    "which-case": "It is unclear which advice request or case this is about. Say which, or that it is none of them.",
}
"""The sentence for each code."""

CHILD_DIED = "child-died"
OFFICER = "designated-officer"
QuestionKind = Literal["which-case", "data", "death"]
_KINDS: dict[str, QuestionKind] = {"which-case": "which-case", CHILD_DIED: "death"}


class Question(NamedTuple):
    """`about` is the subject or record in question; `id` is a hash of what the question is about, never of its words.

    `subject` is the advice or request concerned, whose deadlines show the question. `opened_on` is the London day on
    which the hub received the fact that raises it. `dated` is that fact's own day, and what it does not fit, in words:
    `detail` follows from these and `code`. `version`, `occurrence` and `link` are the fact's; `names` is the subject
    that is unclear (request or advice), `named` the id that the fact gives it. `digest` stands for all that is asked of
    the matter (`code` and `about`), by whichever facts: where it is another, something else is asked.
    """

    code: str
    about: str
    subject: str
    source: str
    record: str
    kind: str
    opened_on: date
    candidates: tuple[str, ...] = ()
    dated: str = ""
    version: int = 0
    occurrence: str = ""
    link: str = ""
    names: str = ""
    named: str = ""
    digest: str = ""

    @property
    def question(self) -> QuestionKind:
        """The kind of task it makes."""
        return _KINDS.get(self.code, "data")

    @property
    def audience(self) -> str | None:
        """The officer whose task it is; None where it is anybody's."""
        return OFFICER if self.code == CHILD_DIED else None

    @property
    def detail(self) -> str:
        """What is unclear and what to do, and which record of which source to look at."""
        return f"{DETAILS[self.code]} It is about {self.kind} in record {self.record} of {self.source}{self.dated}."

    def id(self, child_id: str) -> str:
        """The task's id."""
        return digest(self.question, self.code, child_id, self.about)


def ids_of_all(child_id: str, facts: Iterable[Fact]) -> set[str]:
    """The ids of all tasks that these facts could ever have raised, in any order and on any day: what a question is
    about is a fact, its record, or an id that it names."""
    about = {"child.died"}
    for fact in facts:
        about |= {"|".join(fact.key), f"{fact.source}/{fact.record}"}
        about |= {full_id(fact.source, text) for text in (*fact.subject.values(), *_texts(fact.data))}
    kinds = {code: _KINDS.get(code, "data") for code in DETAILS}
    return {digest(kind, code, child_id, each) for code, kind in kinds.items() for each in about}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for each in value.values() for text in _texts(each))
    elif isinstance(value, list | tuple):
        yield from (text for each in value for text in _texts(each))


def unanswered(questions: Iterable[Question], acknowledged: Set[str]) -> list[Question]:
    """The questions of each matter that nobody looked into as it stands, with the digest of the matter."""
    matters: dict[tuple[str, str], list[Question]] = {}
    for question in sorted(questions):
        matters.setdefault((question.code, question.about), []).append(question)
    found = []
    for matter, asked in matters.items():
        said = dict.fromkeys((each.source, each.record, each.kind, each.dated, each.candidates) for each in asked)
        stamp = digest("doubt", *matter, *said)
        if stamp not in acknowledged:
            found += [question._replace(digest=stamp) for question in asked]
    return found


CONCERNED = ("advice", "review", "order", "reassessment", "transfer", "appeal", "mediation", "request", "plan")
"""Of a fact's subject, the first of these is what a question is about: the deadline that shows it."""


def which(name: str, fact: Fact, candidates: Iterable[str]) -> Question:
    """Which request or which advice a fact is about."""
    named = fact.subject.get(name)
    return ask("which-case", fact, named, tuple(sorted(candidates)))._replace(names=name, named=named or "")


def ask(
    code: str, fact: Fact, about: str | None = None, candidates: tuple[str, ...] = (), beside: str = ""
) -> Question:
    """A question raised by a fact; about that fact itself unless told otherwise. `beside` is what it does not fit: a
    few words with ids and days only."""
    own = "|".join((fact.source, fact.record, fact.kind, fact.occurrence))
    named = (fact.subject[name] for name in CONCERNED if name in fact.subject)
    subject = next(named, f"{fact.source}/{fact.record}")
    dated = (f", dated {fact.effective_on}" if fact.effective_on else "") + (f"; {beside}" if beside else "")
    return Question(
        code,
        about or own,
        subject,
        fact.source,
        fact.record,
        fact.kind,
        fact.received_on,
        candidates,
        dated,
        fact.version,
        fact.occurrence,
        fact.link or "",
    )
