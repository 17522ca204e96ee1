"""The casework stage as a process for tests: days in slices of three children; it can kill itself at a named point.

Usage: python -m tests.support.casework_worker [POINT ACTION AFTER], as tests.support.worker.
"""

import sys
import time

from hub.platform.logs import set_up
from hub.platform.settings import Settings
from hub.runtime.policies import policy_of
from hub.runtime.worker import no_point, run_stage
from hub.stages import casework
from tests.support.worker import At


def main() -> None:
    set_up("test-casework")
    casework.MOST_CHILDREN = 3
    fault = sys.argv[1:]
    settings = Settings()
    reach = At(fault[0], fault[1], int(fault[2])) if fault else no_point
    run_stage(settings, casework.casework(policy_of(settings), time.monotonic), reach)


if __name__ == "__main__":
    main()
