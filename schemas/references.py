"""What of a statement goes right of identity is seen by staff and kept for ever: none of it may be a person's own.

References (record, occurrence, subject, case reference) and the few free texts of `data` are refused when they are, or
hold, a person's number, name, postcode or date of birth. Which child it is stays for the identity stage to say.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from stdnum.gb import nhs, upn

from schemas.statements import Subject

FREE_TEXTS = frozenset(Subject.model_fields) | {
    "about",
    "answers",
    "appointment",
    "case_reference",
    "claim",
    "from",
    "ods",
    "part_of",
    "reason",
    "setting",
    "source",
    "to",
    "to_area",
    "urn",
}
"""Fields of `data` that a source fills in its own words or with its own ids; the others are codes, dates, numbers."""

_UPN_FORM = re.compile(r"[A-HJ-NP-RT-Z]\d{11}[0-9A-HJ-NP-RT-Z]")
_DIGEST = re.compile(r"[0-9a-f]{24}")
_NUMBERS = ("nhs_number", "upn", "uln")
_LEAST_DIGITS = 8
"""A number is looked for inside a longer text from this many digits on; a shorter one may stand there by chance."""
_LEAST_POSTCODE = 5
_OWN = "is the person's own number or name: give the system's own reference"
_HOLDS = "holds the person's own number, postcode or date of birth: give the system's own reference"


def personal_errors(event: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is personal in an event as (field, message), without values. Takes any JSON object, valid or not."""
    references = {"record": event.get("record"), "occurrence": event.get("occurrence")}
    person = event.get("person")
    found = [*_texts(references), *_texts(event.get("subject"), "subject")]
    errors = [(path, what) for path, text in found if text and (what := reference_problem(text, person))]
    return errors + personal_data_errors(event.get("data"), person)


def personal_data_errors(data: object, person: object) -> list[tuple[str, str]]:
    """The same of a statement's data alone, as ("data.<field>", message)."""
    errors = []
    for path, text in _texts(data, "data"):
        free = not FREE_TEXTS.isdisjoint(path.split("."))
        if what := reference_problem(text, person) if free else _number_problem(text):
            errors.append((path, what))
    return errors


def reference_problem(text: str, person: object = None) -> str | None:
    """Why a text may not go right of identity, or None. `person` is a Person as JSON, or anything else."""
    if not text.isprintable():
        return "holds a control character"
    if _DIGEST.fullmatch(text):
        return None
    if isinstance(person, dict):
        if _is_own(text, person):
            return _OWN
        if _holds_own(_plain(text), person):
            return _HOLDS
    return _number_problem(text)


def _number_problem(text: str) -> str | None:
    """A number of anybody's, alone or as the id in `source/id`."""
    bare = re.sub(r"[\s-]", "", text.rpartition("/")[2]).upper()
    if nhs.is_valid(bare):
        return "is a valid NHS number: give the system's own reference"
    # Not upn.is_valid: its list of authorities lacks the newer ones.
    if _UPN_FORM.fullmatch(bare) and upn.calc_check_digit(bare[1:]) == bare[0]:
        return "is a valid UPN: give the system's own reference"
    return None


def _texts(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Each text by its dotted path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _texts(each, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from _texts(each, f"{path}.{index}")


def _is_own(text: str, person: Mapping[str, Any]) -> bool:
    """Whether the text is one of the person's numbers, valid or not, or made of their names (initials allowed)."""
    if _plain(text) in {_plain(number) for name in _NUMBERS if (number := person.get(name))}:
        return True
    names = {word for name in ("given", "family") for word in _words(person.get(name))}
    words = _words(text)
    whole = [word for word in words if word in names]
    rest = [word for word in words if word not in names]
    return bool(whole) and (len(set(whole)) > 1 or all(len(word) == 1 and word.isalpha() for word in rest))


def _holds_own(plain: str, person: Mapping[str, Any]) -> bool:
    numbers = [_plain(person.get(name) or "") for name in _NUMBERS]
    sought = [number for number in numbers if sum(letter.isdigit() for letter in number) >= _LEAST_DIGITS]
    postcode = _plain(person.get("postcode") or "")
    if len(postcode) >= _LEAST_POSTCODE:
        sought.append(postcode)
    return any(each in plain for each in [*sought, *_born(person.get("birth_date"))])


def _born(value: object) -> list[str]:
    try:
        born = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return []
    return [born.strftime("%Y%m%d"), born.strftime("%d%m%Y")] if born else []


def _words(text: object) -> list[str]:
    return re.findall(r"[^\W\d_]+|\d+", text.casefold()) if isinstance(text, str) else []


def _plain(text: object) -> str:
    return "".join(letter for letter in str(text).casefold() if letter.isalnum())
