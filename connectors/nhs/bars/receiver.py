"""What becomes of one message: claimed, judged, published, settled. On ports only.

The ledger's key is the caller's X-Request-Id, its content the whole body. So a repeat, on whichever replica, finds what
became of the first: 425 while it is in flight, 409 once it is taken, the same answer when it was refused, and 400 when
the body is another.
"""

import asyncio
import hashlib
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
import structlog

from connectors.nhs.bars.callers import Caller
from connectors.nhs.bars.exchange import Ids
from connectors.nhs.bars.judge import Refused, Verdict, judge
from connectors.nhs.bars.outcome import outcome, plain_outcome
from connectors.nhs.bars.parsers import Reader, TooSlow
from connectors.nhs.bars.profile import Profile
from connectors.sdk.http import Refusal
from connectors.sdk.ledger import Answer, Entry, Ledger, LedgerUnavailable, Outcome, entry
from connectors.sdk.ledger import Refusal as Remembered
from connectors.sdk.publisher import Message, NotAcknowledged, Publisher, TooLarge
from hub.platform.clock import Clock
from schemas.bars import Fault
from schemas.envelope import Envelope
from schemas.ids import keyed_digest
from schemas.topics import NHS_MESSAGES

EVENT_TYPE = "sendhub.nhs.bars"
RETRY_AFTER = 5
"""Seconds after which a sender is asked to try again."""

_SET_ASIDE = 200
"""The status under which the ledger remembers what was out of scope: answered well, and nothing of it kept."""

T = TypeVar("T")

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. `result` is what the metrics call it: accepted, known, out-of-scope, or the reason of a refusal."""

    status: int
    body: bytes
    result: str
    retry_after: int | None = None


@dataclass(frozen=True)
class Receiver:
    """Takes messages. `key` is the deployment's secret key; the ledger must answer within `ack_timeout` seconds."""

    publisher: Publisher
    ledger: Ledger
    reader: Reader
    clock: Clock
    key: bytes
    profile: Profile
    ack_timeout: float = 4.0

    async def receive(self, caller: Caller, ids: Ids, body: bytes) -> Reply:
        """The answer to one message. Raises Refusal 503 when the ledger cannot tell what became of it before."""
        wanted = entry(self.key, ids.request, {"body": hashlib.sha256(body).hexdigest()})
        claim = await self.ask(self.ledger.claim(caller.source, [wanted]))
        (found,) = claim.outcomes
        if found.answer is not Answer.TAKEN:
            return _known(found)
        claimed = _Claimed(self, caller.source, wanted, claim.token)
        try:
            return await self._take(caller, ids, body, claimed)
        except BaseException:
            # Nothing was promised. What was published before an error is `unknown` by then, and stays so.
            await asyncio.shield(claimed.give_up())
            raise

    async def _take(self, caller: Caller, ids: Ids, body: bytes, claimed: "_Claimed") -> Reply:
        try:
            verdict = await self._judged(caller, body)
        except Refused as refused:
            content = orjson.dumps(outcome(refused.status, refused.faults))
            return await claimed.refuse(Reply(refused.status, content, refused.reason))
        if verdict.out_of_scope:
            _log.info("out of scope", source=caller.source, message=ids.request, reason=verdict.out_of_scope)
            return await claimed.set_aside(Reply(200, _processed(verdict), "out-of-scope"))
        return await self._publish(caller, ids, body, verdict, claimed)

    async def _judged(self, caller: Caller, body: bytes) -> Verdict:
        try:
            faults = await self.reader.faults(body)
        except TooSlow:
            raise Refusal(408, "slow", "reading the message took too long: send it again") from None
        if faults:
            raise Refused(400, "fhir", *faults)
        return judge(orjson.loads(body), self.profile, caller, self.clock.now())

    async def _publish(self, caller: Caller, ids: Ids, body: bytes, verdict: Verdict, claimed: "_Claimed") -> Reply:
        message = Message(
            key=keyed_digest(self.key, caller.source, verdict.record).encode(),
            value=body,
            envelope=Envelope(
                id=ids.request,
                source=caller.source,
                type=EVENT_TYPE,
                time=self.clock.now(),
                content_type="application/fhir+json",
                correlation=ids.correlation,
            ),
        )
        claimed.publishing = True
        try:
            await self.publisher.publish(NHS_MESSAGES.name, [message])
        except NotAcknowledged:
            raise Refusal(503, "no-ack", "the broker has not confirmed: send it again", RETRY_AFTER) from None
        except TooLarge:
            fault = Fault("too-costly", "Bundle", "larger than can be kept")
            return await claimed.refuse(Reply(413, orjson.dumps(outcome(413, [fault])), "too-large"))
        return await claimed.accept(Reply(200, _processed(verdict), "accepted"))

    async def ask(self, question: Awaitable[T]) -> T:
        """The ledger's answer; raises Refusal 503 when there is none in time."""
        try:
            async with asyncio.timeout(self.ack_timeout):
                return await question
        except (TimeoutError, LedgerUnavailable):
            raise Refusal(
                503, "no-ledger", "what was taken before cannot be looked up: send it again", RETRY_AFTER
            ) from None


