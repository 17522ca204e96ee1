"""What people do to the running hub from pages: replays, resolving, looking at bytes, pausing, and how it all does.

`Operations` is the port; `Deployment` is this deployment's own Kafka, read model and desk.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

import orjson
from aiokafka.errors import KafkaError

from hub.api.desk_bytes import LetterLook, MessageLook, Raw, RawBytes
from hub.platform.clock import Clock
from hub.platform.settings import Settings
from hub.runtime import pauses
from hub.runtime.audit import Act
from hub.runtime.errors import RuntimeFault
from hub.runtime.letter_desk import LetterDesk
from hub.runtime.letter_replay import LetterReplay
from hub.runtime.letter_replay import Report as LetterReport
from hub.runtime.letters import Letter
from hub.runtime.log_reader import LogReader
from hub.runtime.message_replay import MessageReplay, Progress
from hub.runtime.message_replay import Report as MessageReport
from hub.runtime.partitions import Partition
from hub.runtime.status import gather
from hub.runtime.worker import no_point
from hub.stages.errors import Unavailable
from hub.store import Projector
from hub.store.messages import RawPlace
from hub.store.projector import unobserved
from schemas.pauses import Pause
from schemas.status import Status
from schemas.topics import AUDIT

WAIT_SECONDS = 30.0
"""How long stages are waited for once all is put back."""
LOOKED_THROUGH = 5_000
"""Records of the audit's end that are looked through for jobs."""

Stopped = Callable[[], bool]


class OnRecord(NamedTuple):
    """A job as the audit has it: begun by whom, when and why; `said` is what came of it, None without an end."""

    id: str
    actor: str
    at: datetime
    why: str
    said: str | None = None


class Operations(Protocol):
    """Every method raises Unavailable while what it needs is away."""

    async def replay_messages(
        self, wanted: Sequence[RawPlace], act: Act, tell: Callable[[int, int], None], stopped: Stopped
    ) -> MessageReport:
        """Put messages in again; told how many are, and how many were gone. As MessageReplay raises."""
        ...

    async def replay_letters(
        self, ids: Sequence[str], act: Act, tell: Callable[[int], None], stopped: Stopped
    ) -> LetterReport:
        """Put back those of these dead letters that are open. As LetterReplay raises."""
        ...

    async def resolve(self, ids: Sequence[str], act: Act) -> int:
        """Say that these need no replay; how many were open."""
        ...

    async def message_bytes(self, look: MessageLook) -> Raw:
        """A message as it was received; audited."""
        ...

    async def letter_bytes(self, look: LetterLook) -> Raw | None:
        """A dead letter's record as it was received; audited. None where there is none."""
        ...

    async def jobs(self) -> Sequence[OnRecord]:
        """The last jobs of all processes, the newest first."""
        ...

    async def status(self) -> Status:
        """How everything does now."""
        ...

    async def paused(self) -> dict[str, Pause]:
        """What is paused, by process."""
        ...

    async def pause(self, asked: Pause) -> None:
        """Let a process stop reading; audited."""
        ...

    async def resume(self, asked: Pause) -> None:
        """Let it go on; audited."""
        ...


class Deployment:
    """This deployment. Without `raw` no bytes are shown: there is no desk."""

    def __init__(self, settings: Settings, clock: Clock, raw: RawBytes | None) -> None:
        self._settings = settings
        self._clock = clock
        self._raw = raw

    async def replay_messages(
        self, wanted: Sequence[RawPlace], act: Act, tell: Callable[[int, int], None], stopped: Stopped
    ) -> MessageReport:
        """See Operations."""

        def told(progress: Progress) -> None:
            tell(progress.replayed, progress.gone)

        return await MessageReplay(self._settings, self._clock, act, WAIT_SECONDS, told, stopped).run(wanted)

    async def replay_letters(
        self, ids: Sequence[str], act: Act, tell: Callable[[int], None], stopped: Stopped
    ) -> LetterReport:
        """See Operations."""
        meant = frozenset(ids)

        def choose(letters: dict[str, Letter]) -> list[Letter]:
            return [letter for id_, letter in letters.items() if id_ in meant and letter.status == "open"]

        work = LetterReplay(
            self._settings, self._clock, act, self._projector, WAIT_SECONDS, no_point, tell, stopped=stopped
        )
        return await work.run(choose)

    async def resolve(self, ids: Sequence[str], act: Act) -> int:
        """See Operations."""
        try:
            async with LetterDesk(self._settings, self._clock, act, no_point) as desk:
                known = (desk.letters.get(each) for each in dict.fromkeys(ids))
                letters = [letter for letter in known if letter is not None and letter.status == "open"]
                await desk.resolve(letters, "resolved", "deadletter.resolve")
        except RuntimeFault as error:
            raise Unavailable(str(error)) from None
        except (KafkaError, OSError) as error:
            raise Unavailable(f"Kafka does not answer ({type(error).__name__})") from None
        return len(letters)

    async def message_bytes(self, look: MessageLook) -> Raw:
        """See Operations."""
        return await self._bytes().message(look)

    async def letter_bytes(self, look: LetterLook) -> Raw | None:
        """See Operations."""
        return await self._bytes().letter(look)

    async def jobs(self) -> Sequence[OnRecord]:
        """See Operations: out of the last records of the audit."""
        place = Partition(AUDIT.name, 0)
        found: dict[str, OnRecord] = {}
        try:
            async with LogReader(self._settings, [place]) as log:
                first, last = (await log.bounds())[place]
                await log.seek(place, max(first, last - LOOKED_THROUGH))
                async for batch in log.read_on():
                    for record in batch:
                        take_job(found, record.value)
        except (KafkaError, OSError) as error:
            raise Unavailable(f"Kafka does not answer ({type(error).__name__})") from None
        return list(reversed(found.values()))

    async def status(self) -> Status:
        """See Operations."""
        return await gather(self._settings)

    async def paused(self) -> dict[str, Pause]:
        """See Operations."""
        try:
            return await pauses.standing(self._settings)
        except (KafkaError, OSError) as error:
            raise Unavailable(f"Kafka does not answer ({type(error).__name__})") from None

    async def pause(self, asked: Pause) -> None:
        """See Operations."""
        await pauses.pause(self._settings, asked)

    async def resume(self, asked: Pause) -> None:
        """See Operations."""
        await pauses.resume(self._settings, asked)

    def _bytes(self) -> RawBytes:
        if self._raw is None:
            raise Unavailable("identity's desk is not set up here: set SENDHUB_IDENTITY_URL")
        return self._raw

    def _projector(self) -> Projector:
        return Projector.open(self._settings.database_url, unobserved)


def take_job(found: dict[str, OnRecord], value: bytes | None) -> None:
    """What an audit record says of a job. One of another kind says nothing."""
    try:
        said = orjson.loads(value or b"")
        action, subjects = said["action"], said["subjects"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return
    if action == "job.begin":
        found[subjects[0]] = OnRecord(subjects[0], said["actor"], datetime.fromisoformat(said["at"]), said["why"])
    elif action == "job.end" and subjects[0] in found:
        found[subjects[0]] = found[subjects[0]]._replace(said=said["why"])
