"""A person as two are compared: normal forms, made once for each record."""

import re
from dataclasses import dataclass
from datetime import date

from hub.core.identity.names import given_name, is_stand_in
from hub.core.identity.scoring.nicknames import full_forms
from hub.core.identity.scoring.spelling import Words, family_words, plain, sound, words, written

_NO_PLACE = re.compile(r"zz99|\D*$")
"""NHS pseudo postcodes (no fixed abode, abroad, unknown), and words such as `unknown`: no place, so no agreement."""
_WHOLE_POSTCODE = re.compile("[a-z]{1,2}[0-9][a-z0-9]?[0-9][a-z]{2}")

Birth = tuple[int, int, int]
"""Year, month and day."""


@dataclass(slots=True, frozen=True)
class Traits:
    """What is compared of one person. Empty or None is "not known", never "not the same".

    `given` and `family` are words; `given_sound` and `family_sound` the sounds of the first given word and of the whole
    family name. `birth` is set also for 1 January, with `estimated`. `home` is the postcode where it is a whole one of
    the United Kingdom: what a rule may rest on. `written` are the names as they are written, in their own script.
    `also` are further fields by name, already in normal form.
    """

    given: Words = ()
    family: Words = ()
    given_text: str = ""
    family_text: str = ""
    given_sound: str = ""
    family_sound: str = ""
    given_full: frozenset[str] = frozenset()
    birth: Birth | None = None
    birth_text: str = ""
    estimated: bool = False
    sex: str = ""
    postcode: str = ""
    home: str = ""
    written: tuple[Words, Words] = ((), ())
    also: tuple[str, ...] = ()


def traits_of(
    given: str | None = None,
    family: str | None = None,
    birth_date: date | None = None,
    sex: str | None = None,
    postcode: str | None = None,
    also: tuple[str, ...] = (),
) -> Traits:
    """The normal forms. A stand-in for a name (`Baby`, `Twin One`, `Unknown`) is no name."""
    firsts = words(given)
    if firsts and is_stand_in(given_name(given)):
        firsts = ()
    lasts = family_words(family)
    if lasts and is_stand_in(lasts):
        lasts = ()
    lasts_text = "".join(lasts)
    place = "" if _NO_PLACE.match(code(postcode)) else code(postcode)
    return Traits(
        given=firsts,
        family=lasts,
        given_text="".join(firsts),
        family_text=lasts_text,
        given_sound=sound(firsts[0]) if firsts else "",
        family_sound=sound(lasts_text) if lasts else "",
        given_full=frozenset(full_forms(firsts[0])) if firsts else frozenset(),
        birth=(birth_date.year, birth_date.month, birth_date.day) if birth_date else None,
        birth_text=f"{birth_date:%Y%m%d}" if birth_date else "",
        estimated=birth_date is not None and (birth_date.month, birth_date.day) == (1, 1),
        sex=_sex(sex),
        postcode=place,
        home=place if _WHOLE_POSTCODE.fullmatch(place) else "",
        written=(written(given) if firsts else (), written(family) if lasts else ()),
        also=also,
    )


def code(text: str | None) -> str:
    """Letters and digits alone: a postcode, a number, a reference."""
    return "".join(letter for letter in plain(text or "") if letter.isalnum())


def free_text(text: str | None) -> str:
    """Words with one blank between: an address, a place."""
    return " ".join(plain(text or "").replace(",", " ").split())


def _sex(text: str | None) -> str:
    """`m`, `f`, or empty for anything else: unknown and indeterminate say nothing."""
    first = plain(text or "").strip()[:1]
    return {"1": "m", "2": "f"}.get(first, first if first in ("m", "f") else "")
