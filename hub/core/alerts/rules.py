"""Who is told what, and how early: as rows of data. docs/alerts.md is made from here.

A deployment gives rows of its own in the file that `alerts_file` names (`hub.runtime.alert_rows` reads it).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from hub.core.clocks.rule import Rule
from schemas.alerts import AlertRows, LeadRow, Tell, Threshold, ToldRow

ADVICE = ("advice-6w",)
TIME: tuple[Threshold, ...] = ("due-soon", "overdue", "likely-late", "exempt-still-open")
HEALTH = ("icb", "trust", "nhs-england")
SERVICE = "{service}"
RESTRICTED = "restricted"
"""The audience of restricted children: named people, who keep chasing."""

TOLD: tuple[ToldRow, ...] = (
    # A designated officer answers for the health service's advice (Code 3.45-3.48).
    ToldRow(
        name="advice-of-health",
        thresholds=TIME,
        clocks=ADVICE,
        roles=HEALTH,
        tell=(
            Tell(audience="designated-officer", per="heading"),
            Tell(audience=f"service:{SERVICE}"),
            Tell(audience="coordinator", per="case"),
        ),
    ),
    ToldRow(
        name="advice-of-others",
        thresholds=TIME,
        clocks=ADVICE,
        tell=(Tell(audience=f"service:{SERVICE}"), Tell(audience="coordinator", per="case")),
    ),
    ToldRow(
        name="icb-must-act",
        thresholds=TIME,
        roles=("icb",),
        tell=(Tell(audience="designated-officer"),),
    ),
    # Whether such a limit applies at all is only known once the decision is made: it warns nobody.
    ToldRow(
        name="conditional-limits",
        thresholds=("due-soon",),
        clocks=("no-plan-decision-16w", "order-decision-10w"),
    ),
    ToldRow(name="other-limits", thresholds=TIME, tell=(Tell(audience="coordinator"),)),
    ToldRow(
        name="advice-and-plan",
        thresholds=("advice-after-plan", "sent-not-logged"),
        clocks=ADVICE,
        tell=(Tell(audience="coordinator"),),
    ),
    ToldRow(
        name="headings-of-health",
        thresholds=("heading-open",),
        clocks=ADVICE,
        roles=HEALTH,
        tell=(Tell(audience="designated-officer", per="heading"), Tell(audience="coordinator", per="case")),
    ),
    ToldRow(
        name="headings-of-others",
        thresholds=("heading-open",),
        clocks=ADVICE,
        tell=(Tell(audience="coordinator", per="case"),),
    ),
    ToldRow(
        name="case",
        thresholds=("plan-without-advice", "all-advice-in", "exemption-not-valid"),
        tell=(Tell(audience="coordinator"),),
    ),
    ToldRow(
        name="week-12",
        thresholds=("week-12-incomplete",),
        clocks=("advice-all-in-12w",),
        tell=(Tell(audience="coordinator"),),
    ),
    ToldRow(name="corrections", thresholds=("date-moved-back",), tell=(Tell(audience="coordinator", per="case"),)),
    ToldRow(name="sources", thresholds=("source-silent",), tell=(Tell(audience="operations"),)),
)
"""The rows that are shipped. Local targets have no row of their own for `due-soon` and `overdue`: a target that is
missed says nothing that the alert about the limit behind it would not say again."""

LEADS: tuple[LeadRow, ...] = (
    LeadRow(
        name="days",
        working_days=1,
        clocks=("mediation-tell-icb-3wd", "icb-told-considering-2wd", "send-advice-request-2wd"),
    ),
    LeadRow(
        name="short",
        working_days=3,
        clocks=(
            "draft-response-15d", "review-report-2w", "reassessment-decision-15d", "area-out-15wd", "icb-change-15wd",
            "order-assess-notify-2w", "order-school-2w", "mediation-agreement-2w",
        ),
    ),
    LeadRow(name="usual", working_days=10),
)  # fmt: skip
"""With limits shorter than four weeks ten working days would be the first day, or before it."""

Row = TypeVar("Row", ToldRow, LeadRow)


class Telling(NamedTuple):
    """Whom to tell of each threshold of one kind of deadline, and how many working days ahead."""

    tells: dict[Threshold, tuple[Tell, ...]]
    lead: int


@dataclass(frozen=True)
class AlertRules:
    """All rows, in the order in which they are tried. `only`: who is told, one by one, of all that anybody would be."""

    told: tuple[ToldRow, ...] = TOLD
    leads: tuple[LeadRow, ...] = LEADS
    only: str | None = field(default=None, compare=False)
    _found: dict[tuple[str, str | None, str], Telling] = field(init=False, compare=False, default_factory=dict)

    def telling(self, rule: Rule, service: str | None, role: str) -> Telling:
        """What holds for a deadline of this rule, service asked (or heading, where none is named) and role of who must
        act."""
        key = (rule.clock, service, role)
        found = self._found.get(key)
        if found is None:
            tells = {
                threshold: self.tells(threshold, rule.clock, service, role, target=rule.is_target)
                for threshold in TIME_AND_ADVICE
            }
            found = Telling({threshold: told for threshold, told in tells.items() if told}, self.lead(*key[:2]))
            self._found[key] = found
        return found

    def tells(
        self,
        threshold: Threshold,
        clock: str | None = None,
        service: str | None = None,
        role: str | None = None,
        *,
        target: bool = False,
    ) -> tuple[Tell, ...]:
        """Who is told of a threshold, in a deadline of this clock or (None) apart from any. `service` as in
        `telling`."""
        for row in self.told:
            named = clock in row.clocks if row.clocks else not target
            if threshold in row.thresholds and named and _any(row.services, service) and _any(row.roles, role):
                tells = tuple(told for tell in row.tell if (told := _named(tell, service)) is not None)
                return (Tell(audience=self.only),) if tells and self.only is not None else tells
        return ()

    def lead(self, clock: str, service: str | None) -> int:
        """The working days before `act_by` from which it is due soon."""
        rows = (row for row in self.leads if _any(row.clocks, clock) and _any(row.services, service))
        return next((row.working_days for row in rows), 0)

    def for_restricted(self) -> "AlertRules":
        """These rows for a child whom only the restricted list may know of."""
        return AlertRules(self.told, self.leads, RESTRICTED)

    def with_own(self, rows: AlertRows) -> "AlertRules":
        """These rows and a deployment's own."""
        return AlertRules(_merged(self.told, rows.told), _merged(self.leads, rows.lead))


