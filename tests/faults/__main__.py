"""`make faults`: runs the series, prints a row for each, and ends with status 0 only when nothing was found."""

import argparse
import asyncio
import logging
import signal
import sys
import time

import structlog

from hub.embedded.kafka import fetch_jars
from tests.faults import disk, stock
from tests.faults.kinds import KINDS
from tests.faults.series import Row, run
from tests.support.processes import PROJECT

HEAD = (
    f"{'fault':14} {'seed':>5} {'inputs':>7} {'lost':>5} {'wrong':>6} {'repeated':>9} {'recovery s':>11} {'seconds':>8}"
)


def main() -> int:
    asked = _arguments()
    # Asked to end, a run ends what it started, as after Ctrl-C; also when its shell had it ignore that.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    # The table is what is read: what supervisor and publisher say goes nowhere, what the hub says into its own logs.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.ERROR)
    if asked.stock:
        return _stock(asked)
    fetch_jars(PROJECT)
    rows: list[Row] = []
    print(HEAD, flush=True)
    for name in asked.only:
        kind = KINDS[name]
        if kind.plan.disk == "kafka" and not disk.possible():
            print(f"{name:14} not run: it mounts a small disk, which needs root", flush=True)
            continue
        for number in range(asked.series or kind.series):
            row = asyncio.run(run(kind, asked.seed + number))
            rows.append(row)
            print(_line(row), flush=True)
    lost, wrong, repeated = (sum(getattr(row.verdict, what) for row in rows) for what in ("lost", "wrong", "repeated"))
    print(f"faults: series={len(rows)} lost={lost} wrong={wrong} repeated={repeated}")
    return 0 if rows and all(row.clean for row in rows) else 1


def _stock(asked: argparse.Namespace) -> int:
    """Rows for stock Faust; nothing is asked of it."""
    print(HEAD, flush=True)
    for fault in stock.FAULTS:
        for seed in range(asked.seed, asked.seed + (asked.series or 1)):
            began = time.monotonic()
            found = asyncio.run(stock.measure(fault, seed))
            print(_line(Row(f"stock {fault}", seed, found, 0.0, time.monotonic() - began, None)), flush=True)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", type=_kinds, default=list(KINDS), help=f"any of {','.join(KINDS)}")
    parser.add_argument("--series", type=int, default=0, help="series of each fault (10 or 2, unless said)")
    parser.add_argument("--seed", type=int, default=1, help="of the first series of each fault; the next has one more")
    parser.add_argument("--stock", action="store_true", help="instead: stock Faust, for comparison")
    return parser.parse_args()


def _kinds(text: str) -> list[str]:
    names = [name for name in text.split(",") if name]
    if unknown := [name for name in names if name not in KINDS]:
        raise argparse.ArgumentTypeError(f"there is no fault {unknown[0]!r}: they are {', '.join(KINDS)}")
    return names or list(KINDS)


def _line(row: Row) -> str:
    found = row.verdict
    line = (
        f"{row.fault:14} {row.seed:>5} {found.inputs:>7,} {found.lost:>5} {found.wrong:>6} {found.repeated:>9} "
        f"{row.recovery:>11.1f} {row.seconds:>8.0f}"
    )
    return (
        line
        if row.clean or row.kept is None
        else "\n  ".join([line, *found.findings, f"its logs and histories: {row.kept}"])
    )


if __name__ == "__main__":
    sys.exit(main())
