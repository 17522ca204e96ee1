"""One line when something becomes unavailable, one when it is back."""

import pytest
from structlog.testing import capture_logs

from hub.platform.outages import Outages

AWAY, OTHER = "Kafka does not answer", "the database is away"


def lines(log: list[dict[str, object]]) -> list[tuple[object, object]]:
    return [(each["event"], each.get("why") or each.get("after")) for each in log]


def test_it_is_said_once_however_often_it_is_met() -> None:
    with capture_logs() as log:
        outages = Outages(stage="intake")
        for _ in range(3):
            outages.begins("a", AWAY)
        outages.ends("a")
        outages.ends("a")
    assert lines(log) == [("waiting", AWAY), ("goes on", AWAY)]
    assert {each["stage"] for each in log} == {"intake"}
    assert "seconds" in log[1]


def test_many_who_wait_for_one_thing_say_it_once_and_the_last_says_that_it_is_over() -> None:
    with capture_logs() as log:
        outages = Outages()
        for who in "abc":
            outages.begins(who, AWAY)
        for who in "ab":
            outages.ends(who)
        assert lines(log) == [("waiting", AWAY)]
        outages.ends("c")
    assert lines(log) == [("waiting", AWAY), ("goes on", AWAY)]


def test_another_thing_that_is_away_is_said_by_itself() -> None:
    with capture_logs() as log:
        outages = Outages()
        outages.begins("a", AWAY)
        outages.begins("b", OTHER)
        outages.begins("a", OTHER)
        outages.ends("a")
        outages.ends("b")
    assert lines(log) == [("waiting", AWAY), ("waiting", OTHER), ("goes on", AWAY), ("goes on", OTHER)]


@pytest.mark.parametrize("times", [1, 2])
def test_it_can_begin_again(times: int) -> None:
    with capture_logs() as log:
        outages = Outages()
        for _ in range(times):
            outages.begins("a", AWAY)
            outages.ends("a")
    assert len(log) == 2 * times
