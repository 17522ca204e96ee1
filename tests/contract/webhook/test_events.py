"""What a council's system may rely on: what is taken, and what is answered."""

import asyncio
import json

import orjson
import pytest

from connectors.sdk.ledger import LedgerUnavailable, entry
from connectors.sdk.publisher import NotAcknowledged, TooLarge
from schemas.envelope import Envelope
from schemas.ids import keyed_digest
from tests.contract.webhook.conftest import KEY, NOW, OTHER_SOURCE, OTHER_TOKEN, SOURCE, Caller, an_event, counted


async def test_one_event_is_published_byte_for_byte_with_its_envelope(webhook: Caller) -> None:
    raw = json.dumps(an_event(), indent=3).encode()
    answer = await webhook.post(raw)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "already_known": 0})
    [(topic, message)] = webhook.publisher.published
    assert topic == "council.events"
    assert message.value == raw
    assert message.key == keyed_digest(KEY, SOURCE, "ADV-77").encode()
    envelope = Envelope.of(message.envelope.headers())
    assert (envelope.source, envelope.type, envelope.time) == (SOURCE, "sendhub.council.event", NOW)
    assert "P-1001" not in envelope.id
    assert "ADV-77" not in envelope.id


async def test_a_batch_is_published_one_message_for_each_event(webhook: Caller) -> None:
    batch = [an_event(record=f"ADV-{number}") for number in range(3)]
    answer = await webhook.post(batch)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 3, "already_known": 0})
    assert [orjson.loads(value) for value in webhook.values] == batch
    assert len({message.envelope.id for _, message in webhook.publisher.published}) == 3


async def test_the_source_comes_from_the_token(webhook: Caller) -> None:
    await webhook.post(an_event(), token=OTHER_TOKEN)
    assert webhook.publisher.published[0][1].envelope.source == OTHER_SOURCE
    answer = await webhook.post(an_event())
    assert answer.json() == {"accepted": 1, "already_known": 0}, "one source's records are not another's"


@pytest.mark.parametrize("token", [None, "", "wrong"])
async def test_without_a_known_token_nothing_is_read(webhook: Caller, token: str | None) -> None:
    before = counted("refused", "unknown", reason="unauthorised")
    answer = await webhook.post(an_event(), token=token)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert webhook.values == []
    assert counted("refused", "unknown", reason="unauthorised") == before + 1


async def test_a_repeat_is_known_however_it_is_written(webhook: Caller) -> None:
    await webhook.post(an_event())
    first_id = webhook.publisher.published[0][1].envelope.id
    rewritten = json.dumps(an_event(retracted=False, occurrence=""), indent=1, sort_keys=True).encode()
    before = counted("known")
    answer = await webhook.post(rewritten)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 0, "already_known": 1})
    assert len(webhook.values) == 1
    assert counted("known") == before + 1
    webhook.ledger._rows.clear()
    await webhook.post(rewritten)
    assert webhook.publisher.published[1][1].envelope.id == first_id, "a repeat has the same id even when forgotten"


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"effective_on": "2026-09-13"}, ["effective_on"]),
        ({"recorded_at": "2026-09-14T14:02:12Z"}, ["recorded_at"]),
        ({"retracted": True}, ["retracted"]),
        ({"data": {"heading": "medical", "asked": {"role": "icb", "ods": "QXX"}}}, ["data.asked.ods", "data.service"]),
        ({"person": {"id": "P-1001", "given": "Robin", "family": "Sample"}}, None),
    ],
)
async def test_the_same_key_with_other_content_is_a_conflict_that_names_the_fields(
    webhook: Caller, changes: dict[str, object], fields: list[str] | None
) -> None:
    await webhook.post(an_event())
    before = counted("refused", reason="conflict")
    answer = await webhook.post(an_event(**changes))
    assert answer.status_code == 409
    named = [each["field"] for each in answer.json()["errors"]]
    assert named == (fields or ["person.birth_date", "person.family", "person.nhs_number"])
    assert all(secret not in answer.text for secret in ("Sample", "Example", "9990000026", "QXX", "2026-09-13"))
    assert len(webhook.values) == 1
    assert counted("refused", reason="conflict") == before + 1


@pytest.mark.parametrize("changes", [{"version": 4}, {"occurrence": "2"}, {"kind": "plan.issued", "data": None}])
async def test_another_version_occurrence_or_kind_is_another_event(webhook: Caller, changes: dict[str, object]) -> None:
    await webhook.post(an_event())
    answer = await webhook.post(an_event(effective_on="2026-09-13", **changes))
    assert answer.json() == {"accepted": 1, "already_known": 0}


async def test_a_conflict_in_a_batch_takes_nothing_of_it(webhook: Caller) -> None:
    await webhook.post(an_event())
    answer = await webhook.post([an_event(record="ADV-78"), an_event(effective_on="2026-09-13")])
    assert answer.status_code == 409
    assert [(each["index"], each["field"]) for each in answer.json()["errors"]] == [(1, "effective_on")]
    again = await webhook.post(an_event(record="ADV-78", effective_on="2026-09-12"))
    assert again.json() == {"accepted": 1, "already_known": 0}, "the refused batch left no trace"


async def test_inside_one_batch_a_repeat_counts_once_and_other_content_is_a_conflict(webhook: Caller) -> None:
    answer = await webhook.post([an_event(), an_event()])
    assert answer.json() == {"accepted": 1, "already_known": 1}
    assert len(webhook.values) == 1
    clash = [an_event(record="ADV-9"), an_event(record="ADV-9", effective_on="2026-09-13")]
    answer = await webhook.post(clash)
    assert answer.status_code == 409
    assert [(each["index"], each["field"]) for each in answer.json()["errors"]] == [(1, "effective_on")]
    assert len(webhook.values) == 1


