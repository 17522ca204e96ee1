"""Every refusal as application/problem+json (RFC 9457), without a value that was received."""

import math
from collections.abc import Mapping

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.platform.logs import place_of
from hub.stages.errors import Unavailable
from hub.store import SchemaMismatch
from schemas.api import FieldError, Problem

MEDIA_TYPE = "application/problem+json"
FIELD_LIMIT = 100
"""Longest field name repeated in an error: an unknown one is the client's text."""


def problem(
    status: int,
    title: str,
    detail: str | None = None,
    errors: tuple[FieldError, ...] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem as a response."""
    content = Problem(title=title, status=status, detail=detail, errors=errors)
    return Response(content.model_dump_json(), status, {"Cache-Control": "no-store", **(headers or {})}, MEDIA_TYPE)


class BadCursor(Exception):
    """The cursor is not one that this listing gave out for these filters."""


class Invalid(Exception):
    """What was sent does not fit; `errors` are fields and messages, without a value."""

    def __init__(self, errors: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(field for field, _ in errors))
        self.errors = errors


class Unknown(Exception):
    """What was asked for by its name is not known here. `detail` says what to do."""

    def __init__(self, title: str, detail: str) -> None:
        super().__init__(title)
        self.title = title
        self.detail = detail


def install(app: FastAPI) -> None:
    """Answer the exceptions that may arise with problems."""
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(BadCursor, _bad_cursor)
    app.add_exception_handler(Invalid, _unfit)
    app.add_exception_handler(Unknown, _unknown)
    app.add_exception_handler(Unavailable, _unavailable)
    app.add_exception_handler(SchemaMismatch, _mismatch)


class Unexpected:
    """ASGI middleware, the outermost: answers 500 for what nobody expected, and logs its place, nothing that it holds.

    The server would log its message and lines of code, and a message may repeat what was received.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on. An answer that has begun can't be taken back: the server breaks it off."""
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except Exception as error:
            if scope["type"] != "http":
                raise
            route = getattr(scope.get("route"), "path", "none")
            structlog.get_logger().error(
                "a request failed", route=route, error=type(error).__name__, at=place_of(error)
            )
            if not begun:
                answer = problem(500, "Something went wrong in the hub", "It is in the log of this process.")
                await answer(scope, receive, send)


def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = tuple(
        FieldError(
            field=".".join(str(part) for part in item["loc"][1:])[:FIELD_LIMIT],
            message=item["msg"].removeprefix("Value error, "),
        )
        for item in error.errors()
    )
    return problem(422, "Some parameters are wrong", errors=errors)


def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, error.detail, headers=error.headers)


def _bad_cursor(_request: Request, _error: Exception) -> Response:
    wrong = FieldError(field="cursor", message="not a cursor of this listing with these filters: begin at its start")
    return problem(422, "Some parameters are wrong", errors=(wrong,))


def _unfit(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Invalid)
    errors = tuple(FieldError(field=field[:FIELD_LIMIT], message=message) for field, message in error.errors)
    return problem(422, "What was sent does not fit", errors=errors)


def _unknown(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Unknown)
    return problem(400, error.title, error.detail)


def _unavailable(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Unavailable)
    return unavailable(error)


def unavailable(error: Unavailable) -> Response:
    """503, with when to ask again."""
    again = {"Retry-After": str(max(1, math.ceil(error.delay)))}
    return problem(503, "What this needs is away now", str(error), headers=again)


def _mismatch(_request: Request, error: Exception) -> Response:
    return problem(503, "The read model cannot be read now", str(error), headers={"Retry-After": "5"})
