"""What part of the read model somebody's roles reach, as conditions on deadlines; without a role, nothing."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, and_, exists, false, not_, or_, select, true

from hub.store.reader import withheld
from hub.store.tables import alerts, children, deadlines, reviews

GATHERED = (
    "due-soon", "overdue", "likely-late", "exempt-still-open", "heading-open", "date-moved-back",
    "exemption-not-valid",
)  # fmt: skip
"""The thresholds of which one alert may tell of several limits, without saying of which."""

HEALTH_ROLES = ("icb", "trust", "nhs-england")
"""The roles of bodies that give health advice, for which a designated officer answers (Code 3.45-3.48)."""


class Slice(NamedTuple):
    """The deadlines that one role reaches: those that fit all of these, None being everything.

    `areas` are DfE codes, `services` as deadlines name them (advice that names none stands under its heading), `roles`
    and `bodies` of the body that must act. `whole`: the child's whole record is within it, not these deadlines alone.
    `clocks` begin the names of clocks that are not within, `headings` are those that are not, `thresholds` those of
    alerts that are not. `audiences` are whose alerts are; one that ends in `:*` stands for all that begin so.
    """

    areas: frozenset[str] | None = frozenset()
    services: frozenset[str] | None = None
    roles: frozenset[str] | None = None
    bodies: frozenset[str] | None = None
    whole: bool = False
    clocks: frozenset[str] = frozenset()
    headings: frozenset[str] = frozenset()
    thresholds: frozenset[str] = frozenset()
    audiences: frozenset[str] | None = None

    @property
    def everything(self) -> bool:
        """Whether every deadline is within."""
        return self.areas is None and self.whole and not (self.clocks or self.headings or self.thresholds)


def within(slices: Iterable[Slice]) -> ColumnElement[bool]:
    """The condition that a deadline is within one of them."""
    return or_(false(), *map(_within, slices))


def reached(connection: Connection, child_ids: Iterable[str], slices: Sequence[Slice], *, named: bool) -> set[str]:
    """Of several children those within one of them, in two questions: by their area where a role reaches whole records,
    else by one of their deadlines. Restricted ones are for `named` people alone."""
    wanted = sorted(set(child_ids))
    column = children.c
    there = select(column.key).where(column.key.in_(wanted), true() if named else ~column.restricted)
    whole = or_(false(), *(_in(column.area, each.areas) for each in slices if each.whole))
    found = set(connection.scalars(there.where(whole)))
    parts = [each for each in slices if not each.whole]
    if parts and len(found) < len(wanted):
        of_child = deadlines.c.child_id
        of_parts = select(of_child).where(of_child.in_(wanted), _stands(), within(parts)).distinct()
        found |= set(connection.scalars(there.where(column.key.in_(of_parts))))
    return found


def reaches(connection: Connection, child_id: str, slices: Sequence[Slice], *, named: bool) -> bool:
    """The same of one child; not where there is none of that id."""
    return bool(reached(connection, [child_id], slices, named=named))


def unrestricted() -> ColumnElement[bool]:
    """The condition that a deadline's child is not restricted, nor was merged into one that is."""
    return deadlines.c.child_id.not_in(withheld())


def deadlines_within(slices: Iterable[Slice]) -> list[ColumnElement[bool]]:
    """The conditions on deadlines; none, where everything is within."""
    kept = tuple(slices)
    return [] if any(each.everything for each in kept) else [within(kept)]


def children_within(slices: Iterable[Slice]) -> list[ColumnElement[bool]]:
    """The conditions on children: by area where a role reaches whole records, else by what was asked for them."""
    kept = tuple(slices)
    areas = whole_areas(kept)
    if areas is None:
        return []
    narrow = [each for each in kept if not each.whole]
    of_asked = select(deadlines.c.child_id).where(_stands(), within(narrow))
    asked = [children.c.key.in_(of_asked)] if narrow else []
    return [or_(children.c.area.in_(sorted(areas)), *asked)]


def alerts_within(slices: Iterable[Slice]) -> list[ColumnElement[bool]]:
    """The conditions on alerts: of the areas, for the audiences, and about no deadline that is not within."""
    kept = tuple(slices)
    return [] if any(each.everything for each in kept) else [or_(false(), *map(_alerts_within, kept))]


def reviews_within(slices: Iterable[Slice], sources: Iterable[str]) -> list[ColumnElement[bool]]:
    """The conditions on questions: by the child's area; one about no child by its source, of which those are given."""
    areas = whole_areas(slices)
    if areas is None:
        return []
    of_area = select(children.c.key).where(children.c.area.in_(sorted(areas)))
    column = reviews.c
    of_source = and_(column.child_id.is_(None), column.source.in_(sorted(sources)))
    return [or_(column.child_id.in_(of_area), of_source)]


def whole_areas(slices: Iterable[Slice]) -> frozenset[str] | None:
    """The areas of which whole records are within; None for every one."""
    found = [each.areas for each in slices if each.whole]
    if None in found:
        return None
    return frozenset(area for areas in found if areas is not None for area in areas)


def _alerts_within(part: Slice) -> ColumnElement[bool]:
    column = alerts.c
    limits: list[ColumnElement[bool]] = [true()]
    if part.areas is not None:
        limits.append(column.area.in_(sorted(part.areas)))
    if part.audiences is not None:
        limits.append(or_(false(), *(_is_for(audience) for audience in sorted(part.audiences))))
    if part.thresholds:
        limits.append(column.threshold.not_in(sorted(part.thresholds)))
    if part.whole and part.headings:
        # It may rest on what is hidden alone. Each limit is told to its service by itself.
        limits.append(or_(column.deadline.is_not(None), column.threshold.not_in(GATHERED)))
    if not part.whole or part.clocks or part.headings:
        key = column.child_id + "|" + column.deadline
        own = select(deadlines.c.child_id).where(_stands(), _within(part))
        of_none = column.deadline.is_(None) if part.whole else and_(column.deadline.is_(None), column.child_id.in_(own))
        limits.append(or_(of_none, exists().where(deadlines.c.key == key, _within(part))))
    return and_(*limits)


def _is_for(audience: str) -> ColumnElement[bool]:
    column = alerts.c.audience
    return column.startswith(audience[:-1], autoescape=True) if audience.endswith(":*") else column == audience


def _stands() -> ColumnElement[bool]:
    """The condition that a deadline reaches its child: what was asked by mistake, or taken back, is none for ever."""
    return deadlines.c.state != "void"


def _within(part: Slice) -> ColumnElement[bool]:
    column = deadlines.c
    limits = (
        (column.area, part.areas),
        (column.service, part.services),
        (column.role, part.roles),
        (column.ods, part.bodies),
    )
    found = [_in(each, kept) for each, kept in limits]
    found += [not_(column.clock.startswith(begin, autoescape=True)) for begin in sorted(part.clocks)]
    if part.headings:
        found.append(or_(column.heading.is_(None), column.heading.not_in(sorted(part.headings))))
    return and_(true(), *found)


def _in(column: Column[Any], kept: frozenset[str] | None) -> ColumnElement[bool]:
    return true() if kept is None else column.in_(sorted(kept))
