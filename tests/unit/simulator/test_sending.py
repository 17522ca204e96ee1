import asyncio
import json
from datetime import UTC, datetime

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from hub.simulator import sending
from hub.simulator.delivery import Delivery
from hub.simulator.endpoints import Endpoints
from hub.simulator.feeds import CASES
from hub.simulator.rates import COMMUNITY
from hub.simulator.sending import Sender, Undelivered

AT = datetime(2026, 8, 4, 9, tzinfo=UTC)
TAKEN = httpx.Response(202, json={"accepted": 1, "already_known": 0})
KNOWN = httpx.Response(202, json={"accepted": 0, "already_known": 1})


@pytest.fixture
def pauses(monkeypatch):
    """Pauses are noted and not waited for."""
    noted = []

    async def pause(seconds):
        noted.append(seconds)

    monkeypatch.setattr(sending.asyncio, "sleep", pause)
    return noted


class Hub:
    """Gives the answers in turn, the last for ever; an exception is raised."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []

    def __call__(self, request):
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def sender(hub, tmp_path, **others):
    endpoints = Endpoints(
        "http://webhook", "http://bars", "http://api", tmp_path, "kafka", {CASES: "t", COMMUNITY: "signed"}, **others
    )
    return Sender(endpoints, httpx.AsyncClient(transport=httpx.MockTransport(hub)))


def event(expect="taken", body=b'{"kind": "x"}'):
    return Delivery(AT, "webhook", CASES, "REQ-1", lambda: body, expect)


def message(expect="taken"):
    return Delivery(AT, "bars", COMMUNITY, "0f5c2a1e-0000-4000-8000-000000000001", lambda: b"{}", expect, "c")


async def test_events_of_a_source_go_in_one_batch_with_its_token(tmp_path):
    hub = Hub(TAKEN)
    await sender(hub, tmp_path).events(CASES, [event(body=b'{"n": 1}'), event(body=b'{"n": 2}')])
    assert json.loads(hub.requests[0].content) == [{"n": 1}, {"n": 2}]
    assert hub.requests[0].headers["authorization"] == "Bearer t"


async def test_a_single_event_goes_as_its_own_bytes(tmp_path):
    hub = Hub(TAKEN)
    await sender(hub, tmp_path).events(CASES, [event()])
    assert hub.requests[0].content == b'{"kind": "x"}'


@pytest.mark.parametrize("status", [503, 425, 429, 408])
async def test_it_tries_again_with_the_same_body_as_long_as_it_is_asked_to(tmp_path, pauses, status):
    hub = Hub(httpx.Response(status, headers={"Retry-After": "3"}), httpx.Response(200))
    one = sender(hub, tmp_path)
    await one.message(message())
    assert pauses == [3.0]
    assert [request.headers["x-request-id"] for request in hub.requests] == [message().id] * 2
    assert (one.sent.taken, one.sent.retries, one.sent.surprises) == (1, 1, [])


async def test_a_broken_connection_is_tried_again(tmp_path, pauses):
    one = sender(Hub(httpx.ConnectError("refused"), TAKEN), tmp_path)
    await one.events(CASES, [event()])
    assert (one.sent.taken, one.sent.retries) == (1, 1)


async def test_it_gives_up_at_last(tmp_path, pauses, monkeypatch):
    monkeypatch.setattr(sending, "_PATIENCE", -1.0)
    with pytest.raises(Undelivered, match="went on answering 503"):
        await sender(Hub(httpx.Response(503)), tmp_path).message(message())


async def test_a_repeat_after_an_answer_that_never_came_may_be_known(tmp_path, pauses):
    one = sender(Hub(httpx.ReadTimeout("slow"), httpx.Response(409)), tmp_path)
    await one.message(message())
    assert (one.sent.taken, one.sent.surprises) == (1, [])


@pytest.mark.parametrize(
    ("expect", "answer", "counted"),
    [
        ("known", KNOWN, "known"),
        ("conflict", httpx.Response(409), "refused"),
        ("refused", httpx.Response(422), "refused"),
        ("refused", httpx.Response(400), "refused"),
    ],
)
async def test_an_event_is_answered_as_it_ought_to_be(tmp_path, expect, answer, counted):
    one = sender(Hub(answer), tmp_path)
    await one.events(CASES, [event(expect)])
    assert getattr(one.sent, counted) == 1
    assert one.sent.surprises == []


@pytest.mark.parametrize(
    ("expect", "answer"),
    [
        ("known", TAKEN),
        ("taken", KNOWN),
        ("taken", httpx.Response(422)),
        ("refused", TAKEN),
        ("conflict", TAKEN),
        ("conflict", httpx.Response(422)),
    ],
)
async def test_any_other_answer_to_an_event_is_a_surprise(tmp_path, expect, answer):
    one = sender(Hub(answer), tmp_path)
    await one.events(CASES, [event(expect)])
    assert len(one.sent.surprises) == 1


@pytest.mark.parametrize(
    ("expect", "status", "surprised"),
    [
        ("taken", 200, False),
        ("taken", 409, True),
        ("duplicate", 409, False),
        ("duplicate", 200, True),
        ("refused", 422, False),
        ("refused", 200, True),
    ],
)
async def test_a_message_is_answered_as_it_ought_to_be(tmp_path, expect, status, surprised):
    one = sender(Hub(httpx.Response(status)), tmp_path)
    await one.message(message(expect))
    assert bool(one.sent.surprises) is surprised


async def test_a_trust_signs_its_token_with_its_own_key(tmp_path):
    key = ECKey.generate_key("P-256", {"kid": "RXQ"})
    (tmp_path / "RXQ.json").write_text(json.dumps(key.as_dict(private=True)))
    hub = Hub(httpx.Response(200))
    one = sender(hub, tmp_path, keys={"oxford-health:RNU:2026": tmp_path / "RXQ.json"})
    await one.message(Delivery(AT, "bars", "oxford-health:RNU:2026", message().id, lambda: b"{}"))
    token = hub.requests[0].headers["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, key).claims
    assert (claims["sub"], claims["aud"]) == ("oxford-health:RNU:2026", "sendhub-bars")


async def put_away(folder, place, name):
    (folder / place).mkdir()
    while not (folder / name).exists():  # noqa: ASYNC110 - a file tells nobody
        await asyncio.sleep(0.01)
    (folder / name).replace(folder / place / name)


@pytest.mark.parametrize(
    ("place", "expect", "surprised"),
    [("done", "taken", False), ("rejected", "taken", True), ("held", "taken", True), ("rejected", "refused", False)],
)
async def test_a_file_is_dropped_whole_and_its_place_looked_at(tmp_path, place, expect, surprised):
    one = sender(Hub(TAKEN), tmp_path)
    delivery = Delivery(AT, "files", CASES, "people.csv", lambda: b"a,b\r\n", expect)
    await asyncio.gather(one.file(delivery), put_away(tmp_path, place, "people.csv"))
    assert (tmp_path / place / "people.csv").read_bytes() == b"a,b\r\n"
    assert bool(one.sent.surprises) is surprised
    assert (one.sent.files, one.sent.refused) == (1, int(expect == "refused"))


async def test_a_file_that_nobody_takes_is_undelivered(tmp_path, monkeypatch):
    monkeypatch.setattr(sending, "_PATIENCE", -1.0)
    with pytest.raises(Undelivered, match=r"people\.csv was not taken"):
        await sender(Hub(TAKEN), tmp_path).file(Delivery(AT, "files", CASES, "people.csv", lambda: b"x"))
