"""A table of text: CSV, or Parquet where its library is installed."""

import csv
from collections.abc import Iterator
from datetime import date, datetime
from itertools import zip_longest
from math import isnan
from pathlib import Path

from hub.commands.match.mapping import Unfit

Row = dict[str, str]


def read_table(file: Path) -> tuple[list[str], list[Row]]:
    """The columns and rows, every value as text, an empty one where there is none; raises Unfit or OSError."""
    with file.open("rb") as opened:
        if opened.read(4) == b"PAR1":
            return _parquet(file)
    return _csv(file)


def _csv(file: Path) -> tuple[list[str], list[Row]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.reader(opened, strict=True)
            columns = next(reader, [])
            return _checked(file, columns), list(_rows(file, columns, reader))
    except UnicodeDecodeError:
        raise Unfit(f"{file} is not UTF-8: save it as CSV UTF-8") from None
    except csv.Error as error:
        raise Unfit(f"{file} is not CSV: {error}") from None


def _checked(file: Path, columns: list[str]) -> list[str]:
    if not columns:
        raise Unfit(f"{file} is empty: its first line has to name the columns")
    twice = {name for name in columns if name and columns.count(name) > 1}
    if twice:
        raise Unfit(f"{file} has more than one column called {', '.join(sorted(twice))}: name each once")
    return columns


def _rows(file: Path, columns: list[str], reader: Iterator[list[str]]) -> Iterator[Row]:
    for number, values in enumerate(reader, 2):
        if not any(values):
            continue
        if len(values) > len(columns) and any(values[len(columns) :]):
            raise Unfit(
                f"{file}, line {number}: {len(values)} values for {len(columns)} columns; quote what has commas"
            )
        found = zip_longest(columns, values[: len(columns)], fillvalue="")
        yield {name: value.strip() for name, value in found}


def _parquet(file: Path) -> tuple[list[str], list[Row]]:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import read_table as read
    except ImportError:
        raise Unfit(
            f"{file} is Parquet: install its library with `deploy/bootstrap train`, or save it as CSV"
        ) from None
    try:
        table = read(file)
    except ArrowException as error:
        raise Unfit(f"{file} can't be read as Parquet: {error}") from None
    rows = [{name: _as_text(value) for name, value in row.items()} for row in table.to_pylist()]
    return list(table.column_names), rows


def _as_text(value: object) -> str:
    """As CSV would have it: dates in ISO form, whole numbers without a point."""
    if value is None or (isinstance(value, float) and isnan(value)):
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)).strip()
