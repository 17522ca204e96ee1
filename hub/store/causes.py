"""Dead letters by what they have in common: one stage gave them up in one step for one reason."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from hub.store.tables import dead_letters


class Cause(NamedTuple):
    """How many were given up for one reason. `fixed` were replayed or resolved since; of those that are open so many
    `came_back` from a replay. `sources` is how many feeds they are of, `first_at` and `last_at` are microseconds since
    1970; `body` is one of them."""

    key: str
    open: int
    fixed: int
    came_back: int
    sources: int
    first_at: int
    last_at: int
    body: str


def causes(
    connection: Connection, limit: int, *, still_open: bool, where: Sequence[ColumnElement[bool]] = ()
) -> list[Cause]:
    """The causes with most open letters first; `still_open`: only those with any, else only those without."""
    column = dead_letters.c
    is_open, returns_as = column.status == "open", dead_letters.alias("replayed").c.returns_as
    back = and_(is_open, column.key.in_(select(returns_as).where(returns_as.is_not(None))))
    opened = func.sum(case((is_open, 1), else_=0))
    grouped = (
        select(
            column.cause,
            opened,
            func.sum(case((or_(is_open, column.returns_as.is_not(None)), 0), else_=1)),
            func.sum(case((back, 1), else_=0)),
            func.count(column.source.distinct()),
            func.min(column.at),
            func.max(column.at),
            func.max(column.key),
        )
        .where(*where)
        .group_by(column.cause)
        .having(opened > 0 if still_open else opened == 0)
        .order_by(opened.desc(), func.max(column.at).desc(), column.cause)
        .limit(limit)
    )
    rows = connection.execute(grouped).all()
    some = select(column.key, column.body).where(column.key.in_([row[-1] for row in rows]))
    bodies: dict[str, str] = {each.key: each.body for each in connection.execute(some)}
    return [
        Cause(key, int(number), int(fixed), int(returned), int(sources), int(first), int(last), bodies[one])
        for key, number, fixed, returned, sources, first, last, one in rows
    ]


def cause(connection: Connection, key: str, where: Sequence[ColumnElement[bool]] = ()) -> Cause | None:
    """One of them, with or without open letters; None where there is none."""
    only = [*where, dead_letters.c.cause == key]
    found = causes(connection, 1, still_open=True, where=only) or causes(connection, 1, still_open=False, where=only)
    return found[0] if found else None
