"""Questions for people, and the alert when an input waits too long.

Which questions stand about a link is a function of what is known now: `refresh` opens and resolves the difference, so
the order in which things became known leaves no trace. References only: the evidence is fetched when somebody looks.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Literal

import holidays

from hub.core.identity import asides
from hub.core.identity.carrying import is_common
from hub.core.identity.evidence import agreements, agrees, conflicts
from hub.core.identity.outcome import Outcome
from hub.core.identity.store import Likeness, Link, Store, Task
from hub.core.identity.work import Work
from schemas.alerts import Alert
from schemas.ids import digest
from schemas.instants import london_day
from schemas.reviews import ReviewTask
from schemas.statements import Observation

AUDIENCE = "coordinator"
"""Who is told that an input waits."""

MOST_SHOWN = 10
"""How many links a question names where more are in it."""

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Question:
    """A question that stands. `waits`: an input is held back until it is answered.

    `stated` is the statement in question: the first that was held back, else the first of the link that it is about.
    `fits_nobody`: no child that is known could be the person, and nothing else is in doubt.
    """

    id: str
    question: Literal["unmatched-input", "conflict", "potential-match"]
    about: Link
    stated: Link | Observation
    detail: str
    waits: bool
    child_id: str | None = None
    candidates: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    likeness: Likeness | None = None
    fits_nobody: bool = False


def refresh(work: Work, changed: set[str]) -> None:
    """After some links changed, open and resolve questions so that exactly those stand that what is known raises."""
    affected = changed | _of_common(work)
    for link in map(work.link, changed):
        affected |= {one.id for one in work.neighbours(link) if _affects(link, one)}
        affected |= set(link.likely)
    standing = {
        link_id: {each.id: each for each in _standing(work, work.link(link_id))} for link_id in sorted(affected)
    }
    asked = {task_id for questions in standing.values() for task_id in questions}
    for link_id, questions in standing.items():
        _refresh(work, work.link(link_id), questions, asked)


def _of_common(work: Work) -> set[str]:
    """Those whose questions may be others since a number tells nobody apart, or does again: all its carriers at the
    turn, else the one that the question is kept with, and the one it was kept with before."""
    found: set[str] = set()
    for number in sorted(work.store.renumbered):
        carriers = work.bearers(number)
        task = work.store.task(_common_id(number))
        asked = task is not None and task.is_open
        if asked != is_common(carriers):
            found |= {each.link for each in carriers}
        elif asked:
            found.add(carriers[0].link)
        if task is not None and asked:
            found.add(task.review["links"][0])
    return found


def _affects(link: Link, one: Link) -> bool:
    """Whether a change of a link may change a question about another: seldom, once both are in one child."""
    if one.child is None and link.child is not None:
        return True
    return _pair_id(link, one) in one.tasks or _between(link, one) is not None


def _refresh(work: Work, link: Link, standing: dict[str, Question], asked: set[str]) -> None:
    """Set a link's questions to those that stand; one of those that it no longer has may go on with another link."""
    for task_id in link.tasks:
        if task_id not in asked:
            _resolve(work, task_id)
    for question in standing.values():
        _ask(work, question)
    if link.tasks != sorted(standing):
        link.tasks = sorted(standing)
        work.store.put_link(link)


def forget(work: Work, links: set[str], children: Collection[str]) -> set[str]:
    """Take away what was ever asked about the links of children. What is open about others, and only might have been
    theirs, stays: returns these others, for their questions are others now.

    All questions are looked through: one that was asked by an earlier version, or of a child that the link has left
    since, is noted with none of the links. Those of a batch that is not committed yet are noted.
    """
    noted = {task_id for link_id in links for task_id in work.store.asked(link_id)}
    others = set()
    for task_id in sorted({*noted, *work.store.tasks_naming([*links, *children])}):
        task = work.store.task(task_id)
        if task is None:
            continue
        named = set(task.review["links"])
        others |= named - links
        if named & links or not task.is_open:
            _forget(work, task_id, task)
    return others


