"""The measures: what each is called, what it counts, and whose definition that is. docs/measures.md is made of this."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from hub.core.measures.ages import ADVICE_BANDS, CASE_BANDS, Bands
from hub.core.measures.timed import CLAIMED_BASES, Basis

Cohort = Literal["receipt", "outcome", "due", "meeting", "decision", "delivery", "open"]
Kind = Literal["ratio", "mean", "percentile", "count"]
Unit = Literal["percent", "weeks", "days", "working days", "cases", "plans", "requests"]
Place = tuple[Cohort, Basis]

COHORTS: Mapping[Cohort, str] = {
    "receipt": "requests received in the period, once they have the outcome by the as-of day",
    "outcome": "outcomes of the period: the plan was sent, the family told, the advice came or was sent back",
    "due": "limits whose last day fell into the period and has passed by the as-of day; what is open then was not kept",
    "meeting": "review meetings held in the period, once they have a decision by the as-of day",
    "decision": "decisions to assess told to the family in the period",
    "delivery": "advice requests that reached the body asked in the period",
    "open": "what is open at the end of the as-of day, whenever it began; the period does not matter",
}
"""What puts a thing into the period."""

BASES: Mapping[Basis, str] = {
    "including": "All count; late with an accepted exemption is late. What was void before it was done is left out.",
    "excluding": "As including, but whatever has an accepted exemption is left out of numerator and denominator.",
    "clock-only": "Dates alone, from the start with the ordinary limit: whatever was claimed, declined, refused, "
    "withdrawn or coded. Only what was cancelled or ended by its last day is left out of what fell due.",
    "all": "No exemption exists for it: counted once.",
}
"""How exemptions count."""

ONCE: tuple[Basis, ...] = ("all",)
BY_RESULT: tuple[Cohort, ...] = ("receipt", "outcome")
BY_ALL: tuple[Cohort, ...] = ("receipt", "outcome", "due")


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure. It has a figure for each cohort on each basis.

    `published`: the places on which the Department for Education's (DfE) definition gives this figure; all others are
    local. `by_service`: there is a figure for each service as well. `bands`: there is one for each band of weeks.
    `series` names the observations of a mean or a percentile, `rank` is the percentile.
    """

    id: str
    title: str
    definition: str
    kind: Kind = "ratio"
    unit: Unit = "percent"
    cohorts: tuple[Cohort, ...] = ("outcome",)
    bases: tuple[Basis, ...] = ONCE
    published: frozenset[Place] = frozenset()
    by_service: bool = False
    bands: Bands | None = None
    series: str = ""
    rank: int = 0

    def source(self, cohort: Cohort, basis: Basis) -> Literal["DfE", "local"]:
        """Whose definition a figure follows."""
        return "DfE" if (cohort, basis) in self.published else "local"


PLAN_PLACES: frozenset[Place] = frozenset({("outcome", "including"), ("outcome", "excluding")})

OPEN_CASES = Measure(
    "open-cases",
    "Open cases by age",
    "Cases received and not ended by the as-of day, by weeks since receipt. Only issued plans count for the measures "
    "of 20 weeks: those get worse while a backlog is cleared and look good while old cases lie. Read them beside this.",
    kind="count",
    unit="cases",
    cohorts=("open",),
    bands=CASE_BANDS,
)