async def test_a_batch_of_known_and_new_produces_the_new(webhook: Caller) -> None:
    await webhook.post(an_event())
    answer = await webhook.post([an_event(), an_event(record="ADV-78")])
    assert answer.json() == {"accepted": 1, "already_known": 1}
    assert len(webhook.values) == 2


async def test_twenty_at_once_produce_one(either: Caller) -> None:
    publish = either.publisher.publish

    async def slowly(topic: str, messages: object) -> None:
        await asyncio.sleep(0.1)
        await publish(topic, messages)  # type: ignore[arg-type]

    either.publisher.publish = slowly  # type: ignore[method-assign,assignment]
    answers = await asyncio.gather(*(either.post(an_event()) for _ in range(20)))
    assert [answer.status_code for answer in answers] == [202] * 20
    assert sum(answer.json()["accepted"] for answer in answers) == 1
    assert len(either.values) == 1


async def test_without_an_ack_it_is_503_and_a_repeat_with_the_same_content_is_taken(webhook: Caller) -> None:
    webhook.publisher.fail = NotAcknowledged("no ack")
    before = counted("refused", reason="not-acknowledged")
    answer = await webhook.post(an_event())
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert counted("refused", reason="not-acknowledged") == before + 1
    webhook.publisher.fail = None
    assert (await webhook.post(an_event(effective_on="2026-09-13"))).status_code == 409, "it may be on the topic"
    assert (await webhook.post(an_event())).json() == {"accepted": 1, "already_known": 0}
    assert (await webhook.post(an_event())).json() == {"accepted": 0, "already_known": 1}


async def test_an_ack_that_takes_too_long_is_503(hurried: Caller) -> None:
    async def never(topic: str, messages: object) -> None:
        await asyncio.Event().wait()

    publish, hurried.publisher.publish = hurried.publisher.publish, never  # type: ignore[method-assign,assignment]
    answer = await hurried.post(an_event())
    assert (answer.status_code, answer.json()["error"]) == (503, "not-acknowledged")
    hurried.publisher.publish = publish  # type: ignore[method-assign]
    assert (await hurried.post(an_event())).status_code == 202


async def test_an_event_that_somebody_else_holds_is_503(hurried: Caller) -> None:
    await hurried.post(an_event())
    [((source, key), _)] = hurried.ledger._rows.items()
    hurried.ledger._rows.clear()
    await hurried.ledger.claim(source, [entry(KEY, key, {"other": "content"})])
    answer = await hurried.post(an_event())
    assert (answer.status_code, answer.json()["error"]) == (503, "in-flight")
    assert "retry-after" in answer.headers


async def test_over_the_in_flight_limit_it_is_503_at_once(hurried: Caller) -> None:
    gate = asyncio.Event()
    publish = hurried.publisher.publish

    async def held(topic: str, messages: object) -> None:
        await gate.wait()
        await publish(topic, messages)  # type: ignore[arg-type]

    hurried.publisher.publish = held  # type: ignore[method-assign,assignment]
    inside = [asyncio.create_task(hurried.post(an_event(record=f"ADV-{number}"))) for number in range(2)]
    await asyncio.sleep(0.05)
    answer = await hurried.post(an_event(record="ADV-3"))
    assert (answer.status_code, answer.json()["error"]) == (503, "in-flight-limit")
    assert "retry-after" in answer.headers
    gate.set()
    assert [(await each).status_code for each in inside] == [202, 202]
    assert (await hurried.post(an_event(record="ADV-3"))).status_code == 202


async def test_a_message_that_the_topic_does_not_take_is_413_and_forgotten(webhook: Caller) -> None:
    webhook.publisher.fail = TooLarge("too large")
    assert (await webhook.post(an_event())).status_code == 413
    webhook.publisher.fail = None
    assert (await webhook.post(an_event(effective_on="2026-09-13"))).status_code == 202


async def test_without_the_ledger_it_is_503_and_nothing_is_produced(webhook: Caller) -> None:
    webhook.ledger.fail = LedgerUnavailable("away")
    answer = await webhook.post(an_event())
    assert (answer.status_code, answer.json()["error"]) == (503, "ledger")
    assert webhook.values == []
    webhook.ledger.fail = None
    assert (await webhook.post(an_event())).status_code == 202


async def test_an_ack_stands_although_the_ledger_cannot_note_it(webhook: Caller) -> None:
    publish = webhook.publisher.publish

    async def then_lose_the_ledger(topic: str, messages: object) -> None:
        await publish(topic, messages)  # type: ignore[arg-type]
        webhook.ledger.fail = LedgerUnavailable("away")

    webhook.publisher.publish = then_lose_the_ledger  # type: ignore[method-assign,assignment]
    assert (await webhook.post(an_event())).json() == {"accepted": 1, "already_known": 0}


async def test_an_error_of_our_own_is_500_says_nothing_and_is_not_remembered_as_taken(webhook: Caller) -> None:
    webhook.publisher.fail = RuntimeError("Robin Example")
    before = counted("refused", reason="internal")
    answer = await webhook.post(an_event())
    assert answer.status_code == 500
    assert "Robin" not in answer.text
    assert counted("refused", reason="internal") == before + 1
    webhook.publisher.fail = None
    assert (await webhook.post(an_event())).json() == {"accepted": 1, "already_known": 0}


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/events", 405), ("POST", "/event", 404)])
async def test_nothing_else_is_here(webhook: Caller, method: str, path: str, status: int) -> None:
    answer = await webhook.client.request(method, path)
    assert answer.status_code == status
    assert answer.json()["message"] == "only POST /events is here"
