"""A stage's process, as `sendhub stage` runs it, that takes orders: at a named point it kills or stops itself.

Usage: python -m tests.faults.worker STAGE. FAULT_ORDERS names the file that an order may appear in: `point action`.
"""

import os
import signal
import sys
from pathlib import Path

from hub.platform.logs import set_up
from hub.platform.settings import Settings
from hub.runtime import stages
from hub.runtime.worker import run_stage
from tests.faults.counting import NAME, counting

SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


class Orders:
    """Looks for an order at each named point; the file goes as it is obeyed."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __call__(self, point: str) -> None:
        try:
            wanted, action = self._file.read_text().split()
        except (FileNotFoundError, ValueError):
            return
        if wanted == point:
            self._file.unlink()
            os.kill(os.getpid(), SIGNALS[action])


def main() -> None:
    name = sys.argv[1]
    set_up(name)
    orders = Orders(Path(os.environ["FAULT_ORDERS"]))
    if name == NAME:
        run_stage(Settings(), counting(bool(os.environ.get("FAULT_ROUGH"))), orders)
    else:
        stages.run(name, Settings(), orders)


if __name__ == "__main__":
    main()