NATIONAL: tuple[Measure, ...] = (
    Measure(
        "decision-6w",
        "Request decided in 6 weeks",
        "Requests whose family was told within 6 weeks of receipt whether there will be an assessment / requests with "
        "that outcome. A request withdrawn, moved away or ended by death before it has none.",
        cohorts=BY_ALL,
        bases=CLAIMED_BASES,
        published=frozenset({("receipt", "including")}),
    ),
    Measure(
        "no-plan-16w",
        "No-plan decision in 16 weeks",
        "Families told within 16 weeks of receipt that there will be no plan / all told so. Also counted when a plan "
        "had first been decided on or drafted.",
        cohorts=BY_RESULT,
        bases=CLAIMED_BASES,
        published=frozenset({("outcome", "including")}),
    ),
    Measure(
        "plan-20w",
        "Plan in 20 weeks",
        "First plans sent within 20 weeks of receipt / first plans sent. The date is the day of sending, never of a "
        "panel. A plan after a refusal that did not stand counts, from the request's receipt; one after a told no-plan "
        "or a withdrawal does not (see 'Plans in no figure of 20 weeks').",
        cohorts=BY_ALL,
        bases=CLAIMED_BASES,
        published=PLAN_PLACES,
    ),
    Measure(
        "plan-20-52w",
        "Plan after 20 and within 52 weeks",
        "First plans sent after their 20 weeks and within 52 weeks of receipt / first plans sent, counted as plan-20w.",
        cohorts=BY_RESULT,
        bases=CLAIMED_BASES,
        published=PLAN_PLACES,
    ),
    Measure(
        "plan-over-52w",
        "Plan after 52 weeks",
        "First plans sent more than 52 weeks after receipt / first plans sent, counted as plan-20w.",
        cohorts=BY_RESULT,
        bases=CLAIMED_BASES,
        published=PLAN_PLACES,
    ),
    Measure(
        "plan-mean-weeks",
        "Mean weeks to a plan",
        "Days from receipt to sending, added up / first plans sent, counted as plan-20w, / 7.",
        kind="mean",
        unit="weeks",
        cohorts=BY_RESULT,
        bases=CLAIMED_BASES,
        published=PLAN_PLACES,
        series="plan-days",
    ),
    Measure(
        "review-4w",
        "Review decision in 4 weeks",
        "Review decisions told within 4 weeks of the meeting / review decisions. A decision to amend counts from the "
        "day on which the proposed amendments were sent as well. Like DfE's count, cohorts meeting and outcome hold "
        "only reviews that have a decision, so one never made is in neither. Cohort due is local and holds every "
        "review whose 4 weeks are over: one not decided by then, or told amend without the proposed amendments, was "
        "not kept. Left out is a review whose plan ended before its decision.",
        cohorts=("meeting", "outcome", "due"),
        published=frozenset({("outcome", "all")}),
    ),
)

CASE_MEASURES: tuple[Measure, ...] = (
    Measure(
        "plan-uncounted",
        "Plans in no figure of 20 weeks",
        "First plans sent although no-plan was told, or the request withdrawn, moved away or ended by death, before: "
        "the national return keeps the first outcome. They are in 'Plan in 20 weeks' where that goes by dates alone.",
        kind="count",
        unit="plans",
    ),
    Measure(
        "complete-12w",
        "All advice in by week 12",
        "Cases in which every required heading of advice was complete 12 weeks after receipt / cases that reached week "
        "12. The 12 weeks are a local target.",
        cohorts=("due",),
    ),
    Measure(
        "plan-without-advice",
        "Plans issued without required advice",
        "First plans sent while at least one required advice request was not answered with usable final advice / first "
        "plans sent.",
    ),
    Measure(
        "asked-2wd",
        "All advice asked for in 2 working days",
        "Decisions to assess after which every required kind of advice was asked for, or agreed to exist, within 2 "
        "working days / decisions whose 2 working days have passed. They are a local target.",
        cohorts=("due",),
    ),
)

