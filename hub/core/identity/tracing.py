"""What to ask the national demographic service about a link. Pure: the stage never waits for an answer.

Asked is only what can help: a well-formed number that nobody vouched for is looked up, to be checked against name and
date of birth; a person without any number is searched for. Each question about a link is asked once.
"""

from hub.core.identity.names import given_name, is_stand_in
from hub.core.identity.national import National, national_of, put_national
from hub.core.identity.numbers import nhs_number
from hub.core.identity.store import Link
from hub.core.identity.work import Work
from schemas.ids import keyed_digest
from schemas.people import Person
from schemas.traces import Ask, Trace

_NOT_NOW = frozenset({"07", "08"})
"""NHS number statuses that ask for no trace: not required, and postponed (a baby under six weeks)."""

_SHORTEST = 2
"""Letters of a given name below which a search by its beginning means nothing."""


def ask(work: Work, link_id: str) -> None:
    """Put out the look-up that would help to know who a link is, if there is one that was not made before."""
    link, national = work.link(link_id), national_of(work.store, link_id)
    trace = wanted(work, link, national)
    if trace is None or trace.id in national.asked:
        return
    national.asked.append(trace.id)
    put_national(work.store, link.id, national)
    work.outcome.traces.append(trace)


def wanted(work: Work, link: Link, national: National) -> Trace | None:
    """The look-up, made before or not; None where there is nothing to ask.

    Never about anybody restricted or whose number was withdrawn: those are not searched for by name (the `S` flag;
    INVALIDATED_RESOURCE). Never where the child has a verified number already.
    """
    if not link.persons or link.gone:
        return None
    person = link.persons[-1].person
    members = work.members(link.child) if link.child is not None else [link]
    if any(_is_closed(national_of(work.store, one.id)) for one in members):
        return None
    if any(one.evidence.nhs for one in (link, *members)) or not _can_be_checked(person):
        return None
    number = nhs_number(person.nhs_number)
    if number is not None:
        return _trace(work, link, "retrieve", person, nhs_number=number)
    if (person.nhs_number or "").strip() or not person.family or person.nhs_number_status in _NOT_NOW:
        return None
    return _trace(
        work,
        link,
        "search",
        person,
        given=person.given,
        family=person.family,
        birth_date=person.birth_date,
        postcode=person.postcode,
        may_be_restricted=_may_be_restricted(work, link),
    )


def _is_closed(national: National) -> bool:
    return national.restricted or national.invalid is not None


def _can_be_checked(person: Person) -> bool:
    """Whether an answer could agree: 1 January is an estimate, and `Baby` is no name."""
    name, born = given_name(person.given), person.birth_date
    if born is None or (born.month, born.day) == (1, 1):
        return False
    return bool(name) and not is_stand_in(name) and len(name[0]) >= _SHORTEST


def _may_be_restricted(work: Work, link: Link) -> bool:
    """Whether somebody who may be the same person is restricted: then a search must not name a postcode."""
    return any(national_of(work.store, one.id).restricted for one in (*work.neighbours(link), *work.alike(link)))


def _trace(work: Work, link: Link, what: Ask, person: Person, **said: object) -> Trace:
    """Its id is made of what is asked and of what the answer is checked against."""
    question = Trace.model_validate({"id": "-", "link": link.id, "ask": what, "asked_at": work.at, **said})
    content = question.model_dump_json(exclude={"id", "asked_at", "may_be_restricted"})
    made_of = (content, person.given, person.birth_date)
    return question.model_copy(update={"id": keyed_digest(work.key, "trace", *made_of)})
