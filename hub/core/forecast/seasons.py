"""Seasons in which advice comes at another pace: schools are shut, and so are many who write for them.

The days are those of most of England's schools, give or take a few. What a season is worth is learnt, not set.
"""

from datetime import date
from typing import NamedTuple

TERM, SUMMER, CHRISTMAS = range(3)
SEASONS = ("term", "summer", "christmas")


class Turn(NamedTuple):
    """From this day of each year on it is that season, until the next turn."""

    month: int
    day: int
    season: int


TURNS = (Turn(1, 1, CHRISTMAS), Turn(1, 3, TERM), Turn(7, 22, SUMMER), Turn(9, 1, TERM), Turn(12, 20, CHRISTMAS))


def season_of(day: date) -> int:
    """The season of a day, as its place in SEASONS."""
    return next(turn.season for turn in reversed(TURNS) if (turn.month, turn.day) <= (day.month, day.day))


def next_turn(day: date) -> date:
    """The first later day on which a season begins."""
    turns = (date(day.year, turn.month, turn.day) for turn in TURNS)
    return next((turn for turn in turns if turn > day), date(day.year + 1, 1, 1))
