"""Shapes of the HTTP API that are not on a topic: pages, problems, health."""

from typing import Generic, Literal, TypeVar

from schemas.alerts import Alert
from schemas.base import Model
from schemas.deadlines import Deadline
from schemas.instants import Instant
from schemas.records import ChildRecord, ChildTurned, Withheld

Item = TypeVar("Item")


class Page(Model, Generic[Item]):
    """One page. `next` is the cursor of the following page, null on the last; it is opaque."""

    items: tuple[Item, ...]
    next: str | None = None


class FieldError(Model):
    """What is wrong with one field. Never repeats the value received."""

    field: str
    message: str


class Problem(Model):
    """An RFC 9457 problem, as application/problem+json; `errors` lists every field that is wrong."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str | None = None
    errors: tuple[FieldError, ...] = ()


class ReadModelHealth(Model):
    """Whether the read model can be read and, by topic, the time of the newest record in it."""

    ready: bool
    problems: dict[str, str]
    data_as_of: dict[str, Instant]


class Change(Model):
    """What a row is now: of `hub.children` (its key the child's id), `hub.deadlines` or `hub.alerts` (the child's id
    and its own, with `|` between). `value` is as on the topic; null: it is gone, or not the reader's to see any more.
    """

    topic: Literal["hub.children", "hub.deadlines", "hub.alerts"]
    key: str
    value: ChildRecord | ChildTurned | Withheld | Deadline | Alert | None


class Changes(Model):
    """What has changed since a place, each row once, as it is now. `next` is the place to go on from; with `more` at
    once."""

    changes: tuple[Change, ...]
    next: str
    more: bool