@dataclass
class _Claimed:
    """A key that is ours until it is settled. Settling may fail: then the lease runs out and the key is unknown."""

    receiver: Receiver
    source: str
    wanted: Entry
    token: str
    publishing: bool = False

    async def accept(self, reply: Reply) -> Reply:
        """The broker has it: that is the answer, whether or not the ledger can still be told."""
        await self._tell(self.receiver.ledger.acked(self.source, [self.wanted], self.token))
        return reply

    async def refuse(self, reply: Reply) -> Reply:
        """Refused for good; a repeat gets the same answer."""
        remembered = Remembered(reply.status, reply.body.decode())
        await self._tell(self.receiver.ledger.refused(self.source, [self.wanted.key], self.token, remembered))
        return reply

    async def set_aside(self, reply: Reply) -> Reply:
        """Taken, and nothing kept but the id and the reason. Unlike an accepted one it is nowhere else: 503 if lost."""
        remembered = Remembered(_SET_ASIDE, reply.result)
        settled = self.receiver.ledger.refused(self.source, [self.wanted.key], self.token, remembered)
        await self.receiver.ask(settled)
        return reply

    async def give_up(self) -> None:
        """Nothing was promised: release, or `unknown` when the broker may have it."""
        settle = self.receiver.ledger.unknown if self.publishing else self.receiver.ledger.release
        await self._tell(settle(self.source, [self.wanted.key], self.token))

    async def _tell(self, settling: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(self.receiver.ack_timeout):
                await settling
        except (TimeoutError, LedgerUnavailable):
            _log.warning("the ledger was not told", source=self.source, message=self.wanted.key)


def _known(found: Outcome) -> Reply:
    """The answer to an id that came before."""
    if found.answer is Answer.CONFLICT or found.fields:
        fault = Fault("invalid", "X-Request-Id", "came before with another body: each message needs an id of its own")
        return Reply(400, orjson.dumps(outcome(400, [fault])), "conflict")
    if found.answer is Answer.IN_FLIGHT:
        text = "this message is being processed: ask again"
        return Reply(425, orjson.dumps(plain_outcome(425, text)), "in-flight", RETRY_AFTER)
    if found.refusal and found.refusal.status != _SET_ASIDE:
        return Reply(found.refusal.status, found.refusal.body.encode(), "refused-before")
    text = "this message has been processed before"
    return Reply(409, orjson.dumps(plain_outcome(409, text)), "known")


def _processed(verdict: Verdict) -> bytes:
    """The bundle as processed: a ServiceRequest that came without an id has got one, as only a receiver may give."""
    bundle: dict[str, Any] = verdict.message.bundle
    request = verdict.message.service_request
    if request is not None:
        request.resource.setdefault("id", verdict.record)
    return orjson.dumps(bundle)