TIME_AND_ADVICE: tuple[Threshold, ...] = (
    *TIME, "advice-after-plan", "sent-not-logged", "week-12-incomplete", "heading-open",
    "date-moved-back",
)  # fmt: skip
"""What one deadline can reach."""

RULES = AlertRules()


def unknown_in(rows: AlertRows, clocks: Iterable[str]) -> list[str]:
    """What is wrong with a deployment's rows beside their shape, each with the row's name."""
    known, found = set(clocks), []
    for kind, named in (("told", rows.told), ("lead", rows.lead)):
        names = [row.name for row in named]
        found += [f"{kind} row {name!r}: there is another of this name" for name in _twice(names)]
        found += [
            f"{kind} row {row.name!r}: there is no clock {clock!r}; docs/clocks.md lists them"
            for row in named
            for clock in row.clocks
            if clock not in known
        ]
    return found


def _twice(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def _any(allowed: tuple[str, ...], value: str | None) -> bool:
    return not allowed or value in allowed


def _named(tell: Tell, service: str | None) -> Tell | None:
    """The audience with the service in it; None where it needs one and there is none."""
    if SERVICE not in tell.audience:
        return tell
    return tell.model_copy(update={"audience": tell.audience.replace(SERVICE, service)}) if service else None


def _merged(shipped: tuple[Row, ...], own: tuple[Row, ...]) -> tuple[Row, ...]:
    by_name = {row.name: row for row in own}
    taken = {row.name for row in shipped}
    added = [row for row in own if row.name not in taken]
    return tuple(added + [by_name.get(row.name, row) for row in shipped])
