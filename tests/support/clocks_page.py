"""docs/clocks.md: the whole timetable, made from the rules, for a reader who holds it beside the regulations."""

from itertools import groupby

from hub.core.cases.advice import S31_ROLES
from hub.core.clocks.described import described
from hub.core.clocks.rule import Rule
from hub.core.clocks.rules import RULES
from hub.core.clocks.words import MOMENTS

INTRO = """# The timetable

Every clock that the hub runs, one section each, made from `hub/core/clocks/rules.py` by `python -m
tests.support.documents`. `sendhub clocks list` prints the same rows, `sendhub clocks explain --child ID` says why one
child's dates are what they are.

**How to read it.** A clock starts with the first of the events named that has happened, in that order of preference.
The earliest end decides; on one day what meets it comes before what closes it, and that before what voids it, so that
what was met is never voided. What was due counts even after a close: the heading was open all along. *Law* is the
reference; *status* says whether the row was checked in the law or in a text that quotes it, or is from general
knowledge and should be confirmed before it is relied on. Targets of the partnership's own are marked so: they are not
law, and can be left out.

**A change of the law** is a new row with another *valid from*: cases that started before keep their own limit.

## How days are counted

| count | means | the last day | the last day when the first day counts |
|---|---|---|---|
| after | "within N weeks of": the day it starts is left out | the same weekday, N weeks on | the day before |
| beginning with | the day it starts counts as the first | N months: the day before the corresponding date | the same |
| before | before a fixed day | the day before it | the same |
| back from | at least so long before an event | counted back from it | the same |

Weeks are calendar weeks: weekends, bank holidays and school holidays neither pause nor extend them. A month without
the corresponding date ends on its last day. Working days are Monday to Friday without England's bank holidays; the
tribunal also leaves out 25 December to 1 January and August. Days are Europe/London days, also of instants in UTC. No
rule moves a last day forward: `act_by` is the last working day not after the earlier of the two readings, and alerts
go by it. A draft sent by post is deemed served on the second working day after.

## Exemptions

A claim on the case lifts limits of the case, a claim on an advice request, an order or a reassessment that one's alone.
It lifts the limit; it never pauses or moves a date, and the deadline is looked at again every 28 days (a setting).

| ground | lifts | it fits when |
|---|---|---|
{grounds}

A council's claim counts as accepted, any other waits for an officer; either can be refused. A claim that does not fit
is shown as *not-valid* with the reason, a missed appointment that nobody cites as *unclaimed*: neither lifts
anything. Lateness, staffing, panels and "agreed with the parent" are not on the list. Of the table, regs 8(2),
10(4)(a), 13(3), 27(3) and 5(4)(a) were read; the other grounds of reg 5(4) follow the same pattern from general
knowledge, and those for orders (reg 44(3)) a guide.
"""

WITHOUT = {
    'the early "no" (reg 4(1))': "the same six weeks as `assessment-decision-6w`",
    "the decision's copy to the ICB, social care and the school (regs 5(2), 10(2))": "due with the decision itself; "
    "`notice.decision` is kept",
    "consulting a school (Code 9.83, 15 days), lists of reviews to come (Code 9.172)": "guidance, and no source tells "
    "of it",
    "two weeks' notice of a review meeting (regs 20(3), 21(3))": "no source tells of it",
    "a new ICB's 15 working days to ask for an assessment or a review (reg 16)": "no source tells of it",
    "the adviser's certificates (regs 34, 39), the family's time to appeal": "others' duties and rights: the hub warns "
    "nobody of them",
    "an ICB's week to tell of an agreement (reg 42(4)), the copy to the Secretary of State (SI 2017/1306)":
    "no source tells of it",
    "to secure what a plan provides (CFA 2014 s42), to keep a plan that the tribunal kept, to cease one (reg 44(2)(a))":
    "at once: there is no number of days",
    "to tell of a young child who may have needs (CFA 2014 s23)": "no number of days",
    "social care's own limits (Working Together, Children Act 1989 s17)": "other law; they extend no limit of this one",
}  # fmt: skip

FITS = {
    "school-closure": "closed 28 days or more, and that institution was asked for advice between one week before "
    "closing and one week before reopening, and not after the last day of the limit",
    "early-years-closure": "the same test",
    "exceptional-circumstances": "it overlaps the period",
    "absence": "28 days of it lie inside the period; for an order 14. Without a last day it is *waiting* "
    "until it has lasted so long, and fits from then on",
    "missed-appointment": "made by the body asked (or a service it passed the request to), inside its six weeks, and "
    "cited by the claim",
}


def clocks_page() -> str:
    """The page."""
    lines = [INTRO.format(grounds="\n".join(_ground(name) for name in FITS))]
    lines += ["## Words for moments", "", "| in the rows | means |", "|---|---|"]
    lines += [f"| `{name}` | {words} |" for name, words in MOMENTS.items()] + ["", "## The clocks", ""]
    for clock, rows in groupby(RULES, key=lambda rule: rule.clock):
        lines += _clock(clock, list(rows))
    lines += ["## What has no clock here", "", "Limits and duties beside these that no row times:", ""]
    lines += ["| what | why |", "|---|---|", *(f"| {what} | {why} |" for what, why in WITHOUT.items())]
    return "\n".join(lines).rstrip() + "\n"


def _ground(name: str) -> str:
    clocks = dict.fromkeys(f"`{rule.clock}`" for rule in RULES if name in rule.exemptions)
    return f"| {name} | {', '.join(clocks)} | {FITS[name]} |"


def _clock(clock: str, rows: list[Rule]) -> list[str]:
    lines = [f"### {clock}", ""]
    for rule in rows:
        said = described(rule)
        facts = [
            ("runs for", _about(rule)),
            ("starts", _moments(said["starts"])),
            ("limit", said["limit_text"]),
            ("met by", _moments(said["meets"]) or "its last day: the time itself is what is owed"),
            ("closed by", _moments(said["closes"])),
            ("void by", _moments(said["voids"])),
            ("passed", {"overdue": "overdue", "lapsed": "lapsed, which is no breach", "met": "met"}[rule.at_end]),
            ("who must act", said["acts"]),
            ("exemptions", ", ".join(said["exemptions"])),
            (
                "another date",
                "of the tribunal, or agreed in writing, takes its place" if rule.directed else "",
            ),
            ("law", rule.law),
            ("status", rule.status),
            ("valid", f"from {rule.valid_from}" + (f" to {rule.valid_to}" if rule.valid_to else "")),
        ]
        lines += [rule.says, "", "| | |", "|---|---|", *(f"| {name} | {text} |" for name, text in facts if text), ""]
    return lines


def _moments(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _about(rule: Rule) -> str:
    if rule.about != "advice":
        return rule.about
    asked = "bodies asked under CFA 2014 s31" if rule.asked_roles == S31_ROLES else "other bodies"
    return f"advice for an {' or '.join(sorted(rule.purposes))}, asked of {asked}"
