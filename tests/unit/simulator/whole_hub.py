"""A whole hub in one process: the real connectors on in-memory ports, the real stages, and a reading API of dicts.

Only the broker, the database and the processes are missing, so that a partnership can be played in a few seconds.
"""

import asyncio
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from urllib.parse import parse_qs

import httpx
import orjson

from connectors.council.files.app import FilesConnector
from connectors.council.files.folder import Folder
from connectors.council.files.mapping import load_all
from connectors.council.files.memory import Memory
from connectors.council.files.settings import SHIPPED_MAPPINGS, FilesSettings
from connectors.council.webhook.app import Webhook
from connectors.council.webhook.app import create_app as webhook_app
from connectors.nhs.bars.app import Bars
from connectors.nhs.bars.app import create_app as bars_app
from connectors.nhs.bars.callers import TokenCallers, read_callers, read_keys
from connectors.nhs.bars.profile import Profile
from connectors.nhs.bars.reading import read_faults
from connectors.nhs.bars.receiver import Receiver
from connectors.sdk.ledger import MemoryLedger
from connectors.sdk.publisher import MemoryPublisher
from connectors.sdk.tokens import BearerTokens, hash_token
from hub.core.casework.policy import Policy
from hub.embedded import deployment
from hub.platform.clock import DrivenClock
from hub.runtime.state import PartitionState
from hub.simulator.endpoints import Endpoints
from hub.simulator.feeds import CASES, sources
from hub.stages.casework import CaseworkHandler
from hub.stages.errors import PermanentError
from hub.stages.identity import IdentityHandler
from hub.stages.intake import IntakeHandler
from hub.stages.stage import Record
from schemas.bars import codes
from schemas.topics import CHILDREN, DEADLINES, FACTS, OBSERVATIONS, REVIEW

KEY = "k" * 64
EVENING = clock_time(18, 0, tzinfo=UTC)


class Reader:
    async def faults(self, body):
        return read_faults(body)


