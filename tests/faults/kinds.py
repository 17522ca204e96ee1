"""The faults: what each does to a running hub while it works, and how it heals."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from aiokafka.admin import AIOKafkaAdminClient
from sqlalchemy import text

from hub.embedded import kafka
from hub.store.engine import open_engine
from schemas.topics import DEADLETTER, FACTS
from tests.faults.check import PLANTED
from tests.faults.counting import NAME, OUTPUT
from tests.faults.inputs import Style
from tests.faults.watch import positions
from tests.faults.world import PAUSE_SECONDS, Plan, World, create_topics, until
from tests.support.processes import PROJECT
from tests.support.streams import produce

POINTS = ("compute", "sent", "outputs", "changelog", "offsets", "commit")
DATABASE_POINTS = ("compute", "commit")
Harm = Callable[[World, random.Random], Awaitable[None]]


@dataclass(frozen=True)
class Kind:
    """A fault: what it does while messages flow, what world it needs, how it feeds, and how often it is run."""

    name: str
    harm: Harm
    plan: Plan = field(default_factory=Plan)
    style: Style = field(default_factory=Style)
    series: int = 2


async def crash(world: World, chosen: random.Random) -> None:
    """Five workers die: one at any moment, the others at a named point of a transaction."""
    names = chosen.sample(world.workers, 5)
    for turn, name in enumerate(names):
        pid = await world.pid(name)
        if turn == 0:
            await asyncio.sleep(chosen.random())
            os.kill(pid, signal.SIGKILL)
        else:
            points = DATABASE_POINTS if name.startswith("projection") else POINTS
            world.order(name, chosen.choice(points), "kill")
            assert await world.ended(name, pid), f"{name} never came to its point"
        world.struck(name)
        await asyncio.sleep(1 + chosen.random())


async def graceful(world: World, chosen: random.Random) -> None:
    """Every worker asked to end and started again, one after the other; then two workers made three, one and two."""
    for name in chosen.sample(world.workers, 4):
        pid = await world.pid(name)
        os.kill(pid, signal.SIGTERM)
        world.struck(name)
        assert await world.ended(name, pid), f"{name} did not end when asked"
        await asyncio.sleep(1)
    stage = chosen.choice([NAME, "casework"])
    await world.stop(f"{stage}-2")
    world.start(stage, 2)
    world.start(stage, 3)
    await world.ready()
    await asyncio.sleep(1)
    await asyncio.gather(world.stop(f"{stage}-2"), world.stop(f"{stage}-3"))
    world.struck(f"{stage}-1")
    await asyncio.sleep(2)
    world.start(stage, 2)


async def pause(world: World, chosen: random.Random) -> None:
    """Workers stop themselves inside a transaction for longer than their session, and wake: one of each pair, whose
    twin has taken over and moved on by then, and one that has no twin.
    """
    pairs = [f"{stage}-{chosen.choice((1, 2))}" for stage in ("casework", NAME)]
    names = [*pairs, chosen.choice(("intake-1", "identity-1"))]
    pids = [await world.pid(name) for name in names]
    for name, pid in zip(names, pids, strict=True):
        world.order(name, chosen.choice(POINTS), "stop")
        assert await world.halted(pid), f"{name} never came to its point"
    # The one without a twin wakes first, so that there is something for the twins to move on with.
    os.kill(pids[2], signal.SIGCONT)
    stood = await positions(world.direct)
    await asyncio.sleep(PAUSE_SECONDS)
    moved = await positions(world.direct)
    for stage in ("casework", NAME):
        left = [place for place in stood if place[0] == stage and moved[place] <= stood[place]]
        assert not left, f"nobody took over {left}"
    for name, pid in zip(names, pids, strict=True):
        os.kill(pid, signal.SIGCONT)
        world.struck(name)
    await asyncio.sleep(2)


async def broker(world: World, chosen: random.Random) -> None:
    """The broker killed and started again: at once, and in every other series after 20 seconds away."""
    for away in (0.0, 20.0 if chosen.random() < 0.5 else 3.0):
        world.brokers[0].kill()
        await asyncio.sleep(away)
        world.brokers[0] = await asyncio.to_thread(kafka.restart, PROJECT, world.brokers[0])
        _all_struck(world)
        await asyncio.sleep(4)


async def cluster(world: World, chosen: random.Random) -> None:
    """A cluster of three loses a node that follows, then the leader of a partition of facts, each for ten seconds."""
    for leads in (False, True):
        leader = await _leader(world, FACTS.name)
        number = leader if leads else chosen.choice([node for node in range(3) if node != leader])
        world.brokers[number].kill()
        _all_struck(world)
        await asyncio.sleep(10)
        world.brokers[number] = await asyncio.to_thread(kafka.restart, PROJECT, world.brokers[number])
        await asyncio.sleep(5)


async def slow(world: World, chosen: random.Random) -> None:
    """Every answer a quarter of a second late, then the network gone for a while in one direction, then cut off."""
    assert world.proxy is not None
    proxy = world.proxy
    proxy.requests.delay = proxy.answers.delay = 0.05 + chosen.random() * 0.2
    await asyncio.sleep(6)
    proxy.requests.delay = proxy.answers.delay = 0.0
    for way in chosen.sample((proxy.requests, proxy.answers), 2):
        way.hold()
        await asyncio.sleep(3)
        way.release()
        await asyncio.sleep(1)
    proxy.cut()
    _all_struck(world)


async def rejecting(world: World, chosen: random.Random) -> None:
    """An output topic is missing from the start; the stage waits and says so. (Outputs too large: the rough stage.)"""
    log = world.deployment.logs / f"{NAME}-1.log"
    said = await until(lambda: f"{OUTPUT.name} is missing" in log.read_text(), 60)
    assert said, "the stage does not say which topic is missing"
    await asyncio.sleep(2)
    await create_topics(world)
    world.struck(f"{NAME}-1")
    await world.ready()
    await asyncio.sleep(4)


async def disk(world: World, chosen: random.Random) -> None:
    """The broker's disk is full; then there is room again."""
    assert world.disk is not None
    world.disk.fill()
    await asyncio.sleep(6)
    assert "No space left" in world.brokers[0].log.read_text(errors="replace"), "the broker never missed the room"
    world.disk.free()
    if world.brokers[0].process.poll() is not None:
        world.brokers[0] = await asyncio.to_thread(kafka.restart, PROJECT, world.brokers[0])
    _all_struck(world)
    await asyncio.sleep(4)