ADVICE_MEASURES: tuple[Measure, ...] = (
    Measure(
        "advice-on-time",
        "Advice on time",
        "Requests to which usable final advice came by its last day / requests whose last day fell into the period, "
        "without cancelled ones and those void with their request. Including: without regulation 8(2). Excluding: with "
        "it. A lawful decline or an answer of not-known brings no advice and is not on time (see 'Advice request "
        "answered on time'). Here and in the others, advice that names no service (often psychological, education, "
        "social-care) stands under its heading as its service.",
        cohorts=("due",),
        bases=CLAIMED_BASES,
        by_service=True,
    ),
    Measure(
        "advice-answered",
        "Advice request answered on time",
        "Requests to which usable final advice, a lawful decline with reasons or an answer that the child is not known "
        "came by the last day / requests whose last day fell into the period, without cancelled ones and those void "
        "with their request.",
        cohorts=("due",),
        bases=("including",),
        by_service=True,
    ),
    Measure(
        "advice-age",
        "Open advice requests by age",
        "Advice requests to which nothing final has come by the as-of day, by weeks since delivery to the body asked "
        "(since sending, where no delivery is told). Advice missing from a plan that was sent stays open.",
        kind="count",
        unit="requests",
        cohorts=("open",),
        by_service=True,
        bands=ADVICE_BANDS,
    ),
    Measure(
        "advice-age-p50",
        "Age of open advice requests, median",
        "Days since advice was asked for (since delivery to the body, else since sending) that half of the requests to "
        "which nothing final has come by the as-of day do not exceed.",
        kind="percentile",
        unit="days",
        cohorts=("open",),
        by_service=True,
        series="advice-days",
        rank=50,
    ),
    Measure(
        "advice-age-p90",
        "Age of open advice requests, 90th percentile",
        "Days since advice was asked for (since delivery to the body, else since sending) that nine in ten of the "
        "requests to which nothing final has come by the as-of day do not exceed.",
        kind="percentile",
        unit="days",
        cohorts=("open",),
        by_service=True,
        series="advice-days",
        rank=90,
    ),
    Measure(
        "sent-2wd",
        "Advice request sent in 2 working days",
        "Required advice requests for an assessment that reached the body asked (else: were sent) within 2 working "
        "days after the decision to assess / all such requests. Parts that a body itself asks for are left out.",
        cohorts=("decision",),
        by_service=True,
    ),
    Measure(
        "time-to-send",
        "Time to send, mean",
        "Working days from the decision to assess to the delivery of required advice requests; one sent before the "
        "decision took none.",
        kind="mean",
        unit="working days",
        cohorts=("decision",),
        by_service=True,
        series="send-days",
    ),
    Measure(
        "time-to-send-p90",
        "Time to send, 90th percentile",
        "Working days from the decision to assess to the delivery of required advice requests that nine in ten do not "
        "exceed.",
        kind="percentile",
        unit="working days",
        cohorts=("decision",),
        by_service=True,
        series="send-days",
        rank=90,
    ),
    Measure(
        "routed",
        "Advice requests with a known allocation",
        "Advice requests that the body told to have allocated to a service / requests delivered to a body. Without "
        "this the time to route says little.",
        cohorts=("delivery",),
        by_service=True,
    ),
    Measure(
        "time-to-route-p50",
        "Time to route, median",
        "Calendar days from delivery to the body asked to allocation to a service that half of the allocated requests "
        "do not exceed: they come out of the 6 weeks.",
        kind="percentile",
        unit="days",
        cohorts=("delivery",),
        by_service=True,
        series="route-days",
        rank=50,
    ),
    Measure(
        "time-to-route-p90",
        "Time to route, 90th percentile",
        "Calendar days from delivery to the body asked to allocation to a service that nine in ten of the allocated "
        "requests do not exceed.",
        kind="percentile",
        unit="days",
        cohorts=("delivery",),
        by_service=True,
        series="route-days",
        rank=90,
    ),
    Measure(
        "advice-missing",
        "Advice missing when the plan was issued",
        "Required advice requests not answered with usable final advice on the day on which the plan was sent.",
        kind="count",
        unit="requests",
        by_service=True,
    ),
    Measure(
        "missing-arrived",
        "Missing advice that came later",
        "Of the advice missing from the plans of the period, what has come by the as-of day / all of it.",
        by_service=True,
    ),
    Measure(
        "missing-lag",
        "Days from the plan to its missing advice, mean",
        "Days from the sending of the plan to the advice that was missing from it, where that has come.",
        kind="mean",
        unit="days",
        by_service=True,
        series="lag-days",
    ),
    Measure(
        "advice-reused",
        "Advice satisfied by existing advice",
        "Advice that author, authority and family agreed exists already (regulation 6(4)) / that and usable final "
        "advice that came.",
        by_service=True,
    ),
    Measure(
        "advice-returned",
        "Advice sent back",
        "Advice requests whose advice was last sent back in the period / those, and those to which usable final advice "
        "came in it, without existing advice. Advice that was sent back and came again counts once for each.",
        by_service=True,
    ),
)

MEASURES: tuple[Measure, ...] = (OPEN_CASES, *NATIONAL, *CASE_MEASURES, *ADVICE_MEASURES)
"""All of them, the age profile of open cases first."""
