"""Answers: JSON as it stands in the read model, with an ETag and the time that the data is of."""

import hashlib
from collections.abc import Mapping
from email.utils import format_datetime

import orjson
from fastapi import Request, Response

from hub.store.readmodel import instants

AS_OF = "Sendhub-Data-As-Of"
"""Response header: time of the newest record in the read model, as an HTTP date. Absent while there is none."""


def answer(request: Request, content: bytes, freshness: Mapping[str, int]) -> Response:
    """200 with the content, or 304 when the client has just that."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if known := instants(freshness):
        headers[AS_OF] = format_datetime(max(known.values()), usegmt=True)
    if tag in _held(request):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="application/json")


def moved(location: str, surviving: str, freshness: Mapping[str, int]) -> Response:
    """308: what is asked for is shown elsewhere. No ETag, and whatever the client holds: a copy of what once stood here
    is never current. It may be undone, so nobody may keep it unasked."""
    headers = {"Location": location, "Cache-Control": "private, no-cache"}
    if known := instants(freshness):
        headers[AS_OF] = format_datetime(max(known.values()), usegmt=True)
    return Response(orjson.dumps({"surviving": surviving}), 308, headers, "application/json")


def _held(request: Request) -> set[str]:
    listed = request.headers.get("if-none-match", "").split(",")
    return {tag.strip().removeprefix("W/") for tag in listed}
