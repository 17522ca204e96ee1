"""The service over HTTP: the PDS FHIR API, FHIR R4, in application-restricted mode.

A number stands in the URL of a look-up, so no URL is ever logged: the HTTP client's own loggers are silenced, and no
fault keeps its exceptions.
"""

import asyncio
import logging
import re
import uuid
from datetime import UTC
from email.utils import parsedate_to_datetime

import httpx

from connectors.nhs.pds.errors import Away, Garbled
from connectors.nhs.pds.port import Reply, Sought
from connectors.nhs.pds.query import Query, query_of
from connectors.nhs.pds.reading import Answered, read_patient, read_search
from connectors.nhs.pds.tokens import Tokens
from hub.platform.clock import Clock

LARGEST = 1_048_576
"""Bytes of an answer above which it is none of the service's."""

_NUMBER = re.compile(r"\d{10}")
_SILENT = logging.CRITICAL + 1


class HttpPds:
    """`base` is the address before `/Patient`; one question may take `timeout` seconds from first to last byte."""

    def __init__(self, client: httpx.AsyncClient, base: str, tokens: Tokens, clock: Clock, timeout: float) -> None:
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(_SILENT)
        self._client = client
        self._base = base.rstrip("/")
        self._tokens = tokens
        self._clock = clock
        self._timeout = timeout

    async def retrieve(self, number: str) -> Reply:
        """See Demographics. What is not ten digits is never sent."""
        if not _NUMBER.fullmatch(number):
            return Reply("invalid-number")
        return read_patient(await self._get(f"/Patient/{number}", ()), number)

    async def search(self, sought: Sought) -> Reply:
        """See Demographics."""
        return read_search(await self._get("/Patient", query_of(sought)))

    async def _get(self, path: str, query: Query) -> Answered:
        why = ""
        try:
            async with asyncio.timeout(self._timeout):
                token, is_new = await self._tokens.current()
                answered = await self._ask(path, query, token, is_new)
        except TimeoutError:
            why = f"no answer within {self._timeout:g} s"
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            why = f"no answer ({type(error).__name__})"
        if why:
            # Raised here, outside: the client's exceptions hold the request, whose URL may hold a number.
            raise Away(why)
        if answered.status == 401:
            self._tokens.forget(token)
        return answered

    async def _ask(self, path: str, query: Query, token: str, is_new: bool) -> Answered:
        headers = {
            "Accept": "application/fhir+json",
            "Authorization": f"Bearer {token}",
            "X-Request-ID": str(uuid.uuid4()),
        }
        request = self._client.build_request("GET", self._base + path, params=query or None, headers=headers)
        response = await self._client.send(request, stream=True)
        try:
            body = await _read(response)
        finally:
            await response.aclose()
        after = self._seconds(response.headers.get("Retry-After"))
        return Answered(response.status_code, body, response.headers.get("ETag"), after, is_new)

    def _seconds(self, retry_after: str | None) -> float | None:
        """Retry-After in seconds, as it may also be an HTTP date."""
        if retry_after is None:
            return None
        if retry_after.strip().isdecimal():
            return float(retry_after)
        try:
            until = parsedate_to_datetime(retry_after)
        except ValueError:
            return None
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return max(0.0, (until - self._clock.now()).total_seconds())


async def _read(response: httpx.Response) -> bytes:
    body = bytearray()
    async for part in response.aiter_bytes():
        body += part
        if len(body) > LARGEST:
            raise Garbled("an answer larger than any of the service's")
    return bytes(body)
