"""The machine-readable description, exact: what FastAPI makes of the handlers, and what the gate answers first."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from hub.api.access.ways import API, Way
from hub.api.problems import MEDIA_TYPE

BEARER = "bearer"
NOT_CHANGED = {"description": "Not changed: `If-None-Match` names what would be answered"}
_REFUSALS = {
    400: "No feed and no child is of this area",
    401: "No token, or not one of ours",
    403: "The role may not do this",
    404: "There is none with this id, or it is not yours to see",
    411: "A body whose length is not said",
    413: "A body that is too large",
    422: "Wrong parameters or body",
    429: "Too often: `Retry-After` says when again",
    503: "What it needs is away: `Retry-After` says when to ask again",
}


def describe(app: FastAPI) -> None:
    """Make the application answer with the exact description."""

    def made() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _exact(get_openapi(title=app.title, version=app.version, routes=app.routes))
        return app.openapi_schema

    app.openapi = made  # type: ignore[method-assign]


ANSWERED_ANEW = frozenset({"/health", "/changes", "/decisions/{decision_id}"})
"""Paths whose answers have no tag: what they tell is always what is new."""


def _exact(made: dict[str, Any]) -> dict[str, Any]:
    ways = {(way.path, way.method.lower()): way for way in API}
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            _complete(operation, ways[path, method], has_id="{" in path)
    components = made.setdefault("components", {})
    components["securitySchemes"] = {BEARER: {"type": "http", "scheme": "bearer"}}
    unused = ("HTTPValidationError", "ValidationError")
    components["schemas"] = {name: each for name, each in components["schemas"].items() if name not in unused}
    return made


def _complete(operation: dict[str, Any], way: Way, *, has_id: bool) -> None:
    """With what is answered before the handler, and with refusals in their own media type."""
    operation["security"] = [{BEARER: []}]
    responses = operation["responses"]
    statuses = {401, 403, 422, 503} | ({404} if has_id else set()) | ({411, 413} if way.method == "POST" else set())
    if way.rate is not None:
        statuses.add(429)
    for status in sorted(statuses):
        if not _is_own(responses.get(str(status), {})):
            responses[str(status)] = _problem(_REFUSALS[status])
    for status, known in responses.items():
        if status[0] in "45" and not _is_own(known):
            responses[status] = _problem(_REFUSALS.get(int(status), known["description"]))
    has_json = "application/json" in responses.get("200", {}).get("content", {})
    if way.method == "GET" and has_json and way.path not in ANSWERED_ANEW:
        responses.setdefault("304", dict(NOT_CHANGED))
    operation["responses"] = dict(sorted(responses.items()))


def _is_own(response: dict[str, Any]) -> bool:
    """Whether a refusal has a shape of its own (`/health` says what is wrong)."""
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    return schema.get("$ref", "").rpartition("/")[2] not in ("", "Problem", "HTTPValidationError")


def _problem(words: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": words, "content": {MEDIA_TYPE: {"schema": schema}}}
