"""Counts over the read model, for metrics. Nothing here grows with the number of children.

Who is restricted is left out of counts by area, service or age: they may be small.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from hub.core.measures.ages import CASE_BANDS
from hub.store.tables import alerts, children, dead_letters, deadlines, reviews

Counts = dict[tuple[str, ...], int]
"""By label values; a value that is not known is `unknown`."""

UNKNOWN = "unknown"
TASK_BANDS: dict[str, int] = {"0-1": 1, "1-7": 7, "7-28": 28, "28+": 0}
"""How long review tasks have been open, in days: the name of a band, and its last day; the last band has none."""


def deadlines_by_clock(connection: Connection) -> Counts:
    """Deadlines by clock and state."""
    return _count(connection, [deadlines.c.clock, deadlines.c.state])


def advice_by_service(connection: Connection) -> Counts:
    """Deadlines for advice by service (by heading where none is named), area and state."""
    columns = [deadlines.c.service, deadlines.c.area, deadlines.c.state]
    withheld = select(children.c.key).where(children.c.restricted)
    seen = and_(deadlines.c.clock == "advice-6w", deadlines.c.child_id.not_in(withheld))
    return _count(connection, columns, seen)


def open_cases_by_age(connection: Connection, today: date) -> Counts:
    """Children with an open case by area and weeks since receipt: every band of every area, also the empty ones."""
    received = children.c.received_on
    limits = [(received >= today - timedelta(weeks=weeks), band) for weeks, band in CASE_BANDS.limits]
    band = case((received.is_(None), UNKNOWN), *limits, else_=CASE_BANDS.beyond)
    found = _count(connection, [children.c.area, band], and_(children.c.is_open, ~children.c.restricted))
    return {(area, name): 0 for area, _ in found for name in CASE_BANDS.names} | found


def alerts_open(connection: Connection) -> Counts:
    """Open alerts by threshold."""
    return _count(connection, [alerts.c.threshold], alerts.c.state == "open")


def reviews_open(connection: Connection, today: date) -> Counts:
    """Open review tasks by question and days since they were asked, in TASK_BANDS."""
    *limits, (oldest, _) = TASK_BANDS.items()
    fits = [(reviews.c.opened_on >= today - timedelta(days=days), band) for band, days in limits]
    return _count(connection, [reviews.c.question, case(*fits, else_=oldest)], reviews.c.state == "open")


def dead_letters_held(connection: Connection) -> Counts:
    """Open dead letters by stage."""
    return _count(connection, [dead_letters.c.stage], dead_letters.c.status == "open")


def _count(
    connection: Connection, columns: Sequence[ColumnElement[Any]], where: ColumnElement[bool] | None = None
) -> Counts:
    # Grouped outside: PostgreSQL does not see that an expression with parameters is the same one twice.
    wanted = select(*(column.label(f"label_{number}") for number, column in enumerate(columns)))
    labels = (wanted if where is None else wanted.where(where)).subquery()
    rows = connection.execute(select(*labels.c, func.count()).group_by(*labels.c)).all()
    return {tuple(str(value or UNKNOWN) for value in row[:-1]): int(row[-1]) for row in rows}
