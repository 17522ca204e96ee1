"""How each registered feed does, from the read model."""

from collections.abc import Mapping
from datetime import date

import orjson
from sqlalchemy import Connection, func, select

from hub.store.tables import alerts, dead_letters, messages


def last_received(connection: Connection) -> Mapping[str, int]:
    """By source, when its newest message was received, in microseconds since 1970."""
    columns = messages.c
    rows = connection.execute(select(columns.source, func.max(columns.at)).group_by(columns.source)).all()
    return {str(source): int(at) for source, at in rows}


def given_up(connection: Connection) -> Mapping[str, int]:
    """By source, how many dead letters are open."""
    columns = dead_letters.c
    still_open = select(columns.source, func.count()).where(columns.status == "open", columns.source.is_not(None))
    return {str(source): int(number) for source, number in connection.execute(still_open.group_by(columns.source))}


def silent(connection: Connection) -> Mapping[str, date]:
    """The sources that have been silent for longer than they may, and since when."""
    columns = alerts.c
    wanted = select(columns.body, columns.since).where(columns.threshold == "source-silent", columns.state == "open")
    return {orjson.loads(body)["about"]: since for body, since in connection.execute(wanted)}
