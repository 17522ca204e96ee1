"""What a process says of itself while it waits, and when its loop hangs."""

import pytest
from structlog.testing import capture_logs

from hub.platform import health as platform_health
from hub.platform.health import Health
from hub.runtime.patience import wait_for
from hub.stages.errors import Unavailable


def test_what_is_missing_is_asked_for_again_said_by_ready_and_logged_once() -> None:
    health, said, left = Health(), [], [3]

    def needed() -> str:
        left[0] -= 1
        if left[0] >= 0:
            raise Unavailable("hub.facts is missing", delay=0.5)
        return "found"

    with capture_logs() as logs:
        assert wait_for(needed, health, lambda seconds: said.append((seconds, health.problems()))) == "found"
    assert said == [(0.5, {"start": "hub.facts is missing"})] * 3
    assert [entry["why"] for entry in logs] == ["hub.facts is missing"]
    assert health.problems() == {}


def test_what_will_never_be_there_is_not_waited_for() -> None:
    def needed() -> None:
        raise LookupError("no such thing")

    with pytest.raises(LookupError):
        wait_for(needed, Health(), lambda seconds: pytest.fail("it waited"))


def test_a_loop_that_stops_coming_round_is_not_live(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(platform_health.time, "monotonic", lambda: now[0])
    health = Health()
    assert health.live(), "a process without a loop of its own"
    health.beat()
    now[0] += platform_health.LIVE_SECONDS - 1
    assert health.live()
    now[0] += 1
    assert not health.live()
    health.beat()
    assert health.live()
