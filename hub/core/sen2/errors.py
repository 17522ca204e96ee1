"""What is wrong with a council's file. Places, columns and rules only: never what a cell held."""

from typing import NamedTuple

MOST_PROBLEMS = 20
"""How many are told at once."""


class Problem(NamedTuple):
    """Where something is wrong, and what. `column` is empty where it is about the whole place."""

    place: str
    column: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}, {self.column}: {self.what}" if self.column else f"{self.place}: {self.what}"


class Unreadable(ValueError):
    """A file that is not a return, or has cells that cannot be read; `problems` are all that were found."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems[:MOST_PROBLEMS])))
        self.problems = problems
