"""What became of a file, for the people who send it: JSON beside the file. Lines and columns, never a value."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import orjson

from connectors.council.files.errors import Problem

Place = Literal["done", "rejected", "held"]
LISTED = 1_000
"""Problems listed in a report; further ones are only counted."""

_ADVICE: dict[Place, str] = {
    "done": "Correct the rows listed in the source system: the next extract brings them.",
    "rejected": "Correct the file, or the mapping, and drop it again. Nothing is ever taken twice.",
    "held": "If so few rows are right, move the file to release/ (or use `release`); else drop a whole extract.",
}


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of one file. Counts are of rows; `sent` is of facts."""

    place: Place
    code: str
    message: str
    feed: str | None = None
    source: str | None = None
    extract: datetime | None = None
    rows: int = 0
    bad: int = 0
    older: int = 0
    unchanged: int = 0
    sent: int = 0
    problems: tuple[Problem, ...] = ()

    @property
    def needed(self) -> bool:
        """Whether there is something to tell: a file taken without a hitch gets no report."""
        return self.place != "done" or bool(self.problems) or self.older > 0

    def json(self, file: str) -> bytes:
        """The report's text."""
        listed = [
            {"line": problem.line, "column": problem.column, "problem": problem.what}
            for problem in self.problems[:LISTED]
        ]
        content = {
            "file": file,
            "outcome": self.place,
            "code": self.code,
            "message": self.message,
            "what_to_do": _ADVICE[self.place],
            "feed": self.feed,
            "source": self.source,
            "extract": self.extract.isoformat() if self.extract else None,
            "rows": {"all": self.rows, "bad": self.bad, "older": self.older, "unchanged": self.unchanged},
            "facts_sent": self.sent,
            "problems": listed,
            "problems_not_listed": len(self.problems) - len(listed),
        }
        return orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n"
