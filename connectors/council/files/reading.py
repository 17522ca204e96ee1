"""A whole file, read and judged before anything of it is sent. Pure but for the `now` it is given."""

from dataclasses import dataclass
from datetime import datetime

from connectors.council.files.errors import FileRefused, Problem
from connectors.council.files.extract import extract_instant
from connectors.council.files.mapping import Mapping
from connectors.council.files.rows import RowFacts, RowRefused, read_row
from connectors.council.files.table import Row, read_table
from schemas.instants import london_day, microseconds


@dataclass(frozen=True, slots=True)
class Extract:
    """One file's content: its instant, its good rows, what is wrong with the others, and how many it has in all."""

    instant: datetime
    rows: tuple[RowFacts, ...]
    problems: tuple[Problem, ...]
    count: int

    @property
    def version(self) -> int:
        """Microseconds of the instant."""
        return microseconds(self.instant)

    @property
    def bad(self) -> int:
        """How many rows are not taken."""
        return self.count - len(self.rows)


def read_extract(content: bytes, name: str, mapping: Mapping, now: datetime, key: bytes, row_limit: int) -> Extract:
    """Read a file; raises FileRefused when it is wrong as a whole, or so many rows are that it must be taken for it."""
    table = read_table(content, mapping, row_limit)
    _check_share(table.count, len(table.bad), table.bad)
    instant = extract_instant(name, table.rows, mapping, now)
    rows, problems = _read_rows(table.rows, mapping, instant, key)
    found = (*table.bad, *problems)
    _check_share(table.count, table.count - len(rows), found)
    return Extract(instant, tuple(rows), tuple(sorted(found, key=lambda problem: problem.line)), table.count)


def _read_rows(
    rows: list[Row], mapping: Mapping, instant: datetime, key: bytes
) -> tuple[list[RowFacts], list[Problem]]:
    day, good, problems = london_day(instant), [], []
    for row in rows:
        try:
            good.append(read_row(row, mapping, day, key))
        except RowRefused as error:
            problems += error.problems
    return good, problems


def _check_share(count: int, bad: int, problems: "tuple[Problem, ...] | list[Problem]") -> None:
    """Too many bad rows mean a wrong file or mapping, and then the good ones are in doubt too.

    Where months and days are swapped, four rows in ten still look right. Too many are half, or three and over a tenth.
    """
    if bad and (2 * bad >= count or (bad >= 3 and 10 * bad > count)):
        raise FileRefused(
            "bad-rows", f"{bad} of {count} rows are wrong: the file as a whole is in doubt", tuple(problems)
        )
