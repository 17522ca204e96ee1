import httpx
import pytest

from hub.simulator import pacing
from hub.simulator.pacing import StillBehind, until_drained

LAG = 'sendhub_stage_lag_records{{stage="casework",topic="hub.facts",partition="0"}} {}\n'


@pytest.fixture
def answers(monkeypatch):
    """Metrics answered in turn, the last for ever; None is a stage that does not answer."""
    found = []

    def answer(request):
        lag = found.pop(0) if len(found) > 1 else found[0]
        return httpx.Response(503) if lag is None else httpx.Response(200, text=LAG.format(lag))

    client = httpx.AsyncClient
    monkeypatch.setattr(pacing.httpx, "AsyncClient", lambda **_: client(transport=httpx.MockTransport(answer)))
    monkeypatch.setattr(pacing, "_LOOK", 0)
    return found


async def test_it_waits_for_two_quiet_looks(answers):
    answers += [5.0, 0.0, 2.0, 0.0, 0.0, 9.0]
    await until_drained(["http://casework/metrics"])
    assert answers == [9.0]


async def test_a_stage_that_does_not_answer_is_not_quiet(answers):
    answers += [0.0, None, 0.0, 0.0, 9.0]
    await until_drained(["http://casework/metrics"])
    assert answers == [9.0]


async def test_it_does_not_wait_for_ever(answers, monkeypatch):
    monkeypatch.setattr(pacing, "_PATIENCE", -1.0)
    answers += [5.0]
    with pytest.raises(StillBehind, match="are they all running"):
        await until_drained(["http://casework/metrics"])


async def test_without_addresses_there_is_nothing_to_wait_for():
    await until_drained([])
