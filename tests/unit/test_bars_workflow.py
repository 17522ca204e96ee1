"""The workflow table: what is a combination of the standard, and what published examples add."""

from datetime import timedelta

import orjson
import pytest

from hub.simulator import bars
from schemas.bars import Faulty, Message, meaning_of
from schemas.bars.workflow import STRICT, TOLERANT
from tests.unit.bars_cases import AT, CONVERSATION, resource


def message(build=bars.acknowledged, *, request=None, encounter=None, plan=None, reason=None, category=None):
    bundle = orjson.loads(orjson.dumps(build(CONVERSATION, AT)))
    if request:
        resource(bundle, "ServiceRequest")["status"] = request
    if encounter:
        resource(bundle, "Encounter")["status"] = encounter
    if plan:
        resource(bundle, "CarePlan")["status"] = plan
    if reason:
        resource(bundle, "MessageHeader")["reason"]["coding"][0]["code"] = reason
    if category:
        resource(bundle, "ServiceRequest")["category"][0]["coding"][0]["code"] = category
    return Message.of(bundle)


@pytest.mark.parametrize(
    ("found", "strict", "tolerant"),
    [
        (message(), "interim", "interim"),
        (message(encounter="triaged"), None, "final"),
        (message(encounter="planned"), None, "interim"),
        (message(encounter="cancelled"), None, "rejected"),
        (message(bars.sent), "final", "final"),
        (message(bars.sent, encounter="triaged"), "final", "final"),
        (message(bars.sent, encounter="in-progress"), None, None),
        (message(bars.sent, reason="update"), "final", "final"),
        (message(bars.sent, reason="delete"), None, None),
        (message(bars.returned), "rejected", "rejected"),
        (message(bars.returned, category="validation"), None, "rejected"),
        (message(bars.response_withdrawn), "response-withdrawn", "response-withdrawn"),
        (message(bars.referral), "requested", "requested"),
        (message(bars.referral, encounter="triaged"), "requested", "requested"),
        (message(bars.referral, encounter="in-progress"), None, "requested"),
        (message(bars.referral, plan="active"), None, "requested"),
        (message(bars.referral, plan="revoked"), None, None),
        (
            message(bars.referral, category="validation", plan="active", encounter="in-progress"),
            "requested",
            "requested",
        ),
        (message(bars.referral, request="revoked"), None, None),
        (message(bars.referral, reason="update"), "requested", "requested"),
        (message(bars.referral_withdrawn), "request-withdrawn", "request-withdrawn"),
        (message(bars.referral_withdrawn, request="entered-in-error"), "request-withdrawn", "request-withdrawn"),
        (message(bars.referral_withdrawn, reason="delete"), "request-withdrawn", "request-withdrawn"),
        (message(request="draft"), None, None),
    ],
)
def test_each_combination(found, strict, tolerant):
    assert meaning_of(found, STRICT) == strict
    assert meaning_of(found, TOLERANT) == tolerant


def test_the_responders_encounter_counts_not_the_requesters():
    """As in VALRESP04: the requester's encounter goes on, the responder's is cancelled."""
    bundle = bars.acknowledged(CONVERSATION, AT)
    request, header = resource(bundle, "ServiceRequest"), resource(bundle, "MessageHeader")
    request["encounter"] = {"reference": CONVERSATION.url("encounter")}
    responder = "urn:uuid:7b3f0f0e-3c1a-4c53-9a52-0c8a5a3f00bb"
    later = {"lastUpdated": (AT + timedelta(minutes=1)).isoformat()}
    bundle["entry"].append(
        {"fullUrl": responder, "resource": {"resourceType": "Encounter", "status": "cancelled", "meta": later}}
    )
    header["focus"] = [{"reference": responder}]
    assert meaning_of(Message.of(bundle), TOLERANT) == "rejected"
    header["focus"] = [{"reference": CONVERSATION.url("service-request")}]
    assert meaning_of(Message.of(bundle), TOLERANT) == "rejected"
    resource(bundle, "Encounter")["meta"]["lastUpdated"] = (AT + timedelta(minutes=2)).isoformat()
    assert meaning_of(Message.of(bundle), TOLERANT) == "rejected", "though the requester's was updated later"
    resource(bundle, "Encounter")["meta"]["lastUpdated"] = AT.isoformat()
    del request["encounter"]
    assert meaning_of(Message.of(bundle), TOLERANT) == "rejected"


@pytest.mark.parametrize("value", [None, [], "x", {}, {"resourceType": "Bundle", "type": "message", "entry": [None]}])
def test_what_is_no_message_is_faulty(value):
    with pytest.raises(Faulty):
        Message.of(value)
