"""`POST /$process-message`: what is taken, and how everything else is refused."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import orjson
import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.operationoutcome import OperationOutcome

from connectors.nhs.bars.app import NOT_BUILT
from connectors.sdk.ledger import LedgerUnavailable, MemoryLedger
from connectors.sdk.publisher import NotAcknowledged, TooLarge
from hub.core.intake.bars import decode
from hub.simulator import bars
from tests.contract.bars.conftest import Trust, counted, guid, issue, token, trust_on
from tests.unit.bars_cases import AT, CHILD, CONVERSATION, SOURCE, resource

SENT = bars.sent(CONVERSATION, AT)
MESSAGES = {
    "acknowledged": bars.acknowledged(CONVERSATION, AT),
    "allocated": bars.allocated(CONVERSATION, AT),
    "sent": SENT,
    "not known": bars.not_known(CONVERSATION, AT),
    "missed": bars.missed(CONVERSATION, AT, AT - timedelta(days=3)),
    "returned": bars.returned(CONVERSATION, AT),
    "declined": bars.declined(CONVERSATION, AT),
    "referral": bars.referral(CONVERSATION, AT),
    "referral withdrawn": bars.referral_withdrawn(CONVERSATION, AT),
    "response withdrawn": bars.response_withdrawn(CONVERSATION, AT),
}


def changed(bundle, kind, **elements):
    """A copy with elements of the first resource of a type set, or (None) removed."""
    copy = orjson.loads(orjson.dumps(bundle))
    place = copy if kind == "Bundle" else resource(copy, kind)
    for name, value in elements.items():
        if value is None:
            del place[name]
        else:
            place[name] = value
    return copy


@pytest.mark.parametrize("name", MESSAGES)
async def test_our_own_messages_are_taken_as_they_are(trust: Trust, name):
    body = orjson.dumps(MESSAGES[name], option=orjson.OPT_INDENT_2)
    request_id = guid()
    answer = await trust.post(body, request_id)
    assert answer.status_code == 200
    Bundle.model_validate_json(answer.content)
    ((topic, message),) = trust.publisher.published
    assert topic == "nhs.messages"
    assert message.value == body
    assert (message.envelope.id, message.envelope.source, message.envelope.type) == (
        request_id,
        SOURCE.id,
        "sendhub.nhs.bars",
    )
    assert message.envelope.correlation == answer.headers["X-Correlation-Id"]
    assert decode(message.envelope, message.value, SOURCE).observations


async def test_the_key_is_the_conversations_and_tells_nothing(trust: Trust):
    await trust.post(MESSAGES["acknowledged"])
    await trust.post(SENT)
    other = replace(CONVERSATION, guid="7b3f0f0e-3c1a-4c53-9a52-0c8a5a3f0002")
    await trust.post(bars.acknowledged(other, AT))
    first, second, third = (message.key for _, message in trust.publisher.published)
    assert first == second != third
    assert CONVERSATION.guid.encode() not in first


async def test_a_new_request_gets_an_id_from_the_receiver(trust: Trust):
    answer = await trust.post(MESSAGES["referral"])
    assert resource(answer.json(), "ServiceRequest")["id"] == CONVERSATION.guid


async def test_both_ids_are_echoed_in_every_answer(trust: Trust):
    for body, status in ((SENT, 200), (b"{", 400)):
        request_id, correlation_id = guid(), guid()
        answer = await trust.post(body, request_id, X_Correlation_Id=correlation_id)
        assert answer.status_code == status
        assert answer.headers["X-Request-Id"] == request_id
        assert answer.headers["X-Correlation-Id"] == correlation_id


class TestHeaders:
    @pytest.mark.parametrize("name", ["X_Request_Id", "X_Correlation_Id"])
    async def test_a_missing_id_is_required(self, trust: Trust, name):
        answer = await trust.post(SENT, **{name: None})
        assert issue(answer) == (400, "REC_BAD_REQUEST", "required")

    @pytest.mark.parametrize("name", ["X_Request_Id", "X_Correlation_Id"])
    async def test_an_id_that_is_no_guid_is_invalid_and_not_echoed(self, trust: Trust, name):
        answer = await trust.post(SENT, **{name: "9990000018"})
        assert issue(answer) == (400, "REC_BAD_REQUEST", "invalid")
        assert "9990000018" not in answer.text + str(answer.headers)

    async def test_both_missing_are_both_told(self, trust: Trust):
        answer = await trust.post(SENT, X_Request_Id=None, X_Correlation_Id=None)
        assert [each["diagnostics"] for each in answer.json()["issue"]] == [
            "X-Request-Id: is required",
            "X-Correlation-Id: is required",
        ]

    @pytest.mark.parametrize("kind", ["application/json", "application/fhir+xml", "text/plain", None])
    async def test_another_media_type_is_415(self, trust: Trust, kind):
        answer = await trust.post(SENT, Content_Type=kind)
        assert issue(answer) == (415, "REC_UNSUPPORTED_MEDIA_TYPE", "not-supported")

    @pytest.mark.parametrize(
        ("accept", "status"),
        [
            ("application/fhir+json; version=1.1.0", 200),
            ("application/fhir+json;version=1.4.0", 200),
            ("application/fhir+json", 200),
            ("*/*", 200),
            (None, 200),
            ("text/html, application/fhir+json", 200),
            ("application/fhir+json; version=2.0.0", 406),
            ("application/fhir+json; fhirVersion=4.0", 200),
            ("application/fhir+json; fhirVersion=4.0; version=1.2.0", 200),
            ("application/fhir+json; q=0", 406),
            ("application/fhir+xml, application/fhir+json;q=0.0", 406),
            ("application/fhir+xml", 406),
            ("text/html", 406),
        ],
    )
    async def test_what_the_sender_accepts(self, trust: Trust, accept, status):
        answer = await trust.post(SENT, Accept=accept)
        assert answer.status_code == status
        if status == 406:
            assert issue(answer) == (406, "REC_NOT_ACCEPTABLE", "processing")


class TestCallers:
    @pytest.mark.parametrize(
        "authorization",
        [
            None,
            "Bearer",
            "Basic dXNlcjpwYXNz",
            "Bearer not-a-token",
            f"Bearer {token(exp=1)}",
            f"Bearer {token(exp=None)}",
            f"Bearer {token(aud='somebody-else')}",
            f"Bearer {token(sub=None)}",
            f"Bearer {token()[:-4]}AAAA",
        ],
    )
    async def test_who_does_not_prove_who_it_is_gets_401(self, trust: Trust, authorization):
        answer = await trust.post(SENT, Authorization=authorization)
        assert issue(answer) == (401, "REC_UNAUTHORIZED", "security")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")

    async def test_an_unsigned_token_gets_401(self, trust: Trust):
        unsigned = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJyeHEtc3lzdGVtIn0."
        assert (await trust.post(SENT, Authorization=f"Bearer {unsigned}")).status_code == 401

    async def test_a_token_of_another_key_gets_401(self, trust: Trust):
        from joserfc.jwk import ECKey

        stranger = ECKey.generate_key("P-256", {"kid": "trust-1"})
        assert (await trust.post(SENT, Authorization=f"Bearer {token(stranger)}")).status_code == 401

    async def test_a_good_token_of_nobody_we_know_gets_403(self, trust: Trust):
        answer = await trust.post(SENT, Authorization=f"Bearer {token(sub='somebody')}")
        assert issue(answer) == (403, "REC_FORBIDDEN", "forbidden")

    async def test_a_caller_speaks_only_for_its_own_bodies(self, trust: Trust):
        answer = await trust.post(bars.sent(replace(CONVERSATION, trust="RHW"), AT))
        assert issue(answer) == (403, "REC_FORBIDDEN", "forbidden")
        assert trust.values == []

    async def test_the_source_is_the_tokens(self, trust: Trust):
        await trust.post(SENT, Authorization=f"Bearer {token(sub='rhw-system')}")
        ((_, message),) = trust.publisher.published
        assert message.envelope.source == "another:RHW:2026"


class TestBundle:
    @pytest.mark.parametrize(
        ("bundle", "expected"),
        [
            (changed(SENT, "Bundle", type="collection"), (400, "REC_BAD_REQUEST", "invariant")),
            (changed(SENT, "Bundle", meta=None), (400, "REC_BAD_REQUEST", "invariant")),
            (changed(SENT, "Bundle", meta={"versionId": "9.9.9"}), (422, "REC_UNPROCESSABLE_ENTITY", "not-supported")),
            (changed(SENT, "Bundle", entry=SENT["entry"][1:]), (400, "REC_BAD_REQUEST", "invariant")),
            (changed(SENT, "Bundle", entry=None), (400, "REC_BAD_REQUEST", "invariant")),
            (changed(SENT, "Bundle", entry=SENT["entry"] * 2), (400, "REC_BAD_REQUEST", "invariant")),
            (
                changed(SENT, "MessageHeader", eventCoding={"system": "urn:other", "code": "servicerequest-response"}),
                (400, "REC_BAD_REQUEST", "invalid"),
            ),
            (
                changed(
                    SENT,
                    "MessageHeader",
                    eventCoding={
                        "system": "https://fhir.nhs.uk/CodeSystem/message-events-bars",
                        "code": "booking-request",
                    },
                ),
                (422, "REC_UNPROCESSABLE_ENTITY", "not-supported"),
            ),
            (changed(SENT, "MessageHeader", reason=None), (400, "REC_BAD_REQUEST", "required")),
            (changed(SENT, "MessageHeader", definition=None), (400, "REC_BAD_REQUEST", "invariant")),
            (changed(SENT, "MessageHeader", destination=None), (400, "REC_BAD_REQUEST", "required")),
            (changed(SENT, "MessageHeader", focus=None), (400, "REC_BAD_REQUEST", "required")),
            (changed(SENT, "MessageHeader", response=None), (400, "REC_BAD_REQUEST", "required")),
            (
                changed(SENT, "MessageHeader", focus=[{"reference": "urn:uuid:00000000-0000-0000-0000-000000000000"}]),
                (400, "REC_BAD_REQUEST", "invariant"),
            ),
            (bars.sent(replace(CONVERSATION, hub="QQQ"), AT), (422, "REC_UNPROCESSABLE_ENTITY", "not-supported")),
            (bars.sent(replace(CONVERSATION, use_case="a1t1"), AT), (422, "REC_UNPROCESSABLE_ENTITY", "not-supported")),
            (changed(SENT, "ServiceRequest", status="on-hold"), (400, "REC_BAD_REQUEST", "invariant")),
            (changed(SENT, "ServiceRequest", status="active"), (400, "REC_BAD_REQUEST", "invariant")),
            (changed(SENT, "ServiceRequest", status=None), (400, "REC_BAD_REQUEST", "required")),
            (
                changed(SENT, "ServiceRequest", meta={"lastUpdated": "2027-01-01T00:00:00Z"}),
                (400, "REC_BAD_REQUEST", "value"),
            ),
            (
                changed(SENT, "Task", lastModified="2026-09-16T00:00:00Z"),
                (400, "REC_BAD_REQUEST", "value"),
            ),
            (
                changed(SENT, "ServiceRequest", subject={"reference": "urn:uuid:none"}),
                (200, "", ""),
            ),
        ],
    )
    async def test_what_the_standard_says(self, trust: Trust, bundle, expected):
        answer = await trust.post(bundle)
        if expected[0] == 200:
            assert answer.status_code == 200
            return
        assert issue(answer) == expected
        assert trust.values == []
        OperationOutcome.model_validate_json(answer.content)

    async def test_a_service_that_we_do_not_run_is_refused(self):
        from tests.contract.bars.conftest import PRODUCTION

        async with trust_on(MemoryLedger(), replace(PRODUCTION, services=frozenset({"1"}))) as trust:
            answer = await trust.post(SENT)
        assert issue(answer) == (422, "REC_UNPROCESSABLE_ENTITY", "not-supported")

    async def test_without_an_instant_there_is_no_order(self, trust: Trust):
        bundle = orjson.loads(orjson.dumps(SENT))
        for entry in bundle["entry"]:
            entry["resource"]["meta"].pop("lastUpdated")
        assert issue(await trust.post(bundle)) == (400, "REC_BAD_REQUEST", "required")

    @pytest.mark.parametrize("patients", [0, 2])
    async def test_it_must_be_about_one_patient(self, trust: Trust, patients):
        bundle = changed(SENT, "ServiceRequest", subject={"reference": "urn:uuid:none"})
        entry = next(each for each in bundle["entry"] if each["resource"]["resourceType"] == "Patient")
        bundle["entry"].remove(entry)
        bundle["entry"] += [entry | {"fullUrl": f"urn:uuid:{guid()}"} for _ in range(patients)]
        assert issue(await trust.post(bundle)) == (400, "REC_BAD_REQUEST", "invariant")

    async def test_a_full_url_that_is_no_guid_is_refused(self, trust: Trust):
        bundle = orjson.loads(
            orjson.dumps(SENT).replace(f"urn:uuid:{CONVERSATION.guid}".encode(), b"https://trust.example/SR/9990000018")
        )
        answer = await trust.post(bundle)
        assert issue(answer) == (400, "REC_BAD_REQUEST", "invalid")
        assert "9990000018" not in answer.text


class TestDeviations:
    """What we do otherwise than the standard, on purpose: see docs/connectors/bars.md."""

    async def test_a_stale_update_is_taken_and_ordered_by_its_own_time(self, trust: Trust):
        assert (await trust.post(SENT)).status_code == 200
        assert (await trust.post(bars.acknowledged(CONVERSATION, AT - timedelta(days=9)))).status_code == 200
        newer, older = (
            decode(message.envelope, message.value, SOURCE).observations[0].version
            for _, message in trust.publisher.published
        )
        assert older < newer

    async def test_a_response_to_a_request_that_we_do_not_hold_is_taken(self, trust: Trust):
        unknown = replace(CONVERSATION, guid=guid(), advice=None, request=None)
        assert (await trust.post(bars.sent(unknown, AT))).status_code == 200

    async def test_a_bad_nhs_number_in_a_good_bundle_is_taken_and_asked_about(self, trust: Trust):
        child = CHILD.model_copy(update={"nhs_number": "9990000019"})
        answer = await trust.post(bars.sent(replace(CONVERSATION, person=child), AT))
        assert answer.status_code == 200
        ((_, message),) = trust.publisher.published
        assert len(decode(message.envelope, message.value, SOURCE).reviews) == 1


class TestOutOfScope:
    ADULT = replace(
        CONVERSATION, person=CHILD.model_copy(update={"birth_date": datetime(1959, 5, 4, tzinfo=UTC).date()})
    )

    async def test_nothing_is_kept_but_the_id(self, either: Trust):
        before = counted("refused", reason="out-of-scope")
        request_id = guid()
        answer = await either.post(bars.sent(self.ADULT, AT), request_id)
        assert answer.status_code == 200
        assert either.values == []
        assert counted("refused", reason="out-of-scope") == before + 1

    async def test_a_repeat_is_a_repeat(self, either: Trust):
        request_id = guid()
        await either.post(bars.sent(self.ADULT, AT), request_id)
        answer = await either.post(bars.sent(self.ADULT, AT), request_id)
        assert issue(answer) == (409, "REC_CONFLICT", "duplicate")


class TestRepeats:
    async def test_the_same_again_is_409_and_published_once(self, either: Trust):
        request_id = guid()
        assert (await either.post(SENT, request_id)).status_code == 200
        answer = await either.post(SENT, request_id.upper())
        assert issue(answer) == (409, "REC_CONFLICT", "duplicate")
        assert len(either.values) == 1

    async def test_the_same_id_with_another_body_is_400(self, either: Trust):
        request_id = guid()
        await either.post(SENT, request_id)
        answer = await either.post(MESSAGES["acknowledged"], request_id)
        assert issue(answer) == (400, "REC_BAD_REQUEST", "invalid")
        assert len(either.values) == 1

    async def test_two_callers_ids_do_not_meet(self, either: Trust):
        request_id = guid()
        await either.post(SENT, request_id)
        other = await either.post(SENT, request_id, Authorization=f"Bearer {token(sub='rhw-system')}")
        assert other.status_code == 200

    async def test_a_refusal_is_repeated_word_for_word(self, either: Trust):
        request_id, wrong = guid(), changed(SENT, "ServiceRequest", status="on-hold")
        first = await either.post(wrong, request_id)
        again = await either.post(wrong, request_id)
        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert issue(await either.post(SENT, request_id)) == (400, "REC_BAD_REQUEST", "invalid")

    async def test_while_in_flight_it_is_425(self, either: Trust):
        inside, go_on = asyncio.Event(), asyncio.Event()
        publish = either.publisher.publish

        async def slow(topic, messages):
            inside.set()
            await go_on.wait()
            await publish(topic, messages)

        either.publisher.publish = slow
        request_id = guid()
        first = asyncio.create_task(either.post(SENT, request_id))
        await inside.wait()
        early = await either.post(SENT, request_id)
        other = await either.post(MESSAGES["acknowledged"], request_id)
        go_on.set()
        assert issue(early) == (425, "REC_TOO_EARLY", "transient")
        assert "Retry-After" in early.headers
        assert issue(other) == (400, "REC_BAD_REQUEST", "invalid")
        assert (await first).status_code == 200

    async def test_after_an_unknown_ack_the_same_is_taken_again_and_another_body_is_not(self, either: Trust):
        request_id = guid()
        either.publisher.fail = NotAcknowledged("no")
        answer = await either.post(SENT, request_id)
        assert issue(answer) == (503, "REC_SERVICE_UNAVAILABLE", "transient")
        assert "Retry-After" in answer.headers
        either.publisher.fail = None
        assert (await either.post(MESSAGES["acknowledged"], request_id)).status_code == 400
        assert (await either.post(SENT, request_id)).status_code == 200
        assert (await either.post(SENT, request_id)).status_code == 409
        assert len(either.values) == 1

    async def test_what_the_broker_will_never_take_is_refused_for_good(self, either: Trust):
        request_id = guid()
        either.publisher.fail = TooLarge("no")
        assert issue(await either.post(SENT, request_id)) == (413, "REC_UNPROCESSABLE_ENTITY", "too-costly")
        either.publisher.fail = None
        assert (await either.post(SENT, request_id)).status_code == 413

    async def test_without_the_ledger_nothing_is_taken(self, trust: Trust):
        trust.ledger.fail = LedgerUnavailable("away")
        answer = await trust.post(SENT)
        assert issue(answer) == (503, "REC_SERVICE_UNAVAILABLE", "transient")
        assert trust.values == []

    async def test_an_error_of_our_own_promises_nothing(self, trust: Trust):
        trust.publisher.fail = RuntimeError("bug")
        request_id = guid()
        assert issue(await trust.post(SENT, request_id)) == (500, "REC_SERVER_ERROR", "exception")
        trust.publisher.fail = None
        assert (await trust.post(SENT, request_id)).status_code == 200


async def test_one_request_too_many_is_503():
    async with trust_on(MemoryLedger(), in_flight_limit=0) as trust:
        answer = await trust.post(SENT)
    assert issue(answer) == (503, "REC_SERVICE_UNAVAILABLE", "transient")
    assert answer.headers["Retry-After"]


async def test_metadata_lists_only_what_exists(trust: Trust):
    answer = await trust.client.get("/metadata")
    assert answer.status_code == 200
    statement = answer.json()
    CapabilityStatement.model_validate(statement)
    (rest,) = statement["rest"]
    assert [each["name"] for each in rest["operation"]] == ["process-message"]
    assert "resource" not in rest
    assert len(statement["messaging"][0]["supportedMessage"]) == 2


@pytest.mark.parametrize("name", NOT_BUILT)
@pytest.mark.parametrize("path", ["/{}", "/{}/123", "/{}?context=x"])
async def test_the_rest_of_bars_is_501(trust: Trust, name, path):
    answer = await trust.client.get(path.format(name))
    assert issue(answer) == (501, "REC_NOT_IMPLEMENTED", "not-supported")


async def test_what_is_not_bars_is_404_and_another_method_405(trust: Trust):
    assert issue(await trust.client.get("/elsewhere")) == (404, "REC_NOT_FOUND", "not-found")
    answer: httpx.Response = await trust.client.get("/$process-message")
    assert issue(answer) == (405, "REC_METHOD_NOT_ALLOWED", "not-supported")
    assert "POST" in answer.headers["Allow"]


async def test_messages_are_counted(trust: Trust):
    names = ("received", "accepted", "known")
    before = {name: counted(name) for name in names}
    request_id = guid()
    await trust.post(SENT, request_id)
    await trust.post(SENT, request_id)
    assert {name: counted(name) - before[name] for name in names} == {"received": 2, "accepted": 1, "known": 1}
