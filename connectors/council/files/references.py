"""Ids of rows: a case reference is used as it is, any other key only as a keyed hash.

A record's id goes right of identity and is shown to staff, so it must never be a person's identifier or name.
"""

import re
from collections.abc import Iterable
from datetime import date

from schemas.ids import keyed_digest

LONGEST = 40
_TEN_DIGITS = re.compile(r"\d{10}")
_UPN = re.compile(r"[A-Z]\d{11}[0-9A-Z]")
_WORD = re.compile(r"[^\W\d_]{3,}")


def reference_problem(text: str, names: Iterable[str] = (), birth_date: date | None = None) -> str | None:
    """Why a text cannot be a case reference, or None when it can. The answer never repeats the text.

    Any ten digits are refused, valid or not: a mistyped NHS number is still somebody's.
    """
    bare = re.sub(r"[\s-]", "", text).upper()
    if len(text) > LONGEST or not text.isprintable():
        return f"not a case reference: over {LONGEST} characters or unprintable"
    if _TEN_DIGITS.fullmatch(bare):
        return "not a case reference: ten digits may be an NHS number or a ULN"
    if _UPN.fullmatch(bare):
        return "not a case reference: it has the form of a UPN"
    if not any(letter.isdigit() for letter in text):
        return "not a case reference: without a digit it may be a name"
    if _words(text) & {word for name in names for word in _words(name)}:
        return "not a case reference: it holds the person's name"
    if birth_date and any(birth_date.strftime(form) in bare for form in ("%Y%m%d", "%d%m%Y", "%d/%m/%Y")):
        return "not a case reference: it holds the date of birth"
    return None


def hashed_id(key: bytes, source: str, what: str, *parts: object) -> str:
    """The keyed hash that stands for a key of `source` that is no case reference. `what` keeps kinds of keys apart."""
    return keyed_digest(key, source, what, *parts)


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text)}
