"""What the BaRS tests share: a synthetic child, a conversation, and how to decode a bundle."""

from datetime import UTC, date, datetime
from typing import Any

import orjson

from hub.core.intake.bars import decode
from hub.core.intake.decoded import Decoded
from hub.simulator.bars import Conversation
from schemas.envelope import Envelope
from schemas.people import Person
from schemas.sources import Source

SOURCE = Source(id="bht-community:RXQ:2026", kind="nhs", trusts_nhs_number=True)
AT = datetime(2026, 9, 14, 22, 30, 0, 123456, tzinfo=UTC)
"""23:30 in London."""
RECEIVED = datetime(2026, 9, 15, 8, 0, tzinfo=UTC)
NHS_NUMBER = "9990000018"
CHILD = Person(
    id="P-1",
    nhs_number=NHS_NUMBER,
    nhs_number_status="01",
    given="Ada",
    family="Brook",
    birth_date=date(2017, 5, 4),
    sex="female",
    postcode="HP20 1UY",
)
ADVICE = "one-education:825:2022/ADV-77"
REQUEST = "one-education:825:2022/REQ-1"
CONVERSATION = Conversation(
    guid="7b3f0f0e-3c1a-4c53-9a52-0c8a5a3f0001", person=CHILD, trust="RXQ", advice=ADVICE, request=REQUEST
)


def decoded(bundle: Any, received: datetime = RECEIVED) -> Decoded:
    """Decode one bundle as intake does."""
    envelope = Envelope(id="req-1", source=SOURCE.id, type="sendhub.nhs.bars", time=received)
    return decode(envelope, orjson.dumps(bundle), SOURCE)


def resource(bundle: dict[str, Any], kind: str) -> dict[str, Any]:
    """The first resource of a type, to be changed in place."""
    return next(entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == kind)
