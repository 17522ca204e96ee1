"""What becomes of look-ups: asked until answered, each answer published, then the next ones taken. On ports only."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from connectors.nhs.pds.errors import Away, Denied, Garbled, PdsFault
from connectors.nhs.pds.feed import Asked, Feed
from connectors.nhs.pds.metrics import ANSWERS, FAULTS
from connectors.nhs.pds.port import Demographics, Patient, Reply, Sought
from connectors.sdk.counts import Counts
from connectors.sdk.http import where
from connectors.sdk.publisher import Message, NotAcknowledged, Publisher, TooLarge
from hub.platform.clock import Clock
from hub.platform.outages import Outages
from hub.platform.pausing import never
from schemas.envelope import Envelope
from schemas.ids import keyed_digest
from schemas.instants import london_day
from schemas.topics import NHS_MESSAGES
from schemas.traces import CE_TYPE_PDS, PDS, Trace, TraceAnswer

CONNECTOR = "pds"
WAIT, LONGEST_WAIT = 5.0, 300.0
"""Seconds until a question that could not be answered is asked again: twice as long each time, up to the longest."""

DENIED_WAIT = 60.0
"""The same where a person has to put the access right."""

PASSED_BY = 5
"""How often others must have been answered between two failures of one look-up before that one is given up."""

_NO_ACK_WAIT = 1.0
_PAUSED_WAIT = 1.0
_log = structlog.get_logger()


@dataclass
class Tracer:
    """Answers look-ups, up to `most` at once. `key` is the deployment's secret key; `sleep` waits so many seconds."""

    feed: Feed
    demographics: Demographics
    publisher: Publisher
    clock: Clock
    key: bytes
    most: int = 20
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    paused: Callable[[], str | None] = never
    """Why no further look-ups are taken now; what was taken is answered."""
    trouble: str | None = None
    """What keeps questions from being answered now, in a sentence for `/ready`."""
    open: set[asyncio.Task[None]] = field(default_factory=set)
    counts: Counts = field(init=False)
    outages: Outages = field(default_factory=Outages)
    _replies: int = 0

    def __post_init__(self) -> None:
        self.counts = Counts(CONNECTOR, self.clock)

    async def run(self) -> None:
        """Until it is cancelled. What was not answered by then is asked after the next start."""
        try:
            while True:
                await self.step()
        finally:
            for task in self.open:
                task.cancel()
            await asyncio.gather(*self.open, return_exceptions=True)
            self.open.clear()

    async def step(self) -> None:
        """Take look-ups while there is room, else wait for an answer; and note how far all is answered.

        One that can't be answered holds up no other: only the offset stays before it.
        """
        room = 0 if self.paused() is not None else self.most - len(self.open)
        if room > 0:
            self.open |= {asyncio.create_task(self._answer(asked)) for asked in await self.feed.take(room)}
        elif self.open:
            await asyncio.wait(self.open, timeout=_PAUSED_WAIT, return_when=asyncio.FIRST_COMPLETED)
        else:
            await self.sleep(_PAUSED_WAIT)
        done = {task for task in self.open if task.done()}
        self.open -= done
        for task in done:
            task.result()
        if done:
            await self.feed.commit()

    async def _answer(self, asked: Asked) -> None:
        self.counts.received(PDS)
        with self.counts.in_hand():
            reply = await self._reply(asked)
            ANSWERS.labels(asked.trace.ask if asked.trace else "unknown", reply.result).inc()
            await self._publish(asked, reply)
        self.feed.answered(asked)
        self.counts.accepted(PDS)

    async def _reply(self, asked: Asked) -> Reply:
        """One look-up that we fail over must keep no other waiting: it is answered as unreadable."""
        if asked.trace is None:
            return Reply("unreadable")
        try:
            return await self._ask(asked.trace)
        except Exception as error:
            _log.error("a look-up failed", trace=asked.id, at=where(error))
            return Reply("unreadable")

    async def _ask(self, trace: Trace) -> Reply:
        """However long it takes: no look-up is given up because the service is away. But one that fails again and again
        while others are answered is at fault itself."""
        wait, seen, passed_by = WAIT, self._replies, 0
        while True:
            try:
                reply = await self._question(trace)
            except PdsFault as fault:
                pause = max(fault.retry_after or 0.0, DENIED_WAIT if isinstance(fault, Denied) else wait)
                passed_by += isinstance(fault, Away | Garbled) and self._replies > seen
                if passed_by >= PASSED_BY:
                    return Reply("unreadable")
                self._waits(fault)
            else:
                if not reply.kept:
                    self.trouble = None
                    self.outages.ends(CONNECTOR)
                    self._replies += 1
                return reply
            seen = self._replies
            await self.sleep(pause)
            wait = min(wait * 2, LONGEST_WAIT)

    async def _question(self, trace: Trace) -> Reply:
        if trace.ask == "retrieve" and trace.nhs_number is not None:
            return await self.demographics.retrieve(trace.nhs_number)
        if trace.ask == "search" and trace.given and trace.family and trace.birth_date is not None:
            postcode = None if trace.may_be_restricted else trace.postcode
            return await self.demographics.search(Sought(trace.given, trace.family, trace.birth_date, postcode))
        return Reply("unreadable", kept=True)

    def _waits(self, fault: PdsFault) -> None:
        FAULTS.labels(type(fault).__name__.lower()).inc()
        self.outages.begins(CONNECTOR, str(fault))
        self.trouble = str(fault)

    async def _publish(self, asked: Asked, reply: Reply) -> None:
        """Until the broker has it."""
        message = self._message(asked, reply)
        while True:
            try:
                return await self.publisher.publish(NHS_MESSAGES.name, [message])
            except NotAcknowledged:
                await self.sleep(_NO_ACK_WAIT)
            except TooLarge:
                message = self._message(asked, Reply("unreadable"))

    def _message(self, asked: Asked, reply: Reply) -> Message:
        now = self.clock.now()
        answer = TraceAnswer.model_validate(
            {
                "trace": asked.id,
                "link": asked.link,
                "ask": asked.trace.ask if asked.trace else "retrieve",
                "result": reply.result,
                "answered_at": now,
                "asked_number": asked.trace.nhs_number if asked.trace else None,
                **(self._of(reply.patient) if reply.patient else {}),
            }
        )
        value = answer.model_dump_json(exclude_none=True).encode()
        said = answer.model_dump_json(exclude={"answered_at"})
        return Message(
            key=keyed_digest(self.key, PDS, asked.link).encode(),
            value=value,
            envelope=Envelope(id=keyed_digest(self.key, "trace-answer", said), source=PDS, type=CE_TYPE_PDS, time=now),
        )

    def _of(self, patient: Patient) -> dict[str, object]:
        """A death whose day is not given, or not whole, counts from today: what must stop, stops now."""
        died_on = patient.died_on or (london_day(self.clock.now()) if patient.dead else None)
        return {
            "number": patient.number,
            "version": patient.version,
            "security": patient.security,
            "names": patient.names,
            "birth_date": patient.birth_date,
            "died_on": died_on,
            "death": patient.death,
        }
