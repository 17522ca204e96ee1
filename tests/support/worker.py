"""A worker process for tests: the counting stage, or casework on topics of the run's own, which can kill or stop itself
at a named point.

Usage: python -m tests.support.worker RUN|RUN.casework [POINT ACTION AFTER]. ACTION is kill or stop, at the AFTERth
time.
"""

import os
import signal
import sys

from hub.platform.logs import set_up
from hub.platform.settings import Settings
from hub.runtime.worker import no_point, run_stage
from tests.support.counting import Run
from tests.support.renamed import renamed_casework

SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


class At:
    """Signals its own process when a point is reached for the nth time."""

    def __init__(self, point: str, action: str, after: int) -> None:
        self._point, self._signal, self._left = point, SIGNALS[action], after

    def __call__(self, point: str) -> None:
        if point == self._point:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), self._signal)


def main() -> None:
    set_up("test-worker")
    run, *fault = sys.argv[1:]
    reach = At(fault[0], fault[1], int(fault[2])) if fault else no_point
    stage = renamed_casework(run) if run.endswith(".casework") else Run(run).stage()
    run_stage(Settings(), stage, reach)


if __name__ == "__main__":
    main()
