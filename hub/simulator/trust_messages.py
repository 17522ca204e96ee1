"""Truths as trusts tell them: BaRS message bundles."""

from datetime import timedelta
from random import Random

import orjson

from hub.embedded.deployment import HUB_ODS
from hub.simulator import bars
from hub.simulator.bars import Bundle, Conversation, conversation_guid
from hub.simulator.feeds import CASES, ODS, TRACKER
from hub.simulator.people import Child
from hub.simulator.truths import Advice, Truth
from schemas.ids import full_id
from schemas.people import Person


def conversation(child: Child, advice: Advice, nhs_number: str | None = None) -> Conversation:
    """All messages about one request for advice; the trust echoes our references. `nhs_number` as mistyped."""
    if advice.source is None:
        raise ValueError("the trust does not answer this one by BaRS")
    return Conversation(
        guid=conversation_guid("synthetic", advice.id),
        person=_patient(child, nhs_number),
        trust=ODS[advice.source],
        hub=HUB_ODS,
        heading=advice.heading,
        service=advice.service,
        advice=full_id(TRACKER, advice.id),
        request=full_id(CASES, advice.request),
    )


def bundle(about: Conversation, truth: Truth) -> Bundle:
    """The message that tells a truth; raises ValueError for a kind that trusts do not tell."""
    at = truth.recorded_at
    if truth.kind == "advice.acknowledged":
        return bars.acknowledged(about, at)
    if truth.kind == "advice.allocated":
        return bars.allocated(about, at)
    if truth.kind == "advice.appointment-missed":
        return bars.missed(about, at, at - timedelta(minutes=30))
    if truth.kind == "advice.returned":
        return bars.returned(about, at, str(truth.data["reason"]))
    if truth.kind == "advice.declined":
        return bars.declined(about, at)
    if truth.kind == "advice.sent-by-body":
        return bars.sent(about, at, document=False)
    if truth.kind == "advice.received":
        return bars.not_known(about, at) if truth.data.get("not_known") else bars.sent(about, at)
    raise ValueError(f"no message tells {truth.kind}")


def stranger(child: Child, source: str, rng: Random) -> Conversation:
    """A conversation about somebody whom the council does not know, without our references."""
    guid = conversation_guid("stranger", child.trust_id, rng.random())
    return Conversation(guid=guid, person=_patient(child), trust=ODS[source], hub=HUB_ODS)


def body(found: Bundle) -> bytes:
    """A bundle as the bytes of a request."""
    return orjson.dumps(found)


def _patient(child: Child, nhs_number: str | None = None) -> Person:
    """As the trust's system has them: its own number, the NHS number traced, the names in capitals."""
    number = nhs_number or child.nhs_number
    return Person(
        id=child.trust_id,
        nhs_number=number,
        nhs_number_status="01" if number else None,
        given=child.given.upper(),
        family=child.family.upper(),
        birth_date=child.birth_date,
        sex=child.sex,
        postcode=child.postcode,
    )
