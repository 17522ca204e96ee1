"""The search as NHS England advises it for use without a person watching.

The first three letters of the given name and `*`, the whole family name, the date of birth, the first two characters of
the postcode and `*`; not fuzzy, with history; no gender.
"""

from connectors.nhs.pds.port import Sought

Query = tuple[tuple[str, str], ...]

_GIVEN, _POSTCODE = 3, 2


def query_of(sought: Sought) -> Query:
    """The parameters of `GET /Patient`. Several results are never asked for: that is refused (403)."""
    begins = _first_word(sought.given)[:_GIVEN]
    place = "".join((sought.postcode or "").split())[:_POSTCODE].upper()
    return (
        ("given", f"{begins}*"),
        ("family", " ".join(sought.family.split())),
        ("birthdate", f"eq{sought.birth_date.isoformat()}"),
        *([("address-postalcode", f"{place}*")] if len(place) == _POSTCODE else []),
        ("_fuzzy-match", "false"),
        ("_exact-match", "false"),
        ("_history", "true"),
    )


def _first_word(given: str) -> str:
    return (given.split() or [""])[0]
