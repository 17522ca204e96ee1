"""The errors of the file connector. Messages name files' columns and lines, never a value received.

FilesError
├── BadMapping     a mapping file is wrong: the process says so and does not start
├── FileRefused    a file as a whole is wrong: rejected, with a report beside it
└── RowsFell       a file has far fewer rows than the one before: held until a person decides
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in one place of a file. `line` counts from 1, the header being line 1; 0 is the whole file."""

    line: int
    column: str
    what: str


class FilesError(Exception):
    """Base of what this connector raises on purpose."""


class BadMapping(FilesError):
    """A mapping cannot be used; the message names the file and each field that is wrong."""


class FileRefused(FilesError):
    """The file as a whole is not taken. `code` is short enough for a metric label, `problems` are for the report."""

    def __init__(self, code: str, message: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.problems = problems


class RowsFell(FilesError):
    """Fewer rows than the limit allows: may be a truncated extract (`rows` now, `before` then)."""

    def __init__(self, rows: int, before: int) -> None:
        super().__init__(f"{rows} rows where the extract before it had {before}")
        self.rows = rows
        self.before = before
