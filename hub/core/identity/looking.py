"""What a person sees who looks: the least by which a child is known, or all that a question needs. Pure, read only."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from hub.core.identity import foresight
from hub.core.identity.engine import Identity
from hub.core.identity.evidence import VERIFIED
from hub.core.identity.names import Agreement, compare_given, family_name, given_name, same_family
from hub.core.identity.numbers import nhs_number, pupil_number
from hub.core.identity.persons import Said, distinct, with_person
from hub.core.identity.store import KeyValues, Link, Store
from schemas import looks
from schemas.decisions import PEOPLE
from schemas.ids import digest
from schemas.instants import Instant, london_day
from schemas.people import Person
from schemas.reviews import ReviewTask

FIELDS = ("given", "family", "birth_date", "sex", "postcode", "nhs_number", "upn")
"""What is laid side by side, in this order."""

_SHOWN = 4
"""How many characters of a number are shown: enough to see a slip, too few to use it elsewhere."""


def identified(values: KeyValues, child_id: str, look: str) -> looks.Identified | None:
    """The name and date of birth last said of a child, merges followed; None when there is no such child."""
    store = Store(values)
    child = store.child(child_id)
    while child is not None and child.into is not None:
        child = store.child(child.into)
    if child is None or not child.links:
        return None
    said = distinct(link.persons for link in _links(store, child.links))
    return looks.Identified(
        look=look,
        child_id=child.id,
        given=_last(said, "given"),
        family=_last(said, "family"),
        birth_date=_date(_last(said, "birth_date")),
    )


def evidence(
    identity: Identity, values: KeyValues, task_id: str, look: str, at: Instant, beside: Sequence[str] = ()
) -> looks.Evidence | None:
    """What a question rests on and what could be decided. `beside` are children whom no rule thought of, but the person
    who looks. None for a question that identity did not ask, and where one of them is not there."""
    store = Store(values)
    task = store.task(task_id)
    if task is None or not all(map(store.child, beside)):
        return None
    asked = ReviewTask.model_validate(task.review)
    review = asked.model_copy(update={"candidates": tuple(dict.fromkeys([*asked.candidates, *beside]))})
    links = list(_links(store, _concerned(store, review)))
    return _laid_out(identity, values, review, links, look, at, foresight.possible)


def comparison(
    identity: Identity, values: KeyValues, children: Sequence[str], look: str, at: Instant
) -> looks.Evidence | None:
    """The same of children whom a person compares though nobody asked; None where one of them is not there."""
    store = Store(values)
    found = [store.child(child) for child in dict.fromkeys(children)]
    if not found or any(child is None or not child.links for child in found):
        return None
    links = list(_links(store, [link for child in found if child is not None for link in child.links]))
    review = ReviewTask(
        id=digest("comparison", *sorted(children)),
        question="conflict",
        state="open",
        source=PEOPLE,
        candidates=tuple(child.id for child in found if child is not None),
        detail="a person compares these children",
        opened_on=london_day(at),
        links=tuple(link.id for link in links),
    )
    return _laid_out(identity, values, review, links, look, at, foresight.compared)


def _laid_out(
    identity: Identity,
    values: KeyValues,
    review: ReviewTask,
    links: list[Link],
    look: str,
    at: Instant,
    possible: foresight.Possible,
) -> looks.Evidence:
    store = Store(values)
    columns = [column_of(link) for link in links]
    persons = [link.persons for link in links]
    for link in links:
        if link.disputed:
            held = _held(store, link)
            persons.append(held)
            columns.append(_column(link, held, held=link.disputed))
    return looks.Evidence(
        look=look,
        task=review,
        columns=tuple(columns),
        rows=tuple(looks.Row(field=field, agreement=_agreement(field, persons)) for field in FIELDS),
        acts=tuple(foresight.acts(identity, values, review, links, at, possible)),
        score=review.score,
        parts=review.parts,
    )


def ruled(values: KeyValues, decision: str) -> looks.Ruled:
    """What came of a decision."""
    ruling = Store(values).ruling(decision)
    if ruling is None:
        return looks.Ruled(decision=decision, outcome="waiting")
    return looks.Ruled.model_validate({"decision": decision, "outcome": ruling.outcome, "words": ruling.words})


def _links(store: Store, ids: Iterable[str]) -> Iterator[Link]:
    return (link for each in ids if (link := store.link(each)) is not None)


def _concerned(store: Store, review: ReviewTask) -> list[str]:
    """The links that the question names, and those of the children that it might be."""
    children = [*review.candidates, *filter(None, [review.child_id])]
    found = [link for each in children if (child := store.child(each)) is not None for link in child.links]
    return list(dict.fromkeys([*review.links, *found]))


def _held(store: Store, link: Link) -> tuple[Said, ...]:
    said: tuple[Said, ...] = ()
    for number in range(link.disputed):
        observation = store.disputed(link.id, number)
        said = with_person(said, observation.person, observation.recorded_at)
    return said


def column_of(link: Link) -> looks.Column:
    """One source person as received."""
    return _column(link, link.persons)


def _column(link: Link, said: tuple[Said, ...], held: int = 0) -> looks.Column:
    shown = {field: tuple(dict.fromkeys(_shown(field, each.fields) for each in said)) for field in FIELDS}
    return looks.Column(
        link=link.id,
        source=link.source,
        record=link.record or None,
        child_id=link.child,
        seq=link.seq,
        facts=link.facts,
        held=held,
        values={field: kept for field, found in shown.items() if (kept := tuple(filter(None, found)))},
    )


def _shown(field: str, fields: dict[str, Any]) -> str:
    value = fields.get(field)
    if value is None:
        return ""
    if field == "nhs_number":
        status = fields.get("nhs_number_status")
        return f"…{value[-_SHOWN:]} ({f'status {status}' if status else 'no status'})"
    return f"…{value[-_SHOWN:]}" if field == "upn" else str(value)


def _last(said: tuple[Said, ...], field: str) -> str | None:
    return next((each.fields[field] for each in reversed(said) if each.fields.get(field)), None)


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _agreement(field: str, persons: list[tuple[Said, ...]]) -> looks.Agreement:
    """Of every two columns: one that differs is what somebody has to see."""
    found = set()
    for number, one in enumerate(persons):
        for other in persons[number + 1 :]:
            pairs = [(a.person, b.person) for a in one for b in other]
            found |= {_COMPARE[field](a, b) for a, b in pairs if getattr(a, field) and getattr(b, field)}
    if Agreement.CONFLICT in found:
        return "differ"
    return "agree" if found == {Agreement.AGREE} else "unknown"


def _same(one: object, other: object) -> Agreement:
    return Agreement.AGREE if one == other else Agreement.CONFLICT


def _families(one: Person, other: Person) -> Agreement:
    first, second = family_name(one.family), family_name(other.family)
    return _same(True, same_family(first, second)) if first and second else Agreement.UNKNOWN


def _births(one: Person, other: Person) -> Agreement:
    same = _same(one.birth_date, other.birth_date)
    born = one.birth_date
    placeholder = born is not None and (born.month, born.day) == (1, 1)
    return Agreement.UNKNOWN if placeholder and same is Agreement.AGREE else same


def _numbers(one: Person, other: Person) -> Agreement:
    """As the rules take them: only numbers that somebody has traced agree or differ."""
    verified = one.nhs_number_status == other.nhs_number_status == VERIFIED
    first, second = nhs_number(one.nhs_number), nhs_number(other.nhs_number)
    return _same(first, second) if verified and first and second else Agreement.UNKNOWN


def _pupils(one: Person, other: Person) -> Agreement:
    """Pupils hold several: two that differ say nothing."""
    first, second = pupil_number(one.upn), pupil_number(other.upn)
    return Agreement.AGREE if first and first == second else Agreement.UNKNOWN


def _plain(text: str | None) -> str:
    return "".join((text or "").split()).casefold()


_COMPARE: dict[str, Callable[[Person, Person], Agreement]] = {
    "given": lambda one, other: compare_given(given_name(one.given), given_name(other.given)),
    "family": _families,
    "birth_date": _births,
    "sex": lambda one, other: _same(_plain(one.sex), _plain(other.sex)),
    "postcode": lambda one, other: _same(_plain(one.postcode), _plain(other.postcode)),
    "nhs_number": _numbers,
    "upn": _pupils,
}
