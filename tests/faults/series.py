"""One series: a world, messages, a fault, healing, draining, judgement."""

import asyncio
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from connectors.sdk.publisher import Message
from hub.embedded.pipeline import NotDrained, Pipeline
from tests.faults.check import Verdict, judge
from tests.faults.inputs import feed, messages
from tests.faults.kinds import Kind
from tests.faults.watch import READS, Watch
from tests.faults.world import World, world
from tests.support.processes import PROJECT

RATE = 120.0
"""Messages a second."""
WARM_SECONDS = 2.0
DRAIN_SECONDS = 120.0
REST_SECONDS = 1.5
"""Time for what nobody waits for: there must be nothing but heartbeats."""
LEAST_INPUTS = 500


@dataclass
class Row:
    """A series in a line. `recovery` is the longest time from a fault's end to a stage's next commits, in seconds."""

    fault: str
    seed: int
    verdict: Verdict
    recovery: float
    seconds: float
    kept: Path | None

    @property
    def clean(self) -> bool:
        verdict = self.verdict
        return not (verdict.lost or verdict.wrong or verdict.repeated)


async def run(kind: Kind, seed: int) -> Row:
    """Run a series. Its folder (logs and histories) is kept when it is not clean."""
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix=f"faults-{kind.name}-"))
    verdict, recovery = Verdict(), 0.0
    try:
        verdict, recovery = await _run(kind, seed, folder)
    except Exception as error:
        verdict.err(1, f"the series did not come to its end: {type(error).__name__}: {error}")
    row = Row(kind.name, seed, verdict, recovery, time.monotonic() - began, folder)
    (folder / "verdict.json").write_text(json.dumps({"seed": seed, "findings": verdict.findings}, indent=1))
    if row.clean:
        shutil.rmtree(folder, ignore_errors=True)
        row.kept = None
    return row


async def _run(kind: Kind, seed: int, folder: Path) -> tuple[Verdict, float]:
    chosen = random.Random(seed)
    async with world(kind.plan, folder) as here:
        watch = Watch(here.direct, folder / "offsets.jsonl")
        watching = asyncio.create_task(watch.run())
        try:
            acked = await _under_load(kind, here, chosen, folder / "inputs.jsonl")
            unfinished = await _drain(here)
            await asyncio.sleep(REST_SECONDS)
            # A heartbeat that comes in while the workers end would be read by nobody, and look as if it were lost.
            await here.stop_tickers()
            unfinished = unfinished or await _drain(here)
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
        await here.stop_all()
        await watch.look()
        watch.write()
        verdict = await judge(here, watch, acked, kind.plan.rough)
        await _rebuild(here, verdict)
        if unfinished:
            verdict.lose(1, unfinished)
        if verdict.inputs < LEAST_INPUTS:
            verdict.err(1, "hardly anything was fed: the series shows nothing")
        return verdict, max((watch.recovery(strike.group, strike.at) for strike in here.strikes), default=0.0)


async def _rebuild(here: World, verdict: Verdict) -> None:
    """What an operator would ask: is what stands what the facts give, and the facts what was received?"""
    for options in ((), ("--from-raw",)):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "hub.cli", "rebuild", *options),
            cwd=PROJECT,
            env={**os.environ, **here.env, "SENDHUB_KAFKA": here.direct},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said = (await process.communicate())[0].decode()
        with (here.folder / "rebuild.txt").open("a") as out:
            out.write(said)
        last = said.strip().rsplit("\n", 1)[-1]
        if process.returncode or not last.endswith(" differ=0"):
            verdict.err(1, f"sendhub rebuild {' '.join(options)}: {last}")


async def _under_load(kind: Kind, here: World, chosen: random.Random, history: Path) -> list[str]:
    """Feed messages before, during and after the fault; the ids that the broker acked."""
    stopping = asyncio.Event()
    # Messages come as they do from a connector: they meet the broker's troubles too, and are repeated until acked.
    kafka, ring = here.env["SENDHUB_KAFKA"], Path(here.env["SENDHUB_KEY_RING_FILE"])
    feeding = asyncio.create_task(feed(kafka, ring, _messages(kind, chosen), RATE, stopping, history))
    try:
        await asyncio.sleep(WARM_SECONDS)
        await kind.harm(here, chosen)
        here.heal()
        await asyncio.sleep(WARM_SECONDS)
    finally:
        stopping.set()
        acked = await feeding
    return acked


def _messages(kind: Kind, chosen: random.Random) -> Iterator[Message]:
    return messages(kind.style, chosen, lambda: datetime.now(UTC))


async def _drain(here: World) -> str | None:
    """Wait until nothing is left to do; what is left after all."""
    try:
        async with Pipeline(here.direct, flow=READS) as pipeline:
            await pipeline.drained(DRAIN_SECONDS)
    except NotDrained as error:
        return str(error)
    return None
