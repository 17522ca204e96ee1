"""A death that was told: alerts are held from its receipt, whatever its date, and one task is opened for an officer."""

from collections.abc import Sequence
from typing import Literal

from hub.core.facts.fact import Fact
from hub.core.facts.withdrawn import DIED
from hub.core.questions import CHILD_DIED, Question, ask

Death = Literal["formal", "informal"]


def death_of(formal: Fact | None, notices: Sequence[Fact]) -> Death | None:
    """How a death was told. One told formally on a date that can't be right (missing, ahead) ends no clock, so it is
    as good as told informally; it holds alerts as any other."""
    if formal is not None:
        return "formal"
    return "informal" if notices else None


def tasks_of(notices: Sequence[Fact]) -> list[Question]:
    """One task for all notices, in whatever form they come."""
    return [ask(CHILD_DIED, notices[0], DIED)] if notices else []
