"""Where a worker's time goes: a thread that looks at what runs, often, and counts.

Only what is on the stack of a thread that is not waiting; BENCH_SAMPLES names the file that the counts are written to.
"""

import atexit
import json
import os
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import FrameType

EVERY = 0.004
PARTS = (
    ("hub/core", "the handler: cases, clocks, alerts"),
    ("hub/stages", "the handler: reading facts, outputs"),
    ("bench/handlers", "the handler: cases, clocks, alerts"),
    ("aiokafka/producer", "the client: producing"),
    ("aiokafka/consumer", "the client: fetching"),
    ("aiokafka", "the client: connections, transactions"),
    ("hub/runtime", "the lane itself"),
    ("mode/", "Faust's services"),
    ("faust/", "Faust's services"),
)
IDLE = ("selectors.py", "threading.py", "socketserver.py", "queue.py")


def start() -> None:
    """Begin to count, if asked and not begun; what was counted is written every second."""
    file = os.environ.pop("BENCH_SAMPLES", None)
    if file:
        threading.Thread(target=_run, args=(Path(file),), daemon=True).start()


def _run(file: Path) -> None:
    counts: Counter[str] = Counter()
    atexit.register(lambda: file.write_text(json.dumps(counts)))
    own, written = threading.get_ident(), time.monotonic()
    while True:
        time.sleep(EVERY)
        for thread, frame in sys._current_frames().items():
            if thread != own and (part := _part(frame)):
                counts[part] += 1
        if time.monotonic() - written > 1:
            file.write_text(json.dumps(counts))
            written = time.monotonic()


def _part(frame: FrameType | None) -> str | None:
    """The part that the innermost frame of ours or of a library belongs to; None while it waits."""
    if frame is None or frame.f_code.co_filename.endswith(IDLE) or frame.f_code.co_filename.startswith("<frozen"):
        return None
    while frame is not None:
        name = frame.f_code.co_filename
        for path, part in PARTS:
            if path in name:
                return part
        frame = frame.f_back
    return "the event loop"
