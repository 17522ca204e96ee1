"""`make test`: every check, then one table of what each came to. Exit status 0 only when all passed.

The integration tests wait for brokers and sessions most of the time, so everything else runs beside them: the quick
checks first, then the pages in a browser, then the part of them that plays whole hubs.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, NamedTuple

PROJECT = Path(__file__).parents[1]
BIN = PROJECT / ".venv" / "bin"


class Check(NamedTuple):
    """A command to run."""

    name: str
    command: Sequence[str]


class Result(NamedTuple):
    """What a check came to, and the counts of pytest's last line: {"passed": 3, …}."""

    name: str
    status: int
    seconds: float
    counts: dict[str, int]


def _pytest(*arguments: str) -> list[str]:
    return [str(BIN / "python"), "-m", "pytest", "-q", "--durations=10", *arguments]


QUICK: tuple[Check, ...] = (
    Check("style", [str(BIN / "ruff"), "check", "--quiet", "."]),
    Check("format", [str(BIN / "ruff"), "format", "--check", "--quiet", "."]),
    Check("types", [str(BIN / "mypy")]),
    Check("layers", [str(BIN / "lint-imports")]),
    Check(
        "tests", _pytest("--ignore=tests/integration", "--ignore=tests/browser", "--ignore=tests/faults/test_short.py")
    ),
)
BROWSER = Check("browser", _pytest("tests/browser"))
"""By itself: what drives the browser keeps an event loop running in its thread, where tests of ours want their own."""
WHOLE = sorted(f"tests/integration/{file.name}" for file in (PROJECT / "tests" / "integration").glob("test_*.py"))
SLOW = Check("integration", _pytest("tests/integration", *(f"--ignore={file}" for file in WHOLE)))
HUBS = Check("whole hubs", _pytest(*WHOLE, "tests/faults/test_short.py"))
COUNTED = re.compile(r"(\d+) (passed|failed|skipped|error)")


def main() -> int:
    """Run all checks, also after one failed."""
    with ThreadPoolExecutor(1) as beside, tempfile.TemporaryFile() as said:
        slow = beside.submit(_run, SLOW, said)
        results = [_run(check, None) for check in (*QUICK, BROWSER, HUBS)]
        print(f"== {SLOW.name} (they began with the others; what they say follows when they end)", flush=True)
        results.append(slow.result())
        said.seek(0)
        sys.stdout.write(said.read().decode("utf-8", "replace"))
    return _show(results)


def _run(check: Check, quietly: IO[bytes] | None) -> Result:
    """Run a check; what it says is shown as it comes, or kept for later."""
    if quietly is None:
        print(f"== {check.name}", flush=True)
    start, tail = time.monotonic(), b""
    process = subprocess.Popen(check.command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    out = quietly or sys.stdout.buffer
    while data := os.read(process.stdout.fileno(), 65_536):
        out.write(data)
        out.flush()
        tail = (tail + data)[-400:]
    status = process.wait()
    last = tail.decode("utf-8", "replace").rstrip().rsplit("\n", 1)[-1]
    counts = {what: int(number) for number, what in COUNTED.findall(last)}
    return Result(check.name, status, time.monotonic() - start, counts)


def _show(results: Sequence[Result]) -> int:
    print("\ncheck        result   seconds")
    for name, status, seconds, _ in results:
        print(f"{name:12} {'passed' if status == 0 else 'FAILED':8} {seconds:7.1f}")
    totals = {what: sum(result.counts.get(what, 0) for result in results) for what in ("passed", "failed", "skipped")}
    print("tests: " + ", ".join(f"{number} {what}" for what, number in totals.items()))
    failed = sum(1 for result in results if result.status)
    print(f"checks: {len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
