"""Shapes of the HTTP API that are not on a topic: pages, problems, health."""

from typing import Generic, TypeVar

from schemas.base import Model
from schemas.instants import Instant

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
