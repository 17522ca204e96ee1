"""Sources and stages: how each does, in words, and pausing."""

from datetime import timedelta

import pytest

from hub.api.access import Grant
from hub.api.pages.sources import lasting, usual_gap
from hub.stages.errors import Unavailable
from tests.support.engineering import EVIL

EVERYWHERE = Grant(role="engineer", areas=frozenset({"*"}))


async def test_each_source_says_when_it_was_heard_its_rhythm_and_its_last_error(operator):
    page = (await operator("engineer").get("/pages/sources")).text
    assert "one-education:825:2022" in page
    assert "27 Nov 2026, 09:28" in page
    assert "Usually every 7 minutes" in page
    assert "The body is not JSON</a><small>3 dead letters open" in page
    assert "931" not in page


async def test_stages_are_told_of_with_what_is_wrong_in_words(operator):
    page = (await operator("engineer").get("/pages/sources")).text
    assert "1,204 records behind" in page
    for runbook in ("lag-rising", "reviews-standing"):
        assert f"docs/runbooks/{runbook}.md" in page
    assert "Paused by prs-night on 27 Nov 2026, 09:30: a wrong rule &lt;img" in page
    assert EVIL not in page
    assert "Ends on 20 December 2026" in page


async def test_who_does_not_operate_the_hub_sees_the_sources_alone(operator, operated):
    operated.doing.away = Unavailable("nobody needs it here")
    page = (await operator("coordinator").get("/pages/sources")).text
    assert "one-education:825:2022" in page
    for technical in ("Connectors and stages", "Pause", "/pages/dead-letters"):
        assert technical not in page


async def test_pausing_and_going_on_need_a_reason_and_say_who(operator, operated):
    who = operator("engineer", EVERYWHERE)
    assert (await who.post("/pages/sources/intake/pause", reason="why")).status_code == 422
    assert (
        await operator("coordinator").post("/pages/sources/intake/pause", reason="a wrong decoder")
    ).status_code == 403
    assert operated.doing.acts == []
    answer = await who.post("/pages/sources/intake/pause", reason="a wrong decoder")
    assert answer.headers["location"] == "/pages/sources?paused=intake#intake"
    page = (await who.get("/pages/sources?paused=intake")).text
    assert "Intake stops reading within seconds" in page
    assert "Paused by prs-engineer" in page
    answer = await who.post("/pages/sources/intake/resume", reason="it was mended")
    assert answer.headers["location"] == "/pages/sources?resumed=intake#intake"
    assert [(what, asked.process, asked.actor, asked.why) for what, asked in operated.doing.acts] == [
        ("pause", "intake", "prs-engineer", "a wrong decoder"),
        ("resume", "intake", "prs-engineer", "it was mended"),
    ]


@pytest.mark.parametrize("process", ["api", "audit", "none", "Intake", "x" * 50, "..", "<b>"])
async def test_what_can_not_be_paused_is_refused(operator, operated, process):
    answer = await operator("engineer", EVERYWHERE).post(f"/pages/sources/{process}/pause", reason="a wrong decoder")
    assert answer.status_code in (404, 422)
    assert operated.doing.acts == []


@pytest.mark.parametrize("areas", [(), ("825",)])
async def test_who_operates_in_some_areas_pauses_nothing_that_all_need(operator, operated, areas):
    who = operator("engineer", Grant(role="engineer", areas=frozenset(areas)))
    for what in ("pause", "resume"):
        answer = await who.post(f"/pages/sources/identity/{what}", reason="a wrong decoder")
        assert (answer.status_code, operated.doing.acts) == (403, [])
    assert "Pause it" not in (await who.get("/pages/sources")).text
    page = (await operator("engineer", EVERYWHERE).get("/pages/sources")).text
    assert "Pause it" in page
    assert "/pages/sources/audit/" not in page


async def test_what_is_told_comes_from_nowhere_else(operator):
    page = (await operator("engineer").get(f"/pages/sources?paused={EVIL}")).text
    assert "within seconds" not in page


def test_a_usual_gap_is_told_from_enough_messages():
    minute = 60_000_000
    assert usual_gap([]) == usual_gap([9 * minute, 5 * minute, 1 * minute]) == ""
    assert usual_gap([90 * minute, 9 * minute, 6 * minute, 3 * minute, 0]) == "every 3 minutes"
    assert usual_gap([3, 2, 1, 0]) == "every few seconds"
    assert lasting(timedelta(hours=30)) == "30 hours"
    assert lasting(timedelta(days=7)) == "7 days"
    assert lasting(timedelta(seconds=70)) == "minute"
