"""Jobs: what takes longer than a page. One works at a time in this process, and goes on when nobody looks.

That a job began, and what came of it, is in the audit: so one that was cut short by a restart is known to be, on every
machine. What a job had done by then stands, and the same job does no harm when it is begun anew.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import structlog
from aiokafka.errors import KafkaError

from hub.api.access import Principal
from hub.api.access.auditing import Audited
from hub.platform.clock import Clock
from hub.platform.keys import KeyFault
from hub.runtime.errors import RuntimeFault
from hub.stages.errors import StageError, Unavailable
from hub.store import Conflict, SchemaMismatch
from schemas.audit import MOST_WHY

KEPT = 20
"""Jobs that are remembered by this process."""

Kind = Literal["messages", "letters"]
State = Literal["running", "stopping", "done", "stopped", "failed"]
ENDED: frozenset[State] = frozenset({"done", "stopped", "failed"})


class Busy(Exception):
    """Another job is at work: `id` is which."""

    def __init__(self, id_: str) -> None:
        super().__init__(id_)
        self.id = id_


@dataclass
class Job:
    """`said` is what it does, in words; `wanted` of how many, `done` and `gone` how far it is. `counts` is what came of
    it once it ended, in words and numbers; `failed` why it ended early."""

    id: str
    kind: Kind
    said: str
    actor: str
    why: str
    began: datetime
    wanted: int
    state: State = "running"
    done: int = 0
    gone: int = 0
    ended: datetime | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    failed: str = ""
    came_back: Sequence[str] = ()

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state in ENDED

    @property
    def percent(self) -> int:
        """How far it is."""
        return 100 if not self.wanted else min(100, 100 * (self.done + self.gone) // self.wanted)

    @property
    def summary(self) -> str:
        """What came of it, in one sentence."""
        if self.failed:
            return f"cut short: {self.failed}"
        came = ", ".join(f"{number} {said}" for said, number in self.counts.items() if number)
        return f"{'stopped' if self.state == 'stopped' else 'done'}: {came or 'nothing'}"

    def stopped(self) -> bool:
        """Whether somebody asked it to stop."""
        return self.state == "stopping"


Work = Callable[[Job], Awaitable[None]]
"""Does it, tells the job how far it is, and leaves `counts` behind."""


class Jobs:
    """Begins, keeps and stops them."""

    def __init__(self, audited: Audited, clock: Clock) -> None:
        self._audited = audited
        self._clock = clock
        self._jobs: dict[str, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def all(self) -> Sequence[Job]:
        """Those that are remembered, the newest first."""
        return list(reversed(self._jobs.values()))

    @property
    def at_work(self) -> Job | None:
        """The one that is."""
        return next((job for job in self._jobs.values() if not job.is_over), None)

    def find(self, id_: str) -> Job | None:
        """One of them."""
        return self._jobs.get(id_)

    async def begin(self, who: Principal, kind: Kind, said: str, why: str, wanted: int, work: Work) -> Job:
        """Begin one, once that is in the audit. Raises Busy, or Unavailable."""
        if (other := self.at_work) is not None:
            raise Busy(other.id)
        job = Job(secrets.token_hex(8), kind, said, who.actor, why, self._clock.now(), wanted)
        self._jobs[job.id] = job
        try:
            await self._audited.act(who, "job.begin", (job.id,), f"{said}: {why}"[:MOST_WHY])
        except BaseException:
            del self._jobs[job.id]
            raise
        while len(self._jobs) > KEPT:
            del self._jobs[next(iter(self._jobs))]
        task = asyncio.create_task(self._run(job, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return job

    def stop(self, id_: str) -> None:
        """Let one stop after what it has begun."""
        job = self.find(id_)
        if job is not None and job.state == "running":
            job.state = "stopping"

    async def _run(self, job: Job, work: Work) -> None:
        try:
            await work(job)
        except (StageError, RuntimeFault, KeyFault, Conflict, SchemaMismatch) as error:
            job.failed = str(error)
        except (KafkaError, OSError) as error:
            job.failed = f"Kafka does not answer ({type(error).__name__})"
        except Exception as error:
            structlog.get_logger().error("a job failed", job=job.id, exc_info=error)
            job.failed = "something went wrong that nobody foresaw: it is in the log of this process"
        job.ended = self._clock.now()
        job.state = "failed" if job.failed else "stopped" if job.stopped() else "done"
        try:
            await self._audited.by(job.actor, "job.end", (job.id,), job.summary[:MOST_WHY])
        except Unavailable:
            structlog.get_logger().warning("the end of a job can't be audited", job=job.id)
