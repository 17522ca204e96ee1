"""A projector's process for tests: it applies two batches, and sleeps inside the second one's transaction.

Usage: python -m tests.support.projecting URL. It ends with status 3 when the position was moved on while it slept, with
0 when its own transaction stood.
"""

import os
import signal
import sys

from sqlalchemy import event

from hub.stages.errors import Unavailable
from hub.store import Conflict, Projector
from tests.support.readmodel import child


def main() -> None:
    projector = Projector.open(sys.argv[1], lambda _: None)
    projector.apply("hub.children", 0, [child(0)], 0, 1)
    event.listen(projector._engine, "commit", lambda _: os.kill(os.getpid(), signal.SIGSTOP), once=True)
    while True:
        try:
            projector.apply("hub.children", 0, [child(1, "chd-of-the-sleeper")], 1, 2)
        except Unavailable:
            continue
        except Conflict:
            sys.exit(3)
        return


if __name__ == "__main__":
    main()
