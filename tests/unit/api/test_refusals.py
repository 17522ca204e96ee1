"""Whatever is sent: a 4xx that says what is wrong, never a 5xx, never an echo."""

import base64

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from hub.api.settings import ApiSettings
from tests.unit.api.conftest import HASH, TOKEN

LISTINGS = ["/children", "/children/chd-01/deadlines", "/deadlines", "/alerts", "/reviews", "/dead-letters"]


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", "é", HASH])
@pytest.mark.parametrize("path", ["/children", "/health", "/openapi.json", "/nothing", "/live/", "//live"])
async def test_without_a_token_nothing_is_shown(stranger, path, authorization):
    headers = {} if authorization is None else {"Authorization": authorization.encode("latin-1")}
    answer = await stranger.get(path, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["status"] == 401


async def test_live_and_ready_need_no_token_and_tell_nothing(anybody, filled):
    assert (await anybody.get("/live")).json() == {"live": True}
    assert (await anybody.get("/ready")).json() == {"ready": True}


async def test_a_second_token_opens_too(url, filled):
    both = ApiSettings(api_token_sha256=f"{'0' * 64}, {HASH.upper()}")
    assert both.token_hashes == ("0" * 64, HASH)


@pytest.mark.parametrize("hashes", ["", ",", "secret", "g" * 64, f"{'0' * 64},x"])
def test_a_token_that_is_no_hash_is_refused_at_start(hashes):
    with pytest.raises(ValueError, match="SHA-256"):
        ApiSettings(api_token_sha256=hashes)


WRONG = [
    {"limit": "0"},
    {"limit": "501"},
    {"limit": "-1"},
    {"limit": "9" * 400},
    {"limit": "ten"},
    {"limit": "1e3"},
    {"limit": ""},
    {"limit": "\x00"},
    {"cursor": ""},
    {"cursor": "x"},
    {"cursor": "." * 1_500},
    {"cursor": "é"},
    {"cursor": "x" * 60_000},
    {"cursor": base64.urlsafe_b64encode(b'["chd-1"]').decode() + "." + "0" * 24},
    {"stat": "open"},
    {"__class__": "x"},
    {"state": "gone"},
    {"area": ""},
    {"area": "a\x00b"},
    {"area": "x" * 201},
    {"area": "x" * 50_000},
]
DEADLINE_ONLY = [
    {"due_from": "1792000000"},
    {"due_from": "2026-02-30"},
    {"due_from": "20261020"},
    {"due_to": "2026-10-20T00:00:00Z"},
    {"due_to": "99999-01-01"},
    {"due_to": "0000-00-00"},
    {"due_to": "-inf"},
    {"clock": "\x1b[31m"},
]


@pytest.mark.parametrize("parameters", WRONG)
@pytest.mark.parametrize("path", LISTINGS)
async def test_wrong_parameters_are_named(known, path, parameters):
    answer = await known.get(path, params=parameters)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), answer.text
    assert [error["field"] for error in answer.json()["errors"]] == list(parameters)


@pytest.mark.parametrize("parameters", DEADLINE_ONLY)
async def test_wrong_days_are_named(known, parameters):
    answer = await known.get("/deadlines", params=parameters)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == list(parameters)


@pytest.mark.parametrize(
    ("path", "field", "said"),
    [
        ("/deadlines", "clock", "`sendhub clocks list`"),
        ("/children/chd-00/deadlines", "clock", "`sendhub clocks list`"),
        ("/alerts", "threshold", "'overdue'"),
        ("/reviews", "question", "'potential-match'"),
    ],
)
async def test_a_name_that_there_is_not_is_refused_and_where_they_stand_is_said(known, path, field, said):
    """It would find nothing, which reads like all is well."""
    answer = await known.get(path, params={field: "adivce-6w"})
    assert answer.status_code == 422
    assert [(error["field"], said in error["message"]) for error in answer.json()["errors"]] == [(field, True)]
    assert "Value error" not in answer.text


async def test_all_that_is_wrong_is_named_and_nothing_is_repeated(client, filled):
    wrong = {"limit": "Ada", "state": "Lovelace", "due_from": "999 123 4567", "zzz": "Ada"}
    answer = await client.get("/deadlines", params=wrong)
    assert {error["field"] for error in answer.json()["errors"]} == set(wrong)
    assert not any(value in answer.text for value in ("Ada", "Lovelace", "999 123"))


async def test_a_cursor_is_good_for_its_own_question_only(client, filled):
    cursor = (await client.get("/deadlines", params={"limit": 2, "state": "running"})).json()["next"]
    same = await client.get("/deadlines", params={"limit": 5, "state": "running", "cursor": cursor})
    assert same.status_code == 200
    payload, _, seal = cursor.partition(".")
    changed = base64.urlsafe_b64encode(base64.urlsafe_b64decode(payload).replace(b"2026", b"1926")).decode()
    for path, parameters in [
        ("/deadlines", {"cursor": cursor}),
        ("/deadlines", {"state": "overdue", "cursor": cursor}),
        ("/children/chd-00/deadlines", {"state": "running", "cursor": cursor}),
        ("/alerts", {"cursor": cursor}),
        ("/deadlines", {"state": "running", "cursor": f"{changed}.{seal}"}),
        ("/deadlines", {"state": "running", "cursor": payload}),
        ("/deadlines", {"state": "running", "cursor": f"!{cursor}"}),
    ]:
        answer = await client.get(path, params=parameters)
        assert answer.status_code == 422, (path, parameters)
        assert answer.json()["errors"][0]["field"] == "cursor"


@pytest.mark.parametrize(
    "path",
    [
        "/children/%00",
        "/children/%FF%FE",
        "/children/%20",
        "/children/" + "x" * 201,
        "/children/" + "x" * 50_000,
        "/children/a%0Ab/deadlines",
        "/dead-letters/%F0%9F%92%A9",
        "/children/..%2F..%2Fetc",
        "/children/",
    ],
)
async def test_hostile_ids(known, path):
    answer = await known.get(path)
    assert answer.status_code in {404, 422}
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "BREW"])
async def test_nothing_can_be_written(known, method):
    answer = await known.request(method, "/children", content=b"{}")
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")


@examples(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(LISTINGS), query=st.binary(max_size=60))
async def test_any_bytes_as_a_query(known, path, query):
    answer = await known.get(f"{path}?" + "".join(f"%{byte:02x}" if byte not in b"&=" else chr(byte) for byte in query))
    assert answer.status_code in {200, 422}


async def test_without_a_read_model_it_is_a_503_that_says_why(client):
    for path in ("/children", "/children/chd-1"):
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        assert "no read model" in answer.json()["detail"]
        assert int(answer.headers["retry-after"]) > 0
    assert (await client.get("/ready")).status_code == 503
    health = await client.get("/health")
    assert (health.status_code, health.json()["ready"]) == (503, False)


async def test_it_serves_once_the_read_model_is_there(client, request):
    assert (await client.get("/children")).status_code == 503
    request.getfixturevalue("filled")
    assert (await client.get("/children")).status_code == 200
