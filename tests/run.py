"""`make test`: every check in turn, then one table of what each came to. Exit status 0 only when all passed."""

import os
import subprocess
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).parents[1]
BIN = PROJECT / ".venv" / "bin"

CHECKS: tuple[tuple[str, list[str]], ...] = (
    ("style", [str(BIN / "ruff"), "check", "--quiet", "."]),
    ("format", [str(BIN / "ruff"), "format", "--check", "--quiet", "."]),
    ("types", [str(BIN / "mypy")]),
    ("layers", [str(BIN / "lint-imports")]),
    ("tests", [str(BIN / "python"), "-m", "pytest", "-q", "--durations=10"]),
)


def main() -> int:
    """Run all checks, also after one failed."""
    results = []
    for name, command in CHECKS:
        print(f"== {name}", flush=True)
        start = time.monotonic()
        status = subprocess.run(command, cwd=PROJECT, env=os.environ, check=False).returncode
        results.append((name, status, time.monotonic() - start))
    print("\ncheck     result   seconds")
    for name, status, seconds in results:
        print(f"{name:9} {'passed' if status == 0 else 'FAILED':8} {seconds:7.1f}")
    failed = sum(1 for _, status, _ in results if status)
    print(f"checks: {len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
