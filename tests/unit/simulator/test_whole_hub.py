"""A partnership played through the whole hub in memory: nothing is lost, and what is broken on purpose is found."""

from datetime import date, timedelta

import pytest

from hub.simulator.comparison import compare
from hub.simulator.deliveries import plan
from hub.simulator.oracle import truths_of
from hub.simulator.partnership import Partnership
from hub.simulator.player import play
from tests.unit.simulator.whole_hub import WholeHub

FIRST = date(2026, 9, 7)


class Played:
    """A partnership, the hub that it was played to, and what came of it."""

    def __init__(self, seed, children, weeks):
        self.partnership = Partnership.make(seed, children, FIRST, FIRST + timedelta(weeks=weeks))
        self.plan = plan(self.partnership)
        self.steps = []

    async def to(self, hub):
        self.hub = hub
        async with hub.watching():
            self.sent = await play(
                self.partnership,
                hub.endpoints,
                hub.set_day,
                hub.drained,
                lambda *step: self.steps.append(step),
                self.plan,
                hub.client(),
            )
        async with hub.reader() as read:
            self.found = await compare(truths_of(self.partnership), read)
        return self


@pytest.fixture
def hub(tmp_path):
    return WholeHub(tmp_path, FIRST)


@pytest.mark.parametrize("seed", [5, 6])
async def test_nothing_is_lost_and_every_deadline_is_as_the_truth_implies(hub, seed):
    played = await Played(seed, 80, 7).to(hub)
    assert (played.found.lost, played.found.wrong, played.sent.surprises) == ([], [], [])
    assert played.found.children == 80
    assert played.found.deadlines > 500
    assert hub.dead_letters == []
    assert played.sent.refused == played.plan.refused
    assert played.steps[-1] == (len(played.plan.deliveries),) * 2


async def test_what_only_a_person_can_answer_is_asked(hub):
    played = await Played(5, 80, 7).to(hub)
    doubts = played.plan.doubts
    assert doubts.conflicts == 2
    assert len(hub.reviews("conflict")) == doubts.conflicts
    assert len(hub.reviews("unmatched-input")) == doubts.unmatched


class Losing(WholeHub):
    """Drops one of a hundred messages after it was answered for."""

    async def drained(self):
        self.publisher.published = [each for n, each in enumerate(self.publisher.published) if n % 100 != 17]
        await super().drained()


async def test_a_hub_that_loses_messages_is_found_out(tmp_path):
    played = await Played(5, 80, 3).to(Losing(tmp_path, FIRST))
    assert played.found.lost or played.found.wrong


class Tickless(WholeHub):
    """Its clock goes, but nobody tells the stages of new days."""

    async def set_day(self, day):
        self.day = day
        await super().set_day(day)


async def test_a_hub_that_does_not_notice_the_days_is_found_out(tmp_path):
    played = await Played(5, 80, 3).to(Tickless(tmp_path, FIRST))
    assert any("state is running, ought to be overdue" in line for line in played.found.wrong)
