"""Brings single deliveries to the hub over its real interfaces, as a patient sender does."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from joserfc import jwt
from joserfc.jwk import JWKRegistry, Key

from hub.simulator import bars
from hub.simulator.council_csv import drop
from hub.simulator.delivery import Delivery, Expect
from hub.simulator.endpoints import Endpoints

_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_PATIENCE = 90.0
_LONGEST_PAUSE = 5.0
_LOOK = 0.05
_TOKEN_SECONDS = 900


class Undelivered(Exception):
    """The hub did not take something although it was tried for a minute and a half; says what, without its content."""


@dataclass
class Sent:
    """What became of the deliveries. `surprises` say what the hub answered that it ought not to have."""

    taken: int = 0
    known: int = 0
    duplicate: int = 0
    refused: int = 0
    files: int = 0
    retries: int = 0
    surprises: list[str] = field(default_factory=list)


@dataclass
class Sender:
    """Sends to the endpoints. At most `at_once` requests are under way; times are the machine's, in seconds."""

    endpoints: Endpoints
    client: httpx.AsyncClient
    at_once: int = 8
    sent: Sent = field(default_factory=Sent)

    def __post_init__(self) -> None:
        self._places = asyncio.Semaphore(self.at_once)
        self._tokens: dict[str, tuple[float, str]] = {}

    async def events(self, source: str, deliveries: Sequence[Delivery]) -> None:
        """Events of one source in one request: a batch, or a single one as it is."""
        bodies = [delivery.content() for delivery in deliveries]
        single = len(bodies) == 1
        content = bodies[0] if single else b"[" + b",".join(bodies) + b"]"
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.endpoints.tokens[source]}"}
        answer, tried = await self._post(f"{self.endpoints.webhook}/events", content, headers)
        expect = deliveries[0].expect if single else "taken"
        known = answer.json().get("already_known", 0) if answer.status_code == 202 else 0
        if expect == "known" and answer.status_code == 202 and known == 0:
            self.sent.surprises.append("the webhook took a repeat for new")
        if expect == "taken" and known and not tried:
            self.sent.surprises.append(f"the webhook took {known} new events for repeats")
        wanted = {"taken": {202}, "known": {202}, "conflict": {409}, "refused": {400, 422}}
        self._count(answer, expect, wanted.get(expect, set()), len(bodies), "webhook")

    async def message(self, delivery: Delivery) -> None:
        """One message. A repeat after an answer that never came may find it taken."""
        token = self._token(delivery.source)
        headers = bars.headers(delivery.id, delivery.correlation, token)
        answer, tried = await self._post(f"{self.endpoints.bars}/$process-message", delivery.content(), headers)
        good = {200, 409} if tried else {200}
        wanted = {"taken": good, "duplicate": {409}, "refused": {400, 403, 422}}
        self._count(answer, delivery.expect, wanted.get(delivery.expect, set()), 1, "BaRS")

    async def file(self, delivery: Delivery) -> None:
        """One file: dropped whole, and waited for until the hub has put it away."""
        path = drop(self.endpoints.files, delivery.id, await asyncio.to_thread(delivery.content))
        await self._until(lambda: not path.exists(), f"the file {path.name} was not taken")
        place = next((name for name in ("done", "rejected", "held") if (path.parent / name / path.name).exists()), None)
        self.sent.files += 1
        if delivery.expect == "refused":
            self.sent.refused += 1
        if place != ("rejected" if delivery.expect == "refused" else "done"):
            self.sent.surprises.append(f"the file {path.name} was put into {place or 'no place we know'}")

    def _count(self, answer: httpx.Response, expect: Expect, wanted: set[int], number: int, to: str) -> None:
        if answer.status_code not in wanted:
            self.sent.surprises.append(f"{to} answered {answer.status_code} to {number} that ought to be {expect}")
        elif expect == "taken":
            self.sent.taken += number
        elif expect == "known":
            self.sent.known += number
        elif expect == "duplicate":
            self.sent.duplicate += number
        else:
            self.sent.refused += number

    async def _post(self, url: str, content: bytes, headers: dict[str, str]) -> tuple[httpx.Response, bool]:
        """The final answer, and whether it was tried before. Raises Undelivered."""
        ends, pause, tried = time.monotonic() + _PATIENCE, 0.2, False
        while True:
            answer = await self._once(url, content, headers)
            if answer is not None and answer.status_code not in _TRY_AGAIN:
                return answer, tried
            if time.monotonic() > ends:
                status = "nothing" if answer is None else str(answer.status_code)
                raise Undelivered(f"{url} went on answering {status}")
            asked = answer.headers.get("retry-after", "") if answer is not None else ""
            await asyncio.sleep(min(float(asked) if asked.isdecimal() else pause, _LONGEST_PAUSE))
            pause, tried = min(pause * 2, _LONGEST_PAUSE), True
            self.sent.retries += 1

    async def _once(self, url: str, content: bytes, headers: dict[str, str]) -> httpx.Response | None:
        async with self._places:
            try:
                return await self.client.post(url, content=content, headers=headers)
            except httpx.TransportError:
                return None

    async def _until(self, done: Callable[[], bool], otherwise: str) -> None:
        ends = time.monotonic() + _PATIENCE
        while not done():
            if time.monotonic() > ends:
                raise Undelivered(otherwise)
            await asyncio.sleep(_LOOK)

    def _token(self, source: str) -> str:
        """The trust's token: as given, or signed by its key for a quarter of an hour."""
        if source in self.endpoints.tokens:
            return self.endpoints.tokens[source]
        now = time.time()
        until, token = self._tokens.get(source, (0.0, ""))
        if until < now + _TOKEN_SECONDS / 3:
            until = now + _TOKEN_SECONDS
            claims = {"sub": source, "aud": self.endpoints.audience, "iat": int(now), "exp": int(until)}
            key = _read_key(self.endpoints.keys[source])
            token = jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key)
            self._tokens[source] = until, token
        return token


def _read_key(path: Path) -> Key:
    return JWKRegistry.import_key(json.loads(path.read_text("utf-8")))
