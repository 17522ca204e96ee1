"""The adapter over HTTP: what is sent, tokens, faults told apart, and nothing personal in logs or faults."""

import asyncio
import logging
import time
import traceback
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qs

import pytest
from joserfc.jwk import RSAKey
from starlette.responses import JSONResponse, RedirectResponse, Response

from connectors.nhs.pds.errors import Away, Busy, Denied, Garbled, PdsFault, Stale, Unfit
from connectors.nhs.pds.http import HttpPds
from connectors.nhs.pds.reading import Answered
from connectors.nhs.pds.twin_app import BASE
from tests.contract.pds.conftest import Service, tokens_of
from tests.contract.pds.people import AMY, patient, sought

OUTCOME = {"resourceType": "OperationOutcome", "issue": []}


async def test_the_search_is_the_one_that_is_advised(service: Service) -> None:
    await service.adapter.search(sought("Amy Rose", "van  Example", "hp19 8ff"))
    assert parse_qs(service.app.seen[-1]) == {
        "given": ["Amy*"],
        "family": ["van Example"],
        "birthdate": ["eq2016-03-04"],
        "address-postalcode": ["HP*"],
        "_fuzzy-match": ["false"],
        "_exact-match": ["false"],
        "_history": ["true"],
    }


@pytest.mark.parametrize("postcode", [None, "", "H", "  "])
async def test_without_a_postcode_none_is_named(service: Service, postcode: str | None) -> None:
    await service.adapter.search(sought("Al", "Example", postcode))
    asked = parse_qs(service.app.seen[-1])
    assert "address-postalcode" not in asked
    assert asked["given"] == ["Al*"]


async def test_one_token_serves_until_shortly_before_it_ends(service: Service) -> None:
    await asyncio.gather(*(service.adapter.retrieve(AMY) for _ in range(5)))
    assert service.tokens_given == 1
    service.clock.ahead = timedelta(seconds=560)
    await service.adapter.retrieve(AMY)
    assert service.tokens_given == 1
    service.clock.ahead = timedelta(seconds=570)
    await service.adapter.retrieve(AMY)
    assert service.tokens_given == 2


async def test_a_token_that_is_not_taken_any_more_is_replaced(service: Service) -> None:
    await service.adapter.retrieve(AMY)
    service.app.tokens.clear()
    with pytest.raises(Stale):
        await service.adapter.retrieve(AMY)
    assert (await service.adapter.retrieve(AMY)).result == "found"


async def test_a_new_token_that_is_not_taken_is_for_a_person(service: Service) -> None:
    service.app.faults = [JSONResponse(OUTCOME, 401)]
    with pytest.raises(Denied, match="401"):
        await service.adapter.retrieve(AMY)


async def test_a_key_that_is_not_registered_gets_no_token(service: Service) -> None:
    tokens = tokens_of(service.client, service.url, service.clock, RSAKey.generate_key(2048))
    with pytest.raises(Denied, match="invalid_client"):
        await HttpPds(service.client, service.url, tokens, service.clock, 5.0).retrieve(AMY)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (JSONResponse(OUTCOME, 403), Denied),
        (JSONResponse(OUTCOME, 429), Busy),
        (JSONResponse(OUTCOME, 500), Away),
        (JSONResponse(OUTCOME, 502), Away),
        (JSONResponse(OUTCOME, 503), Away),
        (Response("<html>hotel wifi</html>", 200), Garbled),
        (Response("", 200), Garbled),
        (Response("<html>no such page</html>", 404), Garbled),
        (JSONResponse(OUTCOME, 404), Garbled),
        (JSONResponse([], 200), Garbled),
        (JSONResponse({"resourceType": 7}, 200), Garbled),
        (RedirectResponse("http://127.0.0.1:9/", 302), Garbled),
        (Response(b"{" + b" " * 1_100_000, 200), Garbled),
        (JSONResponse({"resourceType": "Device", "id": AMY}, 200), Unfit),
        (JSONResponse({"resourceType": "Patient"}, 200), Unfit),
        (JSONResponse({"resourceType": "Patient", "id": "9990000017"}, 200), Unfit),
        (JSONResponse({"resourceType": "Patient", "id": 9990000018}, 200), Unfit),
        (JSONResponse({"resourceType": "Patient", "id": AMY}, 404), Unfit),
    ],
)
async def test_faults_are_told_apart_and_say_nothing_of_anybody(
    service: Service, answer: Response, fault: type[PdsFault], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    service.app.faults = [answer]
    with pytest.raises(PdsFault) as raised:
        await service.adapter.retrieve(AMY)
    assert type(raised.value) is fault
    told = "".join(traceback.format_exception(raised.value, chain=True)) + repr(raised.value)
    told += "".join(record.getMessage() for record in caplog.records if not record.name.startswith("uvicorn"))
    assert AMY not in told


@pytest.mark.parametrize(
    "answer",
    [
        {"resourceType": "OperationOutcome", "issue": []},
        {"resourceType": "Bundle", "type": "history"},
        {"resourceType": "Bundle", "type": "searchset", "total": 2, "entry": []},
        {"resourceType": "Bundle", "type": "searchset", "total": 1, "entry": [{"resource": {"resourceType": "Flag"}}]},
        {"resourceType": "Bundle", "type": "searchset", "total": 1, "entry": [{}]},
        patient(AMY, "Amy", "Example"),
    ],
    ids=lambda answer: answer["resourceType"],
)
async def test_an_answer_to_a_search_that_is_none_is_unfit(service: Service, answer: dict[str, object]) -> None:
    service.app.faults = [JSONResponse(answer)]
    with pytest.raises(Unfit):
        await service.adapter.search(sought("Amy", "Example"))


async def test_a_question_that_is_not_taken_is_answered_so(service: Service) -> None:
    service.app.faults = [JSONResponse(OUTCOME, 400)]
    assert (await service.adapter.search(sought("Amy", "Example"))).result == "refused"


@pytest.mark.parametrize(
    ("said", "at_least", "at_most"),
    [
        ("7", 7, 7),
        (format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True), 3_000, 3_600),
        ("soon", -1, -1),
    ],
)
async def test_retry_after_is_seconds_or_a_date(service: Service, said: str, at_least: int, at_most: int) -> None:
    service.app.faults = [JSONResponse(OUTCOME, 429, {"Retry-After": said})]
    with pytest.raises(Busy) as raised:
        await service.adapter.retrieve(AMY)
    after = -1 if raised.value.retry_after is None else raised.value.retry_after
    assert at_least <= after <= at_most


async def test_nobody_there_and_too_slow_are_away(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    nobody = HttpPds(service.client, "http://127.0.0.1:1", service.tokens, service.clock, 5.0)
    with pytest.raises(Away, match="ConnectError") as raised:
        await nobody.retrieve(AMY)
    answering = service.app.twin.get

    def slowly(number: str) -> Answered:
        time.sleep(0.5)
        return answering(number)

    service.app.twin.get = slowly  # type: ignore[method-assign]
    hurried = HttpPds(service.client, f"{service.url}{BASE}", service.tokens, service.clock, 0.2)
    with pytest.raises(Away, match="within") as late:
        await hurried.retrieve(AMY)
    told = [*traceback.format_exception(raised.value, chain=True), *traceback.format_exception(late.value, chain=True)]
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith("uvicorn")]
    assert AMY not in "".join([*told, *logged])
