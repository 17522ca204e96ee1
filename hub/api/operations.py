"""What operating the hub needs to see: sources, messages and dead letters, by ids and references alone."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import ColumnElement, Connection, false

from hub.api.access import asking
from hub.api.answers import answer
from hub.api.messages import letters_of_feeds, of_feeds, restricted_among
from hub.api.queries import DeadLetterQuery, MessageQuery
from hub.api.reading import Reading
from hub.api.records import MISSING, Key
from hub.api.shapes import FollowedMessage, SourceHealth
from hub.store import feeds, messages, reader
from schemas.api import Page
from schemas.deadletters import TrackedLetter
from schemas.sources import Source
from schemas.trail import Receipt


def operations(reading: Reading) -> APIRouter:
    """The paths of sources, messages and dead letters."""
    router = APIRouter()
    _add_sources(router, reading)
    _add_messages(router, reading)
    _add_letters(router, reading)
    return router


def _add_sources(router: APIRouter, reading: Reading) -> None:
    @router.get("/sources", response_model=Page[SourceHealth], summary="Registered feeds, and how each does")
    def sources(request: Request) -> Response:
        known = reading.sources_of(asking(request), "source.read")
        registered = [each for each in reading.sources.sources if known is None or each.id in known]
        with reading.model.connection() as connection:
            found = Page[SourceHealth](items=source_health(connection, registered))
            fresh = reader.freshness(connection)
        return answer(request, found.model_dump_json().encode(), fresh)


def _add_messages(router: APIRouter, reading: Reading) -> None:
    def of_sources(request: Request) -> list[ColumnElement[bool]]:
        return of_feeds(reading, asking(request), "message.read")

    @router.get("/messages", response_model=Page[Receipt], summary="What connectors received, newest first")
    def listed(request: Request, query: Annotated[MessageQuery, Query()]) -> Response:
        where = [*messages.conditions(query.outcome, query.child_id), *of_sources(request)]
        if query.child_id is not None:
            with reading.model.connection() as connection:
                hidden = restricted_among(connection, [query.child_id], asking(request))
            where += [false()] if hidden else []
        return reading.page(request, messages.MESSAGES, query, where)

    @router.get(
        "/messages/{message_id}",
        response_model=FollowedMessage,
        responses=MISSING,
        summary="One message through every stage",
    )
    def one(request: Request, message_id: Key) -> Response:
        with reading.model.connection() as connection:
            body = reader.body(connection, messages.MESSAGES, message_id, where=of_sources(request))
            there = body is not None or reader.body(connection, messages.MESSAGES, message_id) is not None
            found = messages.followed(connection, message_id)
            children = messages.children_of(found.steps) if found is not None else ()
            hidden = restricted_among(connection, children, asking(request))
            fresh = reader.freshness(connection)
        if body is None or found is None:
            raise reading.missing(asking(request), message_id, there=there)
        told = (step for step in found.steps if hidden.isdisjoint(messages.children_of((step,))))
        steps, given_up = ",".join(told), ",".join(found.letters)
        content = f'{{"receipt":{found.receipt},"steps":[{steps}],"dead_letters":[{given_up}]}}'
        return answer(request, content.encode(), fresh)


def _add_letters(router: APIRouter, reading: Reading) -> None:
    def of_sources(request: Request) -> list[ColumnElement[bool]]:
        return letters_of_feeds(reading, asking(request), "letter.read")

    @router.get("/dead-letters", response_model=Page[TrackedLetter], summary="What was given up and why, newest first")
    def listed(request: Request, query: Annotated[DeadLetterQuery, Query()]) -> Response:
        return reading.page(request, reader.DEAD_LETTERS, query, of_sources(request))

    @router.get("/dead-letters/{letter_id}", response_model=TrackedLetter, responses=MISSING, summary="One of them")
    def one(request: Request, letter_id: Key) -> Response:
        return reading.one(request, reader.DEAD_LETTERS, letter_id, of_sources(request))


def source_health(connection: Connection, registered: list[Source]) -> tuple[SourceHealth, ...]:
    """How these feeds do."""
    heard, silent, given_up = feeds.last_received(connection), feeds.silent(connection), feeds.given_up(connection)
    return tuple(
        SourceHealth(
            id=each.id,
            kind=each.kind,
            area=each.area,
            live_from=each.live_from,
            silent_after=each.silent_after,
            last_received_at=datetime.fromtimestamp(heard[each.id] / 1e6, UTC) if each.id in heard else None,
            silent_since=silent.get(each.id),
            dead_letters=given_up.get(each.id, 0),
        )
        for each in registered
    )
