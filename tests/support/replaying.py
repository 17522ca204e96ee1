"""A replay as a process for tests, which can kill itself at a named point.

Usage: python -m tests.support.replaying STAGE [POINT AFTER]. Replays every open letter of the stage.
"""

import asyncio
import sys

from hub.platform.clock import SystemClock
from hub.platform.settings import Settings
from hub.runtime.audit import Act
from hub.runtime.letter_replay import LetterReplay
from hub.runtime.letters import Letter
from hub.runtime.worker import no_point
from hub.store import Projector
from tests.support.worker import At


def main() -> None:
    stage, *fault = sys.argv[1:]
    reach = At(fault[0], "kill", int(fault[1])) if fault else no_point

    def open_ones(letters: dict[str, Letter]) -> list[Letter]:
        return [each for each in letters.values() if each.meta.stage == stage and each.status == "open"]

    act = Act("ops", "test")
    replay = LetterReplay(Settings(), SystemClock(), act, no_read_model, 0, reach, lambda done: None)
    print(asyncio.run(replay.run(open_ones)).replayed)


def no_read_model() -> Projector:
    raise AssertionError("these letters are none of the projection's")


if __name__ == "__main__":
    main()
