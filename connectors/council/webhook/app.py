"""`POST /events`: what a request comes to, on ports only."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

import orjson
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.council.webhook.event import FieldError, InvalidEvents, TooMany, read_events
from connectors.council.webhook.message import offer
from connectors.council.webhook.take import Conflict, Receipt, Taker
from connectors.sdk.counts import UNKNOWN_SOURCE, Counts
from connectors.sdk.http import Gate, Refusal, check_media_type, read_body, where
from connectors.sdk.json_body import NotJson
from connectors.sdk.ledger import Ledger
from connectors.sdk.publisher import Publisher
from connectors.sdk.tokens import BearerTokens
from hub.platform.clock import Clock
from hub.platform.pausing import never

CONNECTOR = "webhook"

_log = structlog.get_logger()


@dataclass(frozen=True)
class Webhook:
    """What the webhook works with. Times are in seconds, sizes in bytes, `key` is the deployment's secret key; `paused`
    says why nothing is taken now."""

    publisher: Publisher
    ledger: Ledger
    tokens: BearerTokens
    clock: Clock
    key: bytes
    ack_timeout: float = 4.0
    in_flight_limit: int = 64
    body_limit: int = 4_194_304
    batch_limit: int = 1_000
    paused: Callable[[], str | None] = never


def create_app(webhook: Webhook) -> Starlette:
    """The ASGI application."""
    endpoint = _Endpoint(webhook)
    return Starlette(
        routes=[Route("/events", endpoint.post, methods=["POST"])],
        exception_handlers={HTTPException: _not_here},
    )


class _Endpoint:
    def __init__(self, webhook: Webhook) -> None:
        self._webhook = webhook
        self._gate = Gate(webhook.in_flight_limit, webhook.paused)
        self._counts = Counts(CONNECTOR, webhook.clock)
        self._taker = Taker(webhook.publisher, webhook.ledger, webhook.ack_timeout)

    async def post(self, request: Request) -> Response:
        """Answer one request; every way out is counted."""
        offered = _Offered(self._counts)
        try:
            with self._gate.enter(), self._counts.in_hand():
                receipt = await self._take(request, offered)
        except Refusal as refusal:
            offered.refused(refusal.reason)
            return _answer(refusal.status, refusal.reason, str(refusal), headers=refusal.headers)
        except NotJson as error:
            offered.refused("not-json")
            return _answer(400, "not-json", str(error))
        except TooMany as error:
            offered.refused("too-large")
            return _answer(413, "too-large", str(error))
        except InvalidEvents as error:
            offered.refused("invalid")
            return _answer(422, "invalid", "nothing was taken: these fields are wrong", error.errors)
        except Conflict as error:
            offered.refused("conflict")
            return _answer(409, "conflict", "nothing was taken: an event is known with other content", error.errors)
        except Exception as error:
            offered.refused("internal")
            _log.error("a request failed", at=where(error))
            return _answer(500, "internal", "the hub failed: nothing was promised, send it again")
        offered.taken(receipt)
        return _json(202, {"accepted": receipt.accepted, "already_known": receipt.already_known})

    async def _take(self, request: Request, offered: "_Offered") -> Receipt:
        """Cheap checks first: nobody without a token makes us read a body."""
        webhook = self._webhook
        source = webhook.tokens.source(request.headers.get("authorization"))
        offered.source = source
        check_media_type(request, {"application/json"})
        raw = await read_body(request, webhook.body_limit)
        now = webhook.clock.now()
        events = await asyncio.to_thread(read_events, raw, now, webhook.batch_limit)
        offered.number = len(events)
        offers = await asyncio.to_thread(
            lambda: [offer(index, each, source, now, webhook.key) for index, each in enumerate(events)]
        )
        return await self._taker.take(source, offers)


class _Offered:
    """Counts one request: a message until it is read, then as many as its events."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self.source = UNKNOWN_SOURCE
        self.number = 1

    def refused(self, reason: str) -> None:
        self._counts.received(self.source, self.number)
        self._counts.refused(self.source, reason, self.number)

    def taken(self, receipt: Receipt) -> None:
        self._counts.received(self.source, self.number)
        self._counts.accepted(self.source, receipt.accepted)
        self._counts.known(self.source, receipt.already_known)


def _answer(
    status: int,
    error: str,
    message: str,
    errors: list[FieldError] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    body = {"error": error, "message": message, "errors": [asdict(each) for each in errors or []]}
    return _json(status, body, headers)


def _json(status: int, body: Mapping[str, object], headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, headers, "application/json")


async def _not_here(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    return _answer(status, "not-here", "only POST /events is here", headers=headers)
