"""What casework says, as records: each names what caused it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson

from hub.core.alerts.silence import Saying
from hub.core.casework.changes import Change
from hub.core.casework.memory import digest_of
from hub.core.facts.fact import Fact
from hub.stages.stage import Headers, Output, Record
from schemas.ids import digest
from schemas.instants import EPOCH
from schemas.topics import ALERTS, CHILDREN, DEADLINES, REVIEW

MOST_CAUSES = 10
"""How many ids of causes an output names."""


class Cause:
    """What caused outputs: ids, and when the first of them was received."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.received_at: int | None = None

    @classmethod
    def of_day(cls, day: date) -> "Cause":
        """That a day was reached."""
        cause = cls()
        cause.ids.append(digest("day.reached", day))
        return cause

    @classmethod
    def of_saying(cls, saying: Saying, record: Record) -> "Cause":
        """What was said of a source."""
        cause = cls()
        named = dict(record.headers).get("id")
        cause.ids.append(named.decode() if named else digest("source", saying.source, saying.silent, saying.at))
        return cause

    def add(self, fact: Fact, record: Record) -> None:
        """One more fact, which came in this record."""
        if self.received_at is None or fact.received_at < self.received_at:
            self.received_at = fact.received_at
        named = dict(record.headers).get("id")
        id_ = named.decode() if named else digest(*fact.key, fact.version)
        if id_ not in self.ids and len(self.ids) < MOST_CAUSES:
            self.ids.append(id_)

    def headers(self, *content: object) -> Headers:
        """The headers of an output that holds this: its id is the same for the same content and causes."""
        causes = ",".join(self.ids)
        named = (("id", digest(*content, causes).encode()), ("causes", causes.encode()))
        return named if self.received_at is None else (*named, ("received_at", _instant(self.received_at)))


def alert_output(about: str, alert: dict[str, Any], cause: Cause) -> Output:
    """An alert about something that is no child's."""
    value = orjson.dumps(alert)
    return Output(ALERTS.name, about.encode(), value, cause.headers(ALERTS.name, about, digest_of(value)))


def output_of(child_id: str, change: Change, cause: Cause) -> Output:
    """What changed for a child."""
    topic, key = {
        "child": (CHILDREN.name, child_id),
        "deadline": (DEADLINES.name, f"{child_id}|{change.key}"),
        "alert": (ALERTS.name, child_id),
        "task": (REVIEW.name, change.key),
    }[change.kind]
    headers = cause.headers(topic, key, digest_of(change.value or b""))
    return Output(topic, key.encode(), change.value, headers)


def _instant(micros: int) -> bytes:
    instant: datetime = EPOCH.astimezone(UTC) + timedelta(microseconds=micros)
    return instant.isoformat().replace("+00:00", "Z").encode()
