"""Look-ups are asked until they are answered, each answer is published, and nothing is lost on the way."""

import asyncio
from dataclasses import dataclass, field

import orjson
import pytest
from prometheus_client import REGISTRY

from connectors.nhs.pds.app import DENIED_WAIT, PASSED_BY, Tracer
from connectors.nhs.pds.errors import Away, Busy, Denied, PdsFault
from connectors.nhs.pds.feed import Asked, MemoryFeed
from connectors.nhs.pds.port import Patient, Reply
from connectors.sdk.publisher import MemoryPublisher, Message, NotAcknowledged, TooLarge
from hub.core.intake import DECODERS
from schemas.people import Person
from schemas.sources import Source
from schemas.traces import PDS, KnownName, Trace
from tests.unit.identity.people import BORN, COUNCIL, KEY, MONDAY, NHS, OTHER_NHS, TRUST, amy, observation
from tests.unit.pds.test_layers import FOUND, Scripted, Stopped
from tests.unit.pds.world import Traced

PATIENT = Patient(NHS, 3, "unrestricted", (KnownName(given="Amy", family="Example"),), BORN)
SOURCE = Source(id=PDS, kind="nhs", trusts_nhs_number=True)


def retrieve(number: int = 1) -> Asked:
    id_ = f"t{number}"
    return Asked(id_, f"l{number}", Trace(id=id_, link=f"l{number}", ask="retrieve", asked_at=MONDAY, nhs_number=NHS))


def search(**changes: object) -> Asked:
    said = {"given": "Amy", "family": "Example", "birth_date": BORN, "postcode": "HP19 8FF", **changes}
    trace = Trace.model_validate({"id": "t", "link": "l", "ask": "search", "asked_at": MONDAY, **said})
    return Asked("t", "l", trace)


@dataclass
class Away4:
    """A broker that confirms nothing for a while."""

    inner: MemoryPublisher
    faults: list[Exception] = field(default_factory=list)

    async def publish(self, topic: str, messages: list[Message]) -> None:
        if self.faults:
            raise self.faults.pop(0)
        await self.inner.publish(topic, messages)

    async def ready(self) -> bool:
        return True


class Running:
    """A tracer over memory; `slept` are its pauses."""

    def __init__(self, *asked: Asked, script: list[Reply | PdsFault] | None = None) -> None:
        self.slept: list[float] = []
        self.feed, self.service = MemoryFeed(list(asked)), Scripted(script or [])
        self.broker = MemoryPublisher()
        self.publisher = Away4(self.broker)
        self.tracer = Tracer(self.feed, self.service, self.publisher, Stopped(), KEY, 10, self._sleep)  # type: ignore[arg-type]

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)

    async def work(self) -> None:
        """All that waits, to its end."""
        await self.tracer.step()
        while self.tracer.open:
            await self.tracer.step()

    @property
    def answers(self) -> list[dict[str, object]]:
        return [orjson.loads(message.value) for _, message in self.broker.published]


async def test_an_answer_is_published_with_the_least_of_the_person_and_decoded_about_its_link() -> None:
    running = Running(retrieve(), script=[Reply("found", PATIENT)])
    await running.work()
    ((topic, message),) = running.broker.published
    assert topic == "nhs.messages"
    assert NHS.encode() not in message.key + str(message.envelope).encode()
    decoded = DECODERS[message.envelope.type](message.envelope, message.value, SOURCE)
    (observation,) = decoded.observations
    assert (observation.link, observation.source, observation.record) == ("l1", PDS, "t1")
    assert observation.person == Person(
        nhs_number=NHS, nhs_number_status="01", given="Amy", family="Example", birth_date=BORN
    )
    assert observation.data == {
        "ask": "retrieve",
        "result": "found",
        "asked_number": NHS,
        "version": 3,
        "security": "unrestricted",
        "names": [{"given": "Amy", "family": "Example"}],
    }
    assert running.feed.committed == 1


