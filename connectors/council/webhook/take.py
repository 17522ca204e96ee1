"""Taking events: claim them all, publish what is new, settle. Nothing is answered for before the broker acked it."""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass

import structlog

from connectors.council.webhook.event import FieldError
from connectors.council.webhook.message import Offer
from connectors.sdk.http import Refusal
from connectors.sdk.ledger import Answer, Claim, Ledger, LedgerUnavailable, differing
from connectors.sdk.publisher import NotAcknowledged, Publisher, TooLarge
from schemas.topics import COUNCIL_EVENTS

_log = structlog.get_logger()

_LOOK_AGAIN = 0.05
_RETRY_AFTER = 5
_DIFFERS = "differs from what was taken before under the same record, kind, occurrence and version"
_DIFFERS_HERE = "differs from another event of this batch with the same record, kind, occurrence and version"


class Conflict(Exception):
    """An event's key is known with other content, so none of the request is taken. `errors` name the fields."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(f"{len(errors)} fields differ")
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Receipt:
    """How many events are newly on the topic, and how many were known already (a batch's own repeats among them)."""

    accepted: int
    already_known: int


class Taker:
    """Takes the offers of one request at a time; safe to use from many."""

    def __init__(self, publisher: Publisher, ledger: Ledger, seconds: float) -> None:
        self._publisher = publisher
        self._ledger = ledger
        self._seconds = seconds

    async def take(self, source: str, offers: Sequence[Offer]) -> Receipt:
        """Take all or none within `seconds`; raises Conflict, or Refusal (503 to try again, 413)."""
        deadline = asyncio.get_running_loop().time() + self._seconds
        distinct = _distinct(offers)
        try:
            claim = await self._claim(source, distinct, deadline)
        except LedgerUnavailable:
            raise Refusal(503, "ledger", "cannot tell what was taken before: try again", _RETRY_AFTER) from None
        pairs = zip(distinct, claim.outcomes, strict=True)
        new = [each for each, outcome in pairs if outcome.answer is Answer.TAKEN]
        if new:
            await self._publish(source, new, claim.token, deadline)
        return Receipt(len(new), len(offers) - len(new))

    async def _claim(self, source: str, offers: Sequence[Offer], deadline: float) -> Claim:
        """Claim, waiting for other requests that are at the same events."""
        loop = asyncio.get_running_loop()
        while True:
            claim = await self._ledger.claim(source, [each.entry for each in offers])
            if claim.stands:
                return claim
            answers = {outcome.answer for outcome in claim.outcomes}
            if Answer.IN_FLIGHT not in answers:
                raise Conflict(_conflicts(offers, claim))
            if loop.time() + _LOOK_AGAIN > deadline:
                raise Refusal(503, "in-flight", "another request is at the same event: try again", _RETRY_AFTER)
            await asyncio.sleep(_LOOK_AGAIN)

    async def _publish(self, source: str, offers: Sequence[Offer], token: str, deadline: float) -> None:
        keys = [each.entry.key for each in offers]
        try:
            async with asyncio.timeout_at(deadline):
                await self._publisher.publish(COUNCIL_EVENTS.name, [each.message for each in offers])
        except TooLarge:
            await self._settle(self._ledger.release(source, keys, token))
            raise Refusal(413, "too-large", "an event is larger than the topic takes") from None
        except (NotAcknowledged, TimeoutError):
            await self._settle(self._ledger.unknown(source, keys, token))
            raise Refusal(503, "not-acknowledged", "the broker did not confirm: try again", _RETRY_AFTER) from None
        except BaseException:
            await self._settle(self._ledger.unknown(source, keys, token))
            raise
        await self._settle(self._ledger.acked(source, [each.entry for each in offers], token))

    async def _settle(self, settling: Coroutine[None, None, None]) -> None:
        """What the broker said stands, whatever becomes of our note of it: the lease's end makes it unknown."""
        try:
            await settling
        except LedgerUnavailable:
            _log.warning("the ledger could not note what became of a claim")


def _distinct(offers: Sequence[Offer]) -> list[Offer]:
    """The offers without repeats; raises Conflict when two have one key and other content."""
    first: dict[str, Offer] = {}
    errors = []
    for each in offers:
        known = first.setdefault(each.entry.key, each)
        fields = differing(known.entry.fields, each.entry.fields)
        errors += [FieldError(each.index, field, _DIFFERS_HERE) for field in fields]
    if errors:
        raise Conflict(errors)
    return list(first.values())


def _conflicts(offers: Sequence[Offer], claim: Claim) -> list[FieldError]:
    return [
        FieldError(each.index, field, _DIFFERS)
        for each, outcome in zip(offers, claim.outcomes, strict=True)
        for field in outcome.fields
    ]