def _forget(work: Work, task_id: str, task: Task) -> None:
    _clear(work, task)
    for link in map(work.link, task.review["links"]):
        if task_id in link.tasks:
            link.tasks = [each for each in link.tasks if each != task_id]
            work.store.put_link(link)
    work.store.drop_task(task_id)
    work.outcome.forgotten.append(task_id)


def overdue(store: Store, day: date) -> Outcome:
    """Alert once for every input that began to wait at least one working day before a day that was reached."""
    outcome = Outcome()
    for task_id in store.take_waiting(lambda began: next_working_day(began) <= day):
        task = store.task(task_id)
        if task is None or task.alert is not None or not _waits_too_long(task, day):
            continue
        task.alerts += 1
        task.alert = digest(task_id, "unmatched-input", AUDIENCE, task.alerts)
        task.alert_since = day.isoformat()
        store.put_task(task)
        outcome.alerts.append(_alert(task_id, task.alert, day, cleared=False))
    return outcome


def _waits_too_long(task: Task, day: date) -> bool:
    """Judged anew: since it was noted the input may have been taken up, or taken up and held back again."""
    return task.waits_since is not None and next_working_day(date.fromisoformat(task.waits_since)) <= day


def next_working_day(day: date) -> date:
    """The first day after it that is neither a weekend nor a bank holiday in England."""
    after = day + timedelta(days=1)
    while after.weekday() >= _SATURDAY or after in _bank_holidays(after.year):
        after += timedelta(days=1)
    return after


@lru_cache
def _bank_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))


def fits_nobody(work: Work, link: Link) -> bool:
    """Whether no child that is known could be the person that a link is."""
    return any(question.fits_nobody for question in _raised(work, link))


def _standing(work: Work, link: Link) -> list[Question]:
    """The questions about a link; whose one is whom a person set aside is none while nobody fits."""
    return [question for question in _raised(work, link) if not (question.fits_nobody and asides.is_aside(work, link))]


def _raised(work: Work, link: Link) -> list[Question]:
    if link.gone:
        return []
    if link.closed:
        return [_still_said(link, work.store.disputed(link.id, 0))] if link.disputed else []
    neighbours = [one for one in work.neighbours(link) if one.id not in link.apart]
    common = work.common_numbers(link)
    found = [question for one in neighbours if (question := _unless_common(link, one, common)) is not None]
    found += [question for number in common if (question := _common(work, link, number)) is not None]
    alike = [one for one in work.alike(link) if one.id not in link.apart and _may_be_one(link, one)]
    found += [_alike(link, one) for one in alike if link.child is not None and one.child not in (None, link.child)]
    if link.child is None and not found:
        found.append(_unmatched(link, neighbours, alike, barred=work.is_barred(link)))
    if link.by_name and link.child is not None and not link.by_person:
        relatives = tuple(one for one in link.relatives if work.link(one).child != link.child and one not in link.apart)
        found += [_relative(link, relatives)] if relatives else []
    if link.clash is not None and link.child is not None and work.known_of(link.child).nhs - {link.clash}:
        found.append(_clash(link))
    if link.disputed:
        found.append(_disputed(link, work.store.disputed(link.id, 0)))
    return found


def _may_be_one(link: Link, one: Link) -> bool:
    """Two verified numbers say that they are two, however alike."""
    return not (link.evidence.nhs and one.evidence.nhs)


def _alike(link: Link, one: Link) -> Question:
    about = min(link, one, key=lambda each: each.id)
    links = tuple(sorted((link.id, one.id)))
    candidates = tuple(sorted({str(link.child), str(one.child)}))
    detail = "two children look like one by what is said of them; no number decides: decide whether to merge them"
    task_id = digest("potential-match", *links)
    return Question(
        task_id, "potential-match", about, about, detail, False, None, candidates, links, link.likely.get(one.id)
    )