async def test_from_identity_to_identity_a_number_becomes_verified() -> None:
    world = Traced()
    world.observe(observation(TRUST, amy(id=None, upn=None), "REF1"))
    world.observe(observation(COUNCIL, amy(nhs_number_status="02", upn=None)))
    (trace,) = world.traces
    running = Running(Asked(trace.id, trace.link, trace), script=[Reply("found", PATIENT)])
    await running.work()
    ((_, message),) = running.broker.published
    world.observe(*DECODERS[message.envelope.type](message.envelope, message.value, SOURCE).observations)
    assert world.children_of("REF1") == world.children_of("R1") != set()


async def test_a_search_names_no_postcode_where_the_child_may_be_restricted() -> None:
    running = Running(search(may_be_restricted=True), search())
    await running.work()
    assert [sought.postcode for sought in running.service.asked] == [None, "HP19 8FF"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("fault", [Away("the service fails (503)"), Denied("not let in"), Busy("wait", 120.0)])
async def test_what_cannot_be_answered_waits_however_long_and_ready_says_why(fault: PdsFault) -> None:
    running = Running(retrieve(), script=[fault] * 8)
    said: list[str | None] = []

    async def sleep(seconds: float) -> None:
        running.slept.append(seconds)
        said.append(running.tracer.trouble)
        assert running.feed.committed == 0

    running.tracer.sleep = sleep
    await running.work()
    assert said == [str(fault)] * 8
    assert running.tracer.trouble is None
    assert [answer["result"] for answer in running.answers] == ["found"]
    assert running.feed.committed == 1
    least = {"Away": 5.0, "Denied": DENIED_WAIT, "Busy": 120.0}[type(fault).__name__]
    assert min(running.slept) >= least
    assert max(running.slept) <= 300.0


async def test_one_that_waits_holds_up_no_other_and_the_offset_stays_before_it() -> None:
    running = Running(*(retrieve(number) for number in range(1, 6)), script=[FOUND, Away("no")])
    stuck = asyncio.Event()

    async def sleep(seconds: float) -> None:
        await stuck.wait()

    running.tracer.sleep = sleep
    for _ in range(20):
        await running.tracer.step()
    assert sorted(str(answer["trace"]) for answer in running.answers) == ["t1", "t3", "t4", "t5"]
    assert running.feed.committed == 1
    stuck.set()
    await running.work()
    assert (len(running.answers), running.feed.committed) == (5, 5)


async def test_no_more_are_open_than_may_be() -> None:
    running = Running(*(retrieve(number) for number in range(1, 26)))
    most = 0

    async def slow(number: str) -> Reply:
        nonlocal most
        most = max(most, len(running.tracer.open))
        await asyncio.sleep(0.001)
        return FOUND

    running.service.retrieve = slow  # type: ignore[method-assign]
    async with asyncio.timeout(5):
        while running.feed.committed < 25:
            await running.tracer.step()
    assert most == 10


async def test_one_that_fails_while_others_are_answered_is_given_up_and_none_in_an_outage() -> None:
    running = Running(retrieve(1))
    failures = 0

    async def failing(number: str) -> Reply:
        nonlocal failures
        failures += 1
        raise Away("the service fails (500)")

    running.service.retrieve = failing  # type: ignore[method-assign]

    async def sleep(seconds: float) -> None:
        if failures > 30:
            running.tracer._replies += 1
        await asyncio.sleep(0)

    running.tracer.sleep = sleep
    await running.work()
    assert [answer["result"] for answer in running.answers] == ["unreadable"]
    assert failures == 30 + 1 + PASSED_BY


async def test_answers_from_memory_say_nothing_of_the_service() -> None:
    """In an outage: else what waits would be given up because others were answered."""
    running = Running(retrieve(1))
    failures = 0

    async def failing(number: str) -> Reply:
        nonlocal failures
        failures += 1
        if failures > 3 * PASSED_BY:
            return FOUND
        raise Away("the service fails (500)")

    async def remembered(sought: object) -> Reply:
        return Reply("none", kept=True)

    async def meanwhile(seconds: float) -> None:
        trace = search().trace
        assert trace is not None
        assert (await running.tracer._ask(trace)).result == "none"
        assert running.tracer.trouble == "the service fails (500)"

    running.tracer.sleep = meanwhile
    running.service.retrieve = failing  # type: ignore[method-assign]
    running.service.search = remembered  # type: ignore[method-assign]
    await running.work()
    assert [answer["result"] for answer in running.answers] == ["found"]


async def test_an_answer_is_published_until_the_broker_has_it() -> None:
    running = Running(retrieve())
    running.publisher.faults = [NotAcknowledged("no"), NotAcknowledged("no"), TooLarge("no")]
    await running.work()
    assert [answer["result"] for answer in running.answers] == ["unreadable"]
    assert len(running.slept) == 2


async def test_after_a_stop_what_was_not_answered_is_asked_again_under_the_same_id() -> None:
    running = Running(retrieve(1), retrieve(2), script=[Away("no"), Reply("none"), *[Away("no")] * 50])

    async def forever(seconds: float) -> None:
        await asyncio.sleep(3_600)

    running.tracer.sleep = forever
    work = asyncio.ensure_future(running.tracer.run())
    await asyncio.sleep(0.05)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert running.feed.committed == 0
    running.feed.restart()
    running.service.script = [Reply("none"), Reply("none")]
    running.tracer.sleep = running._sleep
    await running.work()
    ids = [message.envelope.id for _, message in running.broker.published]
    assert (len(ids), len(set(ids)), running.feed.committed) == (3, 2, 2)


async def test_what_could_not_be_read_is_answered_so_and_keeps_no_other_waiting() -> None:
    running = Running(Asked("t0", "l0", None), search(given=None), retrieve(3))

    async def broken(number: str) -> Reply:
        raise KeyError(number)

    running.service.retrieve = broken  # type: ignore[method-assign]
    await running.work()
    assert sorted((answer["trace"], answer["result"]) for answer in running.answers) == [  # type: ignore[type-var]
        ("t", "unreadable"),
        ("t0", "unreadable"),
        ("t3", "unreadable"),
    ]


@pytest.mark.parametrize(
    ("changes", "died_on"),
    [({"dead": True}, "2026-09-14"), ({"dead": True, "died_on": BORN}, BORN.isoformat()), ({}, None)],
)
async def test_a_death_without_its_day_counts_from_now(changes: dict[str, object], died_on: str | None) -> None:
    patient = Patient(OTHER_NHS, **changes)  # type: ignore[arg-type]
    running = Running(retrieve(), script=[Reply("found", patient)])
    await running.work()
    assert running.answers[0].get("died_on") == died_on


async def test_it_is_counted_without_anybody_in_the_labels() -> None:
    def counted() -> float:
        found = {"ask": "retrieve", "result": "many"}
        return REGISTRY.get_sample_value("sendhub_pds_answers_total", found) or 0.0

    before = counted()
    await Running(retrieve(), script=[Reply("many")]).work()
    assert counted() == before + 1


async def test_while_paused_nothing_more_is_taken_and_what_was_taken_is_answered() -> None:
    running, why = Running(retrieve(1), script=[FOUND, FOUND]), list[str]()
    running.tracer.paused = lambda: why[0] if why else None
    await running.tracer.step()
    why.append("paused by engineer-4")
    running.feed.waiting.append(retrieve(2))
    while running.tracer.open:
        await running.tracer.step()
    await running.tracer.step()
    assert (len(running.answers), running.feed.committed) == (1, 1)
    why.clear()
    await running.work()
    assert (len(running.answers), running.feed.committed) == (2, 2)
