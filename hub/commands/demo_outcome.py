"""What a demo came to: looked up by the API, compared with the truth, told to a newcomer."""

from collections import Counter
from typing import NamedTuple

import httpx
from rich.console import Console
from rich.table import Table

from hub.embedded.system import System
from hub.simulator.comparison import Comparison, compare, items
from hub.simulator.deliveries import Plan
from hub.simulator.noise import Doubts
from hub.simulator.oracle import truths_of
from hub.simulator.partnership import Partnership
from hub.simulator.sending import Sent

SHOWN = 20
"""How many differences are listed."""


class Outcome(NamedTuple):
    """What the demo came to."""

    sent: Sent
    found: Comparison
    alerts: Counter[str]
    standing: int
    reviews: Counter[str]
    doubts: Doubts
    dead_letters: int
    restarts: int

    @property
    def lost(self) -> int:
        """Everything that ought to be there and is not."""
        return len(self.found.lost)

    @property
    def well(self) -> bool:
        """Whether all arrived, every deadline is as the truth implies, and each planted doubt was asked about."""
        wrong = self.found.lost or self.found.wrong or self.sent.surprises or self.dead_letters
        return not wrong and self.asked_as_planned

    @property
    def asked_as_planned(self) -> bool:
        """Whether people are asked about exactly the doubts that the simulator planted."""
        return (self.reviews["conflict"], self.reviews["unmatched-input"]) == self.doubts

    @property
    def last_line(self) -> str:
        """One line for scripts."""
        found = self.found
        return (
            f"demo: children={found.children} requests={found.requests} advice={found.advice} "
            f"deadlines={found.deadlines} alerts_open={self.alerts.total()} dead_letters={self.dead_letters} "
            f"lost={self.lost}"
        )


async def look(hub: System, read: httpx.AsyncClient, partnership: Partnership, planned: Plan, sent: Sent) -> Outcome:
    """Read everything back by the API and compare; raises httpx.HTTPError when it cannot be read."""
    found = await compare(truths_of(partnership), read)
    return Outcome(
        sent=sent,
        found=found,
        alerts=Counter([alert["threshold"] async for alert in items(read, "/alerts", state="open")]),
        standing=sum([child["standing"] async for child in items(read, "/children")]),
        reviews=Counter([review["question"] async for review in items(read, "/reviews", state="open")]),
        doubts=planned.doubts,
        dead_letters=len([letter async for letter in items(read, "/dead-letters")]),
        restarts=sum(hub.supervisor.restarts.values()),
    )


def report(console: Console, outcome: Outcome, partnership: Partnership) -> None:
    """Print what happened, for somebody who has never seen the hub."""
    found, sent = outcome.found, outcome.sent
    console.print()
    table = Table(title="What happened", show_header=False, box=None, title_justify="left", title_style="bold")
    rows = [
        ("played", f"{partnership.first_day} to {partnership.last_day}, each day with what was sent on it"),
        ("messages", f"{sent.taken} taken by webhook and BaRS, {sent.files} files"),
        ("", f"{sent.known + sent.duplicate} repeats recognised, {sent.refused} wrong ones refused with a reason"),
        ("children", f"{found.children} records, {found.requests} requests, {found.advice} pieces of advice asked for"),
        (
            "deadlines",
            f"{found.deadlines} of the four main clocks, each compared with the truth: {len(found.wrong)} differ",
        ),
        ("alerts open", _counts(outcome.alerts) or "none"),
        ("standing", f"{outcome.standing} were overdue when the hub first saw them: counted, not alerted"),
        ("for people", f"{_counts(outcome.reviews) or 'nothing'}; {_planned(outcome)}"),
        ("dead letters", str(outcome.dead_letters)),
        ("restarts", f"{outcome.restarts} processes ended and were started again"),
        ("lost", str(outcome.lost)),
    ]
    for name, text in rows:
        table.add_row(name, text)
    console.print(table)
    for line in [*sent.surprises, *found.lost, *found.wrong][:SHOWN]:
        console.print(f"  {line}", markup=False)


def _planned(outcome: Outcome) -> str:
    if outcome.asked_as_planned:
        return "each doubt that was planted, and no other child in doubt"
    doubts = outcome.doubts
    return f"BUT {doubts.conflicts} conflicts and {doubts.unmatched} unmatched were planted"


def _counts(counted: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counted.items()))
