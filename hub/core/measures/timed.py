"""One limit of one subject with all the dates that decide whether it was kept, and the three ways to count it."""

from datetime import date
from typing import Literal, NamedTuple

from hub.core.measures.look import Look

Basis = Literal["including", "excluding", "clock-only", "all"]

CLAIMED_BASES: tuple[Basis, ...] = ("including", "excluding", "clock-only")
"""The bases of a limit that an exemption can lift. A limit without exemptions is counted once, on basis `all`."""


class Timed(NamedTuple):
    """A limit from `starts_on`.

    `due_on` is the clock's last day, None where no such clock runs; `plain_due_on` the last day by dates alone.
    `done_on` is the day on which what was due came. `void_on` is the day from which the clock no longer applied;
    `stopped_on` the day from which what came is no longer counted as this outcome: later, or never, where the end was
    overturned. `exempt`: an accepted exemption lifts the limit.
    """

    starts_on: date
    due_on: date | None
    plain_due_on: date
    done_on: date | None
    void_on: date | None = None
    stopped_on: date | None = None
    exempt: bool = False

    def last_day(self, basis: Basis) -> date | None:
        """The last day on which it is in time."""
        return self.plain_due_on if basis == "clock-only" else self.due_on

    def leaves_out(self, basis: Basis) -> bool:
        """Whether the basis counts nothing that an accepted exemption lifts, and one does."""
        return basis == "excluding" and self.exempt


def came_in_time(timed: Timed, basis: Basis, look: Look) -> bool | None:
    """Whether what came was in time; None where nothing came by the day, or the basis does not count it.

    Only what came is counted: the measures of the national return do the same, so a backlog is not seen here.
    """
    last = timed.last_day(basis)
    if timed.done_on is None or timed.done_on > look.as_of or last is None or timed.leaves_out(basis):
        return None
    if basis != "clock-only" and timed.stopped_on is not None and timed.stopped_on < timed.done_on:
        return None
    return timed.done_on <= last


def kept_when_due(timed: Timed, basis: Basis, look: Look) -> bool | None:
    """Whether a limit whose last day fell into the period, and has passed, was kept; what is still open was not.

    None where it is not counted. A limit that became void is not, unless the dates alone count: then only one that was
    void on its last day is left out, so that ending a late case does not make it disappear.
    """
    last = timed.last_day(basis)
    if last is None or last >= look.as_of or not look.holds(last) or timed.leaves_out(basis):
        return None
    done = timed.done_on if look.happened(timed.done_on) else None
    void = timed.void_on if look.happened(timed.void_on) else None
    # On one day, what was done counts.
    if void is not None and (done is None or void < done) and (basis != "clock-only" or void <= last):
        return None
    return done is not None and done <= last