async def database(world: World, chosen: random.Random) -> None:
    """PostgreSQL locked for a while, its disk full (where a small one may be mounted), then killed and away."""
    assert world.database is not None
    engine = open_engine(world.env["SENDHUB_DATABASE_URL"])
    with engine.begin() as connection:
        connection.execute(text("LOCK TABLE children, deadlines IN ACCESS EXCLUSIVE MODE"))
        await asyncio.sleep(4)
    engine.dispose()
    world.struck("projection-1")
    if world.disk is not None:
        world.disk.fill()
        waits = await world.says("projection-1", "read model", 30)
        assert waits, "the projection never missed the room on the database's disk"
        world.disk.free()
        world.struck("projection-1")
    await asyncio.sleep(1)
    world.database.kill()
    await asyncio.sleep(4)
    await asyncio.to_thread(world.database.restart)
    world.struck("projection-1")
    await asyncio.sleep(3)


async def nothing(world: World, chosen: random.Random) -> None:
    """The messages themselves are the fault."""
    await asyncio.sleep(8)


async def poison(world: World, chosen: random.Random) -> None:
    """The messages are the fault; and the projection meets records that it refuses."""
    for _ in range(3):
        await produce(world.direct, DEADLETTER.name, [(PLANTED, b"no dead letter")])
        await asyncio.sleep(2)


async def clock(world: World, chosen: random.Random) -> None:
    """The ticker's clock jumps a day on, back, and on again."""
    now = datetime.now(UTC)
    for days in (1, 0, 2, 1, 3):
        world.clock.set(now + timedelta(days=days))
        await asyncio.sleep(1.5)


async def combined(world: World, chosen: random.Random) -> None:
    """Everything that needs no special world, in any order, two at a time."""
    harms: list[Harm] = [crash, graceful, pause, broker, clock, database, slow, nothing]
    chosen.shuffle(harms)
    done = []
    for pair in zip(harms[::2], harms[1::2], strict=True):
        # Two at once may keep a worker from coming to its point: that is no finding, if it is the exception.
        results = await asyncio.gather(*(harm(world, chosen) for harm in pair), return_exceptions=True)
        world.heal()
        done += [result for result in results if not isinstance(result, AssertionError | LookupError)]
    assert len(done) >= len(harms) * 0.6, f"only {len(done)} of {len(harms)} faults came about"
    unforeseen = [result for result in done if result is not None]
    assert not unforeseen, f"a fault failed: {unforeseen}"


def _all_struck(world: World) -> None:
    at = time.time()
    for name in {worker.rsplit("-", 1)[0]: worker for worker in world.workers}.values():
        world.struck(name, at)


async def _leader(world: World, topic: str) -> int:
    """Which of the brokers leads the topic's first partition."""
    admin = AIOKafkaAdminClient(bootstrap_servers=world.direct)
    await admin.start()
    try:
        (found,) = await admin.describe_topics([topic])
        return int(next(each["leader"] for each in found["partitions"] if each["partition"] == 0)) - 1
    finally:
        await admin.close()


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("crash", crash, series=10),
        Kind("graceful", graceful, series=10),
        Kind("pause", pause, series=10),
        Kind("broker", broker, series=10),
        Kind("cluster", cluster, Plan(nodes=3)),
        Kind("slow", slow, Plan(proxied=True)),
        Kind("rejecting", rejecting, Plan(rough=True, missing=frozenset({OUTPUT.name}))),
        Kind("disk", disk, Plan(disk="kafka")),
        Kind("database", database, Plan(postgres=True, disk="postgres")),
        Kind("poison", poison, Plan(rough=True), Style(poison=0.02)),
        Kind("duplicate", nothing, style=Style(times=3)),
        Kind("clock", clock),
        Kind("combined", combined, Plan(proxied=True, postgres=True, rough=True), Style(times=3, poison=0.02)),
    )
}
