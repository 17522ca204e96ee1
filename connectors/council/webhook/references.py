"""References go right of identity and are shown to staff: none may be a person's number or name."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from stdnum.gb import nhs, upn

_UPN_FORM = re.compile(r"[A-HJ-NP-RT-Z]\d{11}[0-9A-HJ-NP-RT-Z]")
_NUMBERS = ("nhs_number", "upn", "uln")
_OWN = "is the person's own number or name: give the system's own reference"


def reference_errors(event: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is wrong with an event's references, as (field, message). Takes any JSON object, valid or not."""
    found = []
    for field, text in _references(event):
        problem = _problem(text) or (_OWN if _is_person(text, event.get("person")) else None)
        if problem:
            found.append((field, problem))
    return found


def _references(event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The record, the occurrence, the subject's ids and the case reference, where they are texts."""
    subject, data = event.get("subject"), event.get("data")
    fields = {
        "record": event.get("record"),
        "occurrence": event.get("occurrence"),
        **{f"subject.{name}": text for name, text in (subject if isinstance(subject, dict) else {}).items()},
        "data.case_reference": data.get("case_reference") if isinstance(data, dict) else None,
    }
    return ((field, text) for field, text in fields.items() if isinstance(text, str) and text)


def _problem(text: str) -> str | None:
    bare = re.sub(r"[\s-]", "", text).upper()
    if not text.isprintable():
        return "holds a control character"
    if nhs.is_valid(bare):
        return "is a valid NHS number: give the system's own reference"
    # Not upn.is_valid: its list of authorities lacks the newer ones.
    if _UPN_FORM.fullmatch(bare) and upn.calc_check_digit(bare[1:]) == bare[0]:
        return "is a valid UPN: give the system's own reference"
    return None


def _is_person(text: str, person: object) -> bool:
    """Whether the text is one of the person's numbers, valid or not, or made of their names (initials allowed)."""
    if not isinstance(person, dict):
        return False
    if _plain(text) in {_plain(number) for name in _NUMBERS if (number := person.get(name))}:
        return True
    names = {word for name in ("given", "family") for word in _words(person.get(name))}
    words = _words(text)
    whole = [word for word in words if word in names]
    rest = [word for word in words if word not in names]
    return bool(whole) and (len(set(whole)) > 1 or all(len(word) == 1 and word.isalpha() for word in rest))


def _words(text: object) -> list[str]:
    return re.findall(r"[^\W\d_]+|\d+", text.casefold()) if isinstance(text, str) else []


def _plain(text: object) -> str:
    return "".join(letter for letter in str(text).casefold() if letter.isalnum())
