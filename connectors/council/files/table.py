"""A file's bytes as a header and rows, or the reason why the file as a whole cannot be read."""

import codecs
import csv
import fnmatch
import io
from collections import Counter
from dataclasses import dataclass, field

from connectors.council.files.errors import FileRefused, Problem
from connectors.council.files.mapping import Mapping

LONGEST_CELL = 10_000
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it ends on, and its cells by column, stripped of surrounding spaces."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """What a file holds. `bad` are rows that could not be told apart into cells; `count` is all rows, bad ones too."""

    rows: list[Row] = field(default_factory=list)
    bad: list[Problem] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many rows the file has, blank ones not counted."""
        return len(self.rows) + len(self.bad)


def read_table(content: bytes, mapping: Mapping, row_limit: int) -> Table:
    """Read a whole file; raises FileRefused."""
    text = _decode(content, mapping)
    if mapping.ends_with_newline and not text.endswith(("\n", "\r")):
        raise FileRefused("half-written", "the last line has no line ending: the file is half written")
    header, lines = _cells(text, mapping.delimiter, row_limit)
    _check_header(header, mapping)
    table = Table()
    for line, values in lines:
        _take(table, header, values, line)
    return table


def _cells(text: str, delimiter: str, row_limit: int) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header, and each row that is not blank with the line it ends on."""
    # strict: a quote left open at the end is an error instead of one enormous last cell
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines: list[tuple[int, list[str]]] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        for values in reader:
            if any(value.strip() for value in values):
                lines.append((reader.line_num, values))
            if len(lines) > row_limit:
                raise FileRefused("too-large", f"more than {row_limit} rows")
    except csv.Error:
        line = reader.line_num
        problem = Problem(line, "", "a quote is left open or stands inside a cell, or a cell is too long")
        raise FileRefused("not-csv", f"not CSV at line {line}", (problem,)) from None
    return header, lines


def _decode(content: bytes, mapping: Mapping) -> str:
    if not content:
        raise FileRefused("empty", "the file is empty")
    encoding = "utf-8-sig" if mapping.encoding == "utf-8" else mapping.encoding
    if mapping.encoding == "cp1252" and _is_utf8(content):
        raise FileRefused("encoding", "the mapping says cp1252, the file is UTF-8")
    try:
        text = content.decode(encoding, "strict")
    except UnicodeError:
        raise FileRefused("encoding", f"the file is not {mapping.encoding}") from None
    if "\0" in text:
        raise FileRefused("encoding", "the file holds NUL characters: it is not text in this encoding")
    return text


def _is_utf8(content: bytes) -> bool:
    """Whether bytes beyond ASCII are there and read as UTF-8, which text in cp1252 does not by chance."""
    if content.startswith(codecs.BOM_UTF8):
        return True
    try:
        return not content.isascii() and bool(content.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def _take(table: Table, header: list[str], values: list[str], line: int) -> None:
    problem = _shape_problem(header, values)
    if problem:
        table.bad.append(Problem(line, "", problem))
        return
    cells = {name: value.strip() for name, value in zip(header, values, strict=False) if name}
    table.rows.append(Row(line, cells))


def _shape_problem(header: list[str], values: list[str]) -> str | None:
    """A trailing comma gives an empty cell without a column, which says nothing; anything else does not fit."""
    if len(values) < len(header):
        return f"{len(values)} cells where the header has {len(header)}"
    if any(value.strip() for value in values[len(header) :]):
        return f"{len(values)} cells where the header has {len(header)}"
    if any(value.strip() for name, value in zip(header, values, strict=False) if not name):
        return "a cell is filled in a column without a name"
    if any(len(value) > LONGEST_CELL for value in values):
        return f"a cell is longer than {LONGEST_CELL} characters"
    return None


def _check_header(header: list[str], mapping: Mapping) -> None:
    """Refuse unknown, missing and doubled columns, all named at once. Names come from the mapping or are counted."""
    named = [name for name in header if name]
    problems = [Problem(1, name, "the column is missing") for name in sorted(mapping.columns - set(named))]
    twice = [name for name, count in Counter(named).items() if count > 1 and name in mapping.columns]
    problems += [Problem(1, name, "the column is there twice") for name in twice]
    for place, name in enumerate(header, start=1):
        known = name in mapping.columns or any(fnmatch.fnmatchcase(name, pattern) for pattern in mapping.ignore)
        if name and not known:
            # not by name: a file without a header has a person's data on this line
            problems.append(Problem(1, f"#{place}", "the column is not in the mapping: add it, or to `ignore`"))
    if problems:
        shown = ", ".join(f"{problem.column} {problem.what}" for problem in problems[:_SHOWN])
        raise FileRefused("columns", f"the columns are not those of the mapping: {shown}", tuple(problems))