def _relative(link: Link, relatives: tuple[str, ...]) -> Question:
    detail = (
        "it was joined on name, date of birth and postcode; somebody who could be a brother, sister or twin has been "
        "seen since: check that the two are not mixed up"
    )
    links = (link.id, *relatives)
    return Question(digest("relative", link.id), "conflict", link, link, detail, False, link.child, (), links)


def _clash(link: Link) -> Question:
    detail = (
        "the national service gives this record a number, and its child has another one: two people in one child, or a "
        "mistake"
    )
    links = (link.id,)
    return Question(digest("clash", link.id), "conflict", link, link, detail, False, link.child, (), links)


def _unmatched(link: Link, neighbours: list[Link], alike: list[Link], *, barred: bool) -> Question:
    candidates = tuple(sorted({one.child for one in (*neighbours, *alike) if one.child is not None}))
    detail = "matches no child; it is taken up by itself when a record with the same verified number comes"
    if candidates:
        detail = (
            "looks like a child by what is said of it, but no number and no rule decides: look at them side by side"
        )
    if any(one.child is not None for one in neighbours):
        detail = "shares a number with a child, but date of birth or given name is missing or says too little"
    if barred:
        detail = (
            "carries a number of a record that was closed for good, so no rule places it: have its source correct it, "
            "or say whose it is"
        )
    task_id = digest("unmatched-input", link.id)
    links = (link.id,)
    fits_nobody = not candidates and not barred
    return Question(
        task_id, "unmatched-input", link, link, detail, True, None, candidates, links, fits_nobody=fits_nobody
    )


def _still_said(link: Link, held: Observation) -> Question:
    detail = (
        "this record was closed for good and its source still speaks under it: have it closed there and sent under the "
        "record that took its place, then dismiss what is held back"
    )
    return Question(digest("closed", link.id), "unmatched-input", link, held, detail, waits=True, links=(link.id,))


def _disputed(link: Link, held: Observation) -> Question:
    detail = (
        "a later statement about this source person differs in date of birth, given name or verified NHS number: "
        "two people under one id, or a correction; it is held back until somebody decides"
    )
    task_id = digest("conflict", link.id)
    links = (link.id, *link.seconds)
    return Question(task_id, "conflict", link, held, detail, waits=True, child_id=link.child, links=links)


def _between(link: Link, other: Link) -> Question | None:
    """What is unclear between two source persons that share a number, if anything."""
    if link.child is not None and link.child == other.child:
        return None
    waits = link.child is None or other.child is None
    differing = conflicts(link.evidence, other.evidence)
    if waits and not differing and not (agrees(link.evidence, other.evidence) and link.child != other.child):
        return None
    about = min(link, other, key=lambda one: (one.child is not None, one.id))
    candidates = tuple(sorted({one.child for one in (link, other) if one.child is not None}))
    detail = _detail(differing, link, other)
    links = tuple(sorted((link.id, other.id)))
    return Question(_pair_id(link, other), "conflict", about, about, detail, waits, None, candidates, links)


def _unless_common(link: Link, other: Link, common: Collection[str]) -> Question | None:
    """The same; but that two differ who share no other number than one that many do is no question of its own."""
    shared = (link.evidence.nhs | link.evidence.upns) & (other.evidence.nhs | other.evidence.upns)
    if shared <= set(common) and conflicts(link.evidence, other.evidence):
        return None
    return _between(link, other)


def _common(work: Work, link: Link, number: str) -> Question | None:
    """One question for all that carry a number: it is kept with the first of them."""
    carriers = work.store.carriers(number)
    if carriers[0] != link.id:
        return None
    detail = (
        "more people are recorded with one number than it can belong to: a placeholder, or one that was copied; until "
        "it is put right at its source it joins only records that agree in all else"
    )
    links = tuple(carriers[:MOST_SHOWN])
    return Question(_common_id(number), "conflict", link, link, detail, False, link.child, (), links)


def _common_id(number: str) -> str:
    return digest("common-number", number)


