"""A module's row out of the cells of a file."""

from collections.abc import Mapping

from hub.core.sen2 import cells
from hub.core.sen2.errors import Problem
from hub.core.sen2.rows import ASSESSMENT_FIELDS, REQUEST_FIELDS, Assessment, Field, Request, Value

Cells = Mapping[str, str]
"""Text by the field's column."""


def request(found: Cells, told: frozenset[str], place: str, problems: list[Problem]) -> Request | None:
    """A row of module 2, or None with what is wrong added to the problems. Fields not `told` are unknown."""
    values = _values(found, REQUEST_FIELDS, ("ReceivedDate", "RequestOutcome"), place, problems)
    return None if values is None else Request(**values, unknown=_unknown(REQUEST_FIELDS, told))  # type: ignore[arg-type]


def assessment(found: Cells, told: frozenset[str], place: str, problems: list[Problem]) -> Assessment | None:
    """A row of module 3."""
    values = _values(found, ASSESSMENT_FIELDS, ("AssessmentOutcome",), place, problems)
    return None if values is None else Assessment(**values, unknown=_unknown(ASSESSMENT_FIELDS, told))  # type: ignore[arg-type]


def _values(
    found: Cells, fields: tuple[Field, ...], needed: tuple[str, ...], place: str, problems: list[Problem]
) -> dict[str, Value] | None:
    values: dict[str, Value] = {}
    before = len(problems)
    for field in fields:
        try:
            values[field.attribute] = cells.read(found.get(field.column, ""), field)
        except ValueError as error:
            problems.append(Problem(place, field.name, str(error)))
            continue
        if field.name in needed and values[field.attribute] is None:
            problems.append(Problem(place, field.name, "blank, which it may not be"))
    return values if len(problems) == before else None


def _unknown(fields: tuple[Field, ...], told: frozenset[str]) -> frozenset[str]:
    return frozenset(field.name for field in fields if field.column not in told)
