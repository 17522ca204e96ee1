"""What part of the read model somebody's roles reach, as conditions on deadlines; without a role, nothing."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, false, or_, select, true

from hub.store.reader import withheld
from hub.store.tables import children, deadlines

HEALTH_ROLES = ("icb", "trust", "nhs-england")
"""The roles of bodies that give health advice, for which a designated officer answers (Code 3.45-3.48)."""


class Slice(NamedTuple):
    """The deadlines that one role reaches: those that fit all of these, None being everything.

    `areas` are DfE codes, `services` as deadlines name them (advice that names none stands under its heading), `roles`
    and `bodies` of the body that must act. `whole`: the child's whole record is within it, not these deadlines alone.
    """

    areas: frozenset[str] | None = frozenset()
    services: frozenset[str] | None = None
    roles: frozenset[str] | None = None
    bodies: frozenset[str] | None = None
    whole: bool = False


def within(slices: Iterable[Slice]) -> ColumnElement[bool]:
    """The condition that a deadline is within one of them."""
    return or_(false(), *map(_within, slices))


def reaches(connection: Connection, child_id: str, slices: Sequence[Slice], *, named: bool) -> bool:
    """Whether a child, where there is one of that id, is within one of them: by its area where a role reaches all of an
    area, else by one of its deadlines. A restricted one is for `named` people alone."""
    column = children.c
    found = connection.execute(select(column.area, column.restricted).where(column.key == child_id)).first()
    if found is None or (found.restricted and not named):
        return False
    if any(each.whole and (each.areas is None or found.area in each.areas) for each in slices):
        return True
    of_child = select(deadlines.c.key).where(deadlines.c.child_id == child_id, within(slices)).limit(1)
    return connection.scalar(of_child) is not None


def reached(connection: Connection, child_ids: Iterable[str], slices: Sequence[Slice], *, named: bool) -> set[str]:
    """Of several children those that are within."""
    return {each for each in dict.fromkeys(child_ids) if reaches(connection, each, slices, named=named)}


def unrestricted() -> ColumnElement[bool]:
    """The condition that a deadline's child is not restricted, nor was merged into one that is."""
    return deadlines.c.child_id.not_in(withheld())


def _within(part: Slice) -> ColumnElement[bool]:
    column = deadlines.c
    limits = (
        (column.area, part.areas),
        (column.service, part.services),
        (column.role, part.roles),
        (column.ods, part.bodies),
    )
    return and_(true(), *(each.in_(sorted(kept)) for each, kept in limits if kept is not None))
