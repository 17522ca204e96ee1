"""A replay from beginning to end: each letter by the way that is right for it, and what came of it."""

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from hub.platform.clock import Clock
from hub.platform.settings import Settings
from hub.runtime.audit import Act
from hub.runtime.letter_desk import LetterDesk
from hub.runtime.letters import Letter
from hub.runtime.partitions import Partition
from hub.runtime.producer import Reach
from hub.runtime.put_back_outcome import PutBack, outcome
from hub.runtime.reprojection import Ending, reproject
from hub.stages import projection
from hub.store import Projector
from schemas.deadletters import How

RESOLVES: dict[Ending, How] = {"applied": "replayed", "superseded": "superseded"}
Choose = Callable[[dict[str, Letter]], Sequence[Letter]]
"""Which of all letters, by id, are to be replayed."""

Tell = Callable[[int], None]
"""Told how many letters are done with so far."""


def never() -> bool:
    """Of a replay that nobody stops."""
    return False


@dataclass(frozen=True)
class Report:
    """Ids of letters by what came of them. `waiting`: no stage has passed them yet, nothing is lost."""

    fixed: tuple[str, ...] = ()
    came_back: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    superseded: tuple[str, ...] = ()

    @property
    def replayed(self) -> int:
        """How many letters this is about."""
        return len(self.fixed) + len(self.came_back) + len(self.waiting) + len(self.superseded)


@dataclass(frozen=True)
class LetterReplay:
    """`seconds` is how long stages are waited for at the end; `open_projector` is called only where it is needed;
    `stopped` is asked after each batch.

    Raises what the desk raises; Unavailable and SchemaMismatch where the read model can't be written.
    """

    settings: Settings
    clock: Clock
    act: Act
    open_projector: Callable[[], Projector]
    seconds: float
    reach: Reach
    tell: Tell
    stopped: Callable[[], bool] = never

    async def run(self, choose: Choose) -> Report:
        """Replay what `choose` picks of the letters that stand when no other desk is at work."""
        done: list[Letter] = []
        async with LetterDesk(self.settings, self.clock, self.act, self.reach) as desk:
            chosen = choose(desk.letters)
            shown = [letter for letter in chosen if letter.meta.source_topic in projection.TOPICS]
            report = await self._reproject(desk, shown) if shown else Report()
            async with aclosing(desk.put_back([letter for letter in chosen if letter not in shown])) as batches:
                async for batch in batches:
                    done += batch
                    self.tell(len(shown) + len(done))
                    if self.stopped():
                        break
        found = await outcome(self.settings, [_put_back(letter) for letter in done], self.seconds)
        return replace(
            report,
            fixed=(*report.fixed, *found.fixed),
            came_back=(*report.came_back, *found.came_back),
            waiting=(*report.waiting, *found.waiting),
        )

    async def _reproject(self, desk: LetterDesk, letters: Sequence[Letter]) -> Report:
        """The read model first, then the word of it: stopped in between, the same is written once more."""
        endings: dict[Ending, list[Letter]] = {"applied": [], "superseded": [], "refused": [], "not-reached": []}
        projector = self.open_projector()
        try:
            async with aclosing(reproject(self.settings, projector, letters)) as written:
                async for letter, ending in written:
                    endings[ending].append(letter)
        finally:
            projector.close()
        for ended, how in RESOLVES.items():
            await desk.resolve(endings[ended], how, "deadletter.replay")
        ids = {ending: tuple(letter.meta.id for letter in found) for ending, found in endings.items()}
        return Report(ids["applied"], ids["refused"], ids["not-reached"], ids["superseded"])


def _put_back(letter: Letter) -> PutBack:
    meta, resolution = letter.meta, letter.resolution
    assert resolution is not None
    assert resolution.offset is not None
    return PutBack(meta.id, meta.stage, Partition(meta.source_topic, meta.partition), resolution.offset)
