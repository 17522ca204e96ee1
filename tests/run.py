"""`make test`: every check, then one table of what each came to. Exit status 0 only when all passed.

The integration tests wait for brokers and sessions most of the time, so two of the long ones run side by side.
"""

import re
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).parents[1]
BIN = PROJECT / ".venv" / "bin"


class Check(NamedTuple):
    """A command to run."""

    name: str
    command: Sequence[str]


class Result(NamedTuple):
    """What a check came to, the counts of pytest's last line: {"passed": 3, …}, and what it said of
    tests that failed."""

    name: str
    status: int
    seconds: float
    counts: dict[str, int]
    failed: tuple[str, ...]


def _pytest(*arguments: str) -> list[str]:
    return [str(BIN / "python"), "-m", "pytest", "-q", "--durations=10", *arguments]


FAULTS = "tests/faults/test_short.py"
INTEGRATION = PROJECT / "tests" / "integration"
WHOLE = sorted(f"tests/integration/{file.name}" for file in INTEGRATION.glob("test_*.py"))
FIRST: tuple[Check, ...] = (
    Check("style", [str(BIN / "ruff"), "check", "--quiet", "."]),
    Check("format", [str(BIN / "ruff"), "format", "--check", "--quiet", "."]),
    Check("types", [str(BIN / "mypy")]),
    Check("layers", [str(BIN / "lint-imports")]),
)
"""Soon told, and mostly what was forgotten."""
LONG: tuple[Check, ...] = (
    Check("integration", _pytest("tests/integration", *(f"--ignore={file}" for file in WHOLE))),
    Check("tests", _pytest("--ignore=tests/integration", "--ignore=tests/browser", f"--ignore={FAULTS}")),
    Check("whole hubs", _pytest(*WHOLE)),
    Check("faults", _pytest(FAULTS)),
    # By itself: what drives the browser keeps an event loop running in its thread, where tests want their own.
    Check("browser", _pytest("tests/browser")),
)
"""Longest first, so that the two who take them end at about the same time."""
SIDE_BY_SIDE = 2
SHOWN = 300
"""How many characters of a line about a test that failed are said again at the end."""
COUNTED = re.compile(r"(\d+) (passed|failed|skipped|error)")


def main() -> int:
    """Run all checks, also after one failed."""
    results = [_run(check) for check in FIRST]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as taking:
        results += taking.map(_run, LONG)
    return _show(results)


def _run(check: Check) -> Result:
    """Run a check; each line that it says is shown at once, with its name before it."""
    start, last, failed = time.monotonic(), "", []
    print(f"== {check.name}", flush=True)
    with subprocess.Popen(
        check.command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            sys.stdout.write(f"{check.name}: {line}")
            sys.stdout.flush()
            last = line
            if line.startswith(("FAILED ", "ERROR ")):
                failed.append(line.strip()[:SHOWN])
    counts = {what: int(number) for number, what in COUNTED.findall(last)}
    return Result(check.name, process.returncode, time.monotonic() - start, counts, tuple(failed))


def _show(results: Sequence[Result]) -> int:
    print("\ncheck        result   seconds")
    for name, status, seconds, _, _ in results:
        print(f"{name:12} {'passed' if status == 0 else 'FAILED':8} {seconds:7.1f}")
    # Once more at the end: of a long output often no more than that is kept.
    for line in (line for result in results for line in result.failed):
        print(line)
    totals = {what: sum(result.counts.get(what, 0) for result in results) for what in ("passed", "failed", "skipped")}
    print("tests: " + ", ".join(f"{number} {what}" for what, number in totals.items()))
    failed = sum(1 for result in results if result.status)
    print(f"checks: {len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
