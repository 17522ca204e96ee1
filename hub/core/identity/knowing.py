"""What staff see of children whom they may know without a question: initials and school year, or name and numbers."""

from collections.abc import Iterable
from datetime import date

from hub.core.identity.numbers import nhs_number
from hub.core.identity.persons import Said, distinct
from hub.core.identity.store import KeyValues, Store
from schemas.looks import Initialled, Named

VERIFIED = "01"


def initialled(values: KeyValues, children: Iterable[str], today: date) -> tuple[Initialled, ...]:
    """Initials and school year of each child that is there."""
    return tuple(
        Initialled(child_id=each, initials=initials(said), school_year=school_year(_born(said), today))
        for each, said in _persons(values, children)
    )


def named(values: KeyValues, children: Iterable[str]) -> tuple[Named, ...]:
    """Name, date of birth and NHS number of each child that is there."""
    return tuple(
        Named(
            child_id=each,
            given=_last(said, "given"),
            family=_last(said, "family"),
            birth_date=_born(said),
            nhs_number=_number(said),
        )
        for each, said in _persons(values, children)
    )


def initials(said: tuple[Said, ...]) -> str:
    """The first letters of given and family name, as last said."""
    names = ((_last(said, field) or "").strip() for field in ("given", "family"))
    return " ".join(f"{name[0].upper()}." for name in names if name)


def school_year(born: date | None, today: date) -> str | None:
    """The school year of a date of birth in England: by age on 31 August, before the year began."""
    if born is None:
        return None
    began = today.year if today.month >= 9 else today.year - 1
    age = began - born.year - ((born.month, born.day) > (8, 31))
    if age < 4:
        return "Under 5"
    return "Reception" if age == 4 else f"Year {age - 4}" if age <= 17 else "Post 18"


def _persons(values: KeyValues, children: Iterable[str]) -> Iterable[tuple[str, tuple[Said, ...]]]:
    """Each child's persons as said, under the id that was asked for; merges are followed."""
    store = Store(values)
    for each in dict.fromkeys(children):
        child = store.child(each)
        while child is not None and child.into is not None:
            child = store.child(child.into)
        if child is not None and child.links:
            links = (store.link(link) for link in child.links)
            yield each, distinct(link.persons for link in links if link is not None)


def _last(said: tuple[Said, ...], field: str) -> str | None:
    return next((each.fields[field] for each in reversed(said) if each.fields.get(field)), None)


def _born(said: tuple[Said, ...]) -> date | None:
    text = _last(said, "birth_date")
    return date.fromisoformat(text) if text else None


def _number(said: tuple[Said, ...]) -> str | None:
    """The number last said that somebody has traced: one that nobody has would be somebody else's as easily."""
    traced = [each for each in said if each.fields.get("nhs_number_status") == VERIFIED]
    return nhs_number(_last(tuple(traced), "nhs_number"))
