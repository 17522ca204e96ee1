"""The HTTP endpoints: `POST /$process-message`, `GET /metadata`, and a clear no for the rest of BaRS."""

from collections.abc import Callable
from dataclasses import dataclass, field

import orjson
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.nhs.bars.callers import Callers
from connectors.nhs.bars.capability import capability
from connectors.nhs.bars.exchange import MEDIA_TYPE, check_accept, echoed, read_ids
from connectors.nhs.bars.judge import Refused
from connectors.nhs.bars.outcome import REC, outcome, plain_outcome
from connectors.nhs.bars.receiver import Receiver, Reply
from connectors.sdk.counts import UNKNOWN_SOURCE, Counts
from connectors.sdk.http import Gate, Refusal, check_media_type, read_body, where
from hub.platform.pausing import never

CONNECTOR = "bars"
NOT_BUILT = (
    "MessageDefinition",
    "ServiceRequest",
    "Appointment",
    "Slot",
    "DocumentReference",
    "HealthcareService",
    "Endpoint",
)
"""Paths of the standard that are not built: 501."""

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
_log = structlog.get_logger()


@dataclass
class Bars:
    """What the endpoints work with. `security` says in words how callers are known; sizes are in bytes; `paused` says
    why nothing is taken now."""

    receiver: Receiver
    callers: Callers
    security: str = "signed token (JWT, Authorization: Bearer)"
    in_flight_limit: int = 64
    body_limit: int = 4_194_304
    paused: Callable[[], str | None] = never
    gate: Gate = field(init=False)
    counts: Counts = field(init=False)

    def __post_init__(self) -> None:
        self.gate = Gate(self.in_flight_limit, self.paused)
        self.counts = Counts(CONNECTOR, self.receiver.clock)

    async def process_message(self, request: Request) -> Response:
        """Answer one message; every way out is counted, and echoes the ids."""
        source = [UNKNOWN_SOURCE]
        try:
            with self.gate.enter(), self.counts.in_hand():
                reply = await self._process(request, source)
        except Refusal as refusal:
            body = orjson.dumps(plain_outcome(refusal.status, str(refusal)))
            reply = Reply(refusal.status, body, refusal.reason, refusal.retry_after)
            return self._answer(request, reply, source[0], refusal.headers)
        except Refused as refused:
            reply = Reply(refused.status, orjson.dumps(outcome(refused.status, refused.faults)), refused.reason)
        except Exception as error:
            _log.error("a request failed", at=where(error))
            text = "the hub failed: nothing was promised, send it again"
            reply = Reply(500, orjson.dumps(plain_outcome(500, text)), "internal")
        return self._answer(request, reply, source[0], {})

    async def _process(self, request: Request, source: list[str]) -> Reply:
        """Cheap checks first: nobody whom we do not know makes us read a body."""
        caller = self.callers.identify(request)
        source[0] = caller.source
        check_media_type(request, {MEDIA_TYPE})
        check_accept(request, self.receiver.profile)
        ids = read_ids(request)
        body = await read_body(request, self.body_limit)
        return await self.receiver.receive(caller, ids, body)

    def _answer(self, request: Request, reply: Reply, source: str, headers: dict[str, str]) -> Response:
        self.counts.received(source)
        if reply.result == "accepted":
            self.counts.accepted(source)
        elif reply.result == "known":
            self.counts.known(source)
        else:
            self.counts.refused(source, reply.result)
        if reply.retry_after is not None:
            headers = headers | {"Retry-After": str(reply.retry_after)}
        return _fhir(reply.status, reply.body, echoed(request) | headers)

    async def metadata(self, request: Request) -> Response:
        """What exists here."""
        return _fhir(200, orjson.dumps(capability(self.receiver.profile, self.security)), echoed(request))


def create_app(bars: Bars) -> Starlette:
    """The ASGI application."""
    routes = [
        Route("/$process-message", bars.process_message, methods=["POST"]),
        Route("/metadata", bars.metadata, methods=["GET"]),
    ]
    for name in NOT_BUILT:
        routes += [Route(path, _not_built, methods=_METHODS) for path in (f"/{name}", f"/{name}/{{rest:path}}")]
    return Starlette(routes=routes, exception_handlers={HTTPException: _not_here})


async def _not_built(request: Request) -> Response:
    text = "this part of BaRS is not built here: see GET /metadata"
    return _fhir(501, orjson.dumps(plain_outcome(501, text)), echoed(request))


async def _not_here(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) and error.status_code in REC else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    text = "only POST /$process-message and GET /metadata are here"
    return _fhir(status, orjson.dumps(plain_outcome(status, text)), echoed(request) | headers)


def _fhir(status: int, body: bytes, headers: dict[str, str]) -> Response:
    return Response(body, status, headers, f"{MEDIA_TYPE}; charset=utf-8")