class WholeHub:
    def __init__(self, folder, first_day):
        self.registered = sources(first_day)
        self.folder = folder
        self.deployment = deployment.create(folder, self.registered)
        (folder / "key").write_text(KEY)
        self.inbox = self.deployment.inbox
        self.clock = DrivenClock(folder / "clock")
        self.publisher = MemoryPublisher()
        self.rows = {topic.name: {} for topic in (CHILDREN, DEADLINES, REVIEW)}
        self.dead_letters = []
        self.notes = []
        key = KEY.encode()
        self.intake = IntakeHandler(self.registered, lambda *note: self.notes.append(note))
        self.identity_state, self.casework_state = PartitionState(), PartitionState()
        self.identity = IdentityHandler(key, self.registered, lambda *note: self.notes.append(note))
        policy = Policy(sources=self.registered)
        self.casework = CaseworkHandler(policy, time.monotonic, self.casework_state.begin())
        self.day = first_day - timedelta(days=1)

    @property
    def endpoints(self):
        return Endpoints(
            webhook="http://webhook",
            bars="http://bars",
            api="http://api",
            files=self.inbox,
            kafka="in memory",
            tokens={**self.deployment.tokens, "api": self.deployment.api_token},
            keys=dict(self.deployment.signing_keys),
        )

    def client(self):
        """Sends to the connectors' own ASGI applications."""
        key = KEY.encode()
        folder = self.folder
        tokens = BearerTokens({CASES: (hash_token(self.deployment.tokens[CASES]),)})
        webhook = Webhook(self.publisher, MemoryLedger(), tokens, self.clock, key)
        callers = TokenCallers(
            read_callers(folder / "bars-callers.toml", self.registered),
            read_keys(folder / "bars-jwks.json"),
            "sendhub-bars",
            lambda: int(time.time()),
        )
        profile = Profile(
            versions=frozenset({"1.1.0"}),
            use_cases=frozenset({codes.EHC_ADVICE}),
            ods_codes=frozenset({deployment.HUB_ODS}),
        )
        receiver = Receiver(self.publisher, MemoryLedger(), Reader(), self.clock, key, profile)
        mounts = {
            "http://webhook": httpx.ASGITransport(webhook_app(webhook)),
            "http://bars": httpx.ASGITransport(bars_app(Bars(receiver, callers))),
        }
        return httpx.AsyncClient(mounts=mounts)

    def reader(self):
        """Answers as the reading API does, in pages."""

        def answer(request):
            topic = {"/children": CHILDREN.name, "/deadlines": DEADLINES.name}[request.url.path]
            rows = list(self.rows[topic].values())
            start = int(parse_qs(request.url.query.decode()).get("cursor", ["0"])[0])
            following = str(start + 400) if start + 400 < len(rows) else None
            items = [orjson.loads(row) for row in rows[start : start + 400]]
            return httpx.Response(200, json={"items": items, "next": following})

        return httpx.AsyncClient(base_url="http://api", transport=httpx.MockTransport(answer))

    @asynccontextmanager
    async def watching(self):
        """The file connector polls the inbox meanwhile."""
        settings = FilesSettings(
            files_folders=str(self.inbox),
            files_settle=0,
            files_poll=0.02,
            key_file=self.folder / "key",
            sources_file=self.folder / "sources.toml",
        )
        memory = Memory(f"sqlite:///{self.folder / 'files.db'}")
        folder = Folder(self.inbox, 0, time.monotonic)
        connector = FilesConnector(settings, load_all(SHIPPED_MAPPINGS), [folder], self.publisher, memory, self.clock)

        async def poll():
            while True:
                wait = await connector.poll()
                await asyncio.sleep(wait)

        task = asyncio.create_task(poll())
        try:
            yield
        finally:
            task.cancel()
            memory.close()

    async def set_day(self, day):
        self.clock.set(datetime.combine(day, EVENING))
        while self.day < day:
            self.day += timedelta(days=1)
            value = orjson.dumps({"kind": "day.reached", "effective_on": self.day.isoformat()})
            record = Record("", 0, 0, b"day", value, (("kind", b"day.reached"),))
            self._observe(record)
            self._work(record)

    async def drained(self):
        """Everything published goes through the stages."""
        published, self.publisher.published = self.publisher.published, []
        for topic, message in published:
            record = Record(topic, 0, 0, message.key, message.value, message.envelope.headers())
            for output in self._step(self.intake, record, PartitionState()):
                if output.topic == OBSERVATIONS.name:
                    self._observe(Record(output.topic, 0, 0, output.key, output.value, output.headers))
                else:
                    self._keep(output)

    def reviews(self, question):
        tasks = [orjson.loads(row) for row in self.rows[REVIEW.name].values()]
        return [task for task in tasks if task["question"] == question and task["state"] == "open"]

    def _observe(self, record):
        for output in self._step(self.identity, record, self.identity_state):
            if output.topic == FACTS.name:
                self._work(Record(output.topic, 0, 0, output.key, output.value, output.headers))
            else:
                self._keep(output)

    def _work(self, record):
        for output in self._step(self.casework, record, self.casework_state):
            self._keep(output)

    def _step(self, handler, record, state):
        """One record, which may take several steps: a long day is worked through in slices."""
        outputs, consumed = [], 0
        while consumed == 0:
            batch = state.begin()
            try:
                step = handler.handle([record], batch)
            except PermanentError as error:
                self.dead_letters.append(str(error))
                return outputs
            state.apply(batch)
            handler.committed(batch.changed)
            outputs, consumed = [*outputs, *step.outputs], step.consumed
        return outputs

    def _keep(self, output):
        if output.topic not in self.rows:
            return
        if output.value is None:
            self.rows[output.topic].pop(output.key, None)
        else:
            self.rows[output.topic][output.key] = output.value