def _pair_id(link: Link, other: Link) -> str:
    return digest("conflict", *sorted((link.id, other.id)))


def _detail(differing: tuple[str, ...], link: Link, other: Link) -> str:
    if differing:
        return f"shares a number with another record but differs in {' and '.join(differing)}: two people, or a mistake"
    if not agrees(link.evidence, other.evidence):
        return "two children share a number, but date of birth or given name is missing or says too little"
    if not {"nhs-number", "family"} & agreements(link.evidence, other.evidence):
        return (
            "shares a UPN with another record, and date of birth and given name agree, but the family name does not: "
            "one child whose family name changed, or a number copied from the wrong row"
        )
    if link.child is None or other.child is None:
        return "agrees with more than one child, or with one that it also differs from: decide which it is"
    return "two children agree in number, date of birth and given name: decide whether to merge them"


def _ask(work: Work, question: Question) -> None:
    known = work.store.task(question.id)
    review = _review(work, question, known)
    task = known or Task(review)
    changed = known is None or known.review != review
    if not changed and (task.waits_since is not None) == question.waits:
        return
    task.review = review
    if not question.waits:
        task.waits_since = None
        _clear(work, task)
    elif task.waits_since is None:
        day = london_day(work.at)
        task.waits_since = day.isoformat()
        work.store.wait(day, question.id)
    work.store.put_task(task)
    if changed:
        _note_asked(work, question)
        work.outcome.reviews.append(ReviewTask.model_validate(review))


def _note_asked(work: Work, question: Question) -> None:
    """With every link that it names, itself or as one of a child's: so that nothing of one is ever left behind."""
    children = [work.store.child(each) for each in (question.child_id, *question.candidates) if each is not None]
    links = {*question.links, *(link for child in children if child is not None for link in child.links)}
    for link_id in sorted(links):
        if question.id not in work.store.asked(link_id):
            work.store.note_asked(link_id, question.id)


def _review(work: Work, question: Question, task: Task | None) -> dict[str, Any]:
    """A standing question keeps its day; one that was resolved is asked anew."""
    stands = task is not None and task.is_open
    review: dict[str, Any] = ReviewTask.model_validate(
        {
            "id": question.id,
            "question": question.question,
            "state": "open",
            "child_id": question.child_id,
            "source": question.about.source,
            "record": question.stated.record or None,
            "kind": question.stated.kind or None,
            "message": question.stated.message,
            "candidates": question.candidates,
            "detail": question.detail,
            "opened_on": task.review["opened_on"] if task and stands else london_day(work.at),
            "asked_at": task.review["asked_at"] if task and stands else work.at,
            "links": question.links,
            "score": question.likeness.probability if question.likeness else None,
            "parts": question.likeness.parts if question.likeness else (),
            "answer": task.review.get("answer") if task and stands else None,
        }
    ).model_dump(mode="json")
    return review


def _resolve(work: Work, task_id: str) -> None:
    task = work.store.task(task_id)
    if task is None or not task.is_open:
        return
    task.review |= {"state": "resolved", "resolved_on": london_day(work.at).isoformat()}
    task.waits_since = None
    _clear(work, task)
    work.store.put_task(task)
    work.outcome.reviews.append(ReviewTask.model_validate(task.review))


def _clear(work: Work, task: Task) -> None:
    """No input waits any more: the alert that stood, if one did, is over."""
    if task.alert is None:
        return
    day = max(london_day(work.at), date.fromisoformat(task.alert_since))
    work.outcome.alerts.append(_alert(task.review["id"], task.alert, day, cleared=True))
    task.alert = None


def _alert(task_id: str, alert_id: str, since: date, *, cleared: bool) -> Alert:
    return Alert(
        id=alert_id,
        child_id=None,
        about=task_id,
        deadline=None,
        threshold="unmatched-input",
        audience=AUDIENCE,
        state="cleared" if cleared else "open",
        reason="resolved" if cleared else None,
        since=since,
        caused_by="change" if cleared else "day",
    )
