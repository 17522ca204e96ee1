"""Questions for people, as they stand in the read model: references and words. Looking and deciding is `reviewing`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import ColumnElement

from hub.api.access import Permission, Principal, asking
from hub.api.access.scope import slices
from hub.api.queries import ReviewQuery
from hub.api.reading import Reading
from hub.api.records import MISSING, Key
from hub.store import reader
from hub.store.reach import reviews_within
from schemas.api import Page
from schemas.reviews import ReviewTask


def questions(reading: Reading) -> APIRouter:
    """The paths of questions."""
    router = APIRouter()

    @router.get("/reviews", response_model=Page[ReviewTask], summary="Questions for people, newest first")
    def listed(request: Request, query: Annotated[ReviewQuery, Query()]) -> Response:
        return reading.page(request, reader.REVIEWS, query, asked_of(reading, asking(request)))

    @router.get("/reviews/{task_id}", response_model=ReviewTask, responses=MISSING, summary="One question")
    def one(request: Request, task_id: Key) -> Response:
        return reading.one(request, reader.REVIEWS, task_id, asked_of(reading, asking(request)))

    return router


def asked_of(reading: Reading, who: Principal, permission: Permission = "review.read") -> list[ColumnElement[bool]]:
    """Which questions are somebody's by a permission: to see, unless another is asked about."""
    known = reading.asking_sources_of(who, permission)
    return reviews_within(slices(who, permission), known or ())
