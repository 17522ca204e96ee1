"""The timetable: every statutory clock, and the local targets, as rows of data. A change of the law is a new row with
another `valid_from`, never code. `hub.core.clocks.rule` says what the columns mean; docs/clocks.md is made from here.

A *moment* is a dated event of what the row is about: a fact's kind, with `:` what its data must say. Moments that mean
more than one fact alone are worked out in `hub.core.cases`:

* `advice.delivered` is the first delivery to the body asked, `advice.received:usable` final advice that was not sent
  back, `advice.declined:permitted` on a ground of CFA 2014 s31(3) with reasons, `…:agreed` with all three agreements
  of reg 6(4); `advice.all-requested` and `advice.all-in` are the days on which the last required kind was asked for
  (or satisfied by existing advice) and the last required heading became complete;
* `child.moved-away` is a move out of the area with no plan, `plan.moved-away` one with it, `plan.moved-in` into it;
* `plan.draft-served` is the deemed day of service: by post the second working day after (Interpretation Act 1978 s7);
* `review.meeting` is the meeting held, else arranged; `review.decided:complete` is the decision told, and where it is
  to amend also the notice of the proposed amendments (reg 22(2) read with 20(10): R (L, M, P) v Devon [2022]);
* `transfer.known` is the day on which an authority or ICB knew of a move, unless said the day of the move;
  `transfer.plan-received` that on which the old authority passed the plan on, never before the move (reg 15(2)).

Sources of `status` and limits: the regulations and guides listed in the project's domain notes, row by row.
"""

from dataclasses import replace

from hub.core.cases.advice import S31_ROLES
from hub.core.cases.reassessments import ENDS_ADVICE
from hub.core.clocks.rule import LOCAL_TARGET, OrLater, Rule

REFUSED = "assessment.decided:refuse"
STOPPED = ("assessment.withdrawn", "child.moved-away", "child.died")
"""What ends a request from outside: nobody has to act on it any more."""

ENDED = (REFUSED, *STOPPED)
"""What ends a request without a plan, and all its open clocks with it."""

PLAN_OVER = ("plan.ceased", "plan.moved-away", "child.died")
"""What ends an authority's duties about a plan."""

ORDER_OVER = ("plan.ceased", "plan.moved-away", "plan.moved-in", *STOPPED)
"""What ends an order's limits. A plan that moves is the new authority's (reg 15(3)); of an order against the old one
what was read says nothing."""

CASE_GROUNDS = ("school-closure", "early-years-closure", "exceptional-circumstances", "absence")
"""Regs 5(4), 10(4) and, through it, 13(3); 27(3); 44(3). A closed list: late advice, staffing, panels are not on it."""

ADVICE_GROUNDS = ("exceptional-circumstances", "absence", "missed-appointment")
"""Reg 8(2). School closure never excuses advice."""

ASSESSMENT_ADVICE = frozenset({"assessment", "reassessment"})
OTHER_ROLES = frozenset({"own-authority", "school", "early-years", "independent", "unknown"})
ORDERED_ABSENCE_DAYS = 14
"""Reg 44(3): two weeks away are enough."""

_NO_PLAN = "plan.decided:no-plan"
_PLANNED = ("plan.decided:issue", "plan.draft-sent", "plan.issued")

_ASSESSMENT: tuple[Rule, ...] = (
    Rule(
        clock="assessment-decision-6w",
        about="case",
        starts=("assessment.requested",),
        limit=6,
        meets=("assessment.decided",),
        voids=STOPPED,
        exemptions=CASE_GROUNDS,
        law="CFA 2014 s36; reg 5(1)",
        status="checked",
        says="Tell the family within 6 weeks of receiving the request whether there will be an assessment.",
    ),
    Rule(
        clock="advice-6w",
        about="advice",
        starts=("advice.delivered", "advice.requested"),
        limit=6,
        meets=("advice.received:usable", "advice.satisfied-by-existing:agreed"),
        closes=("advice.declined:permitted", "advice.received:not-known"),
        voids=("advice.cancelled", *ENDED, *ENDS_ADVICE),
        purposes=ASSESSMENT_ADVICE,
        asked_roles=S31_ROLES,
        acts=None,
        exemptions=ADVICE_GROUNDS,
        law="reg 8(1)",
        status="checked (secondary)",
        says="A body asked for advice gives it within 6 weeks of the day the request reached it.",
    ),
    Rule(
        clock="advice-6w",
        about="advice",
        starts=("advice.delivered", "advice.requested"),
        limit=6,
        meets=("advice.received:usable", "advice.satisfied-by-existing:agreed"),
        closes=("advice.received:not-known",),
        voids=("advice.cancelled", *ENDED, *ENDS_ADVICE),
        purposes=ASSESSMENT_ADVICE,
        asked_roles=OTHER_ROLES,
        acts=None,
        law="guidance",
        status="general knowledge",
        says="The authority's own services, schools and others give advice within the same 6 weeks (Code 9.42, 9.52).",
    ),
    Rule(
        clock="no-plan-decision-16w",
        about="case",
        starts=("assessment.requested",),
        limit=16,
        at_end="lapsed",
        meets=(_NO_PLAN,),
        voids=(*_PLANNED, *ENDED),
        exemptions=CASE_GROUNDS,
        law="CFA 2014 s36(9); reg 10(1)",
        status="checked",
        says="A decision to issue no plan is told to the family within 16 weeks of receiving the request.",
    ),
    Rule(
        clock="final-plan-20w",
        about="case",
        starts=("assessment.requested",),
        limit=20,
        meets=("plan.issued",),
        voids=(_NO_PLAN, *ENDED),
        exemptions=CASE_GROUNDS,
        law="reg 13(2)",
        status="checked",
        says="Send the final plan to family, named institution and ICB within 20 weeks of receiving the request.",
    ),
    Rule(
        clock="draft-response-15d",
        about="draft",
        starts=("plan.draft-served",),
        limit=15,
        unit="days",
        counts="beginning-with",
        at_end="met",
        meets=(),
        voids=STOPPED,
        acts="family",
        law="reg 13(1)(a)",
        status="checked",
        says="The family has at least 15 days, beginning with the day the draft was served, to comment on it, to name "
        "a school and to ask for a meeting; a draft that is sent again gives them anew. No final plan before they have "
        "passed.",
    ),
)

_REVIEWS: tuple[Rule, ...] = (
    Rule(
        clock="review-first-12m",
        about="plan",
        starts=("plan.issued",),
        limit=12,
        unit="months",
        counts="beginning-with",
        meets=("review.decided",),
        voids=(*PLAN_OVER, "plan.moved-in"),
        law="CFA 2014 s44(1)",
        status="checked (secondary)",
        says="Complete the first review within the 12 months beginning with the day the plan was made.",
    ),
    Rule(
        clock="review-next-12m",
        about="cycle",
        starts=("review.decided",),
        limit=12,
        unit="months",
        counts="beginning-with",
        meets=("review.decided:next",),
        voids=(*PLAN_OVER, "plan.moved-in"),
        law="CFA 2014 s44(1)",
        status="checked (secondary)",
        says="Complete the next review within the 12 months beginning with the day of the last review's decision.",
    ),
    Rule(
        clock="review-advice-2w",
        about="review",
        starts=("review.meeting",),
        limit=2,
        counts="back-from",
        meets=("review.advice-circulated",),
        closes=("review.decided",),
        voids=PLAN_OVER,
        law="reg 20(2), 20(4); reg 21(4)",
        status="checked",
        says="Obtain the invited professionals' advice and circulate it at least 2 weeks before the review meeting.",
    ),
    Rule(
        clock="review-report-2w",
        about="review",
        starts=("review.held",),
        limit=2,
        meets=("review.report-sent",),
        closes=("review.decided",),
        voids=PLAN_OVER,
        acts="school",
        law="reg 20(7)-(8); reg 21(7)",
        status="checked",
        says="The head or principal (reg 20), else the authority (reg 21), sends the report within 2 weeks of the "
        "meeting.",
    ),
    Rule(
        clock="review-decision-4w",
        about="review",
        starts=("review.held",),
        limit=4,
        meets=("review.decided:complete",),
        voids=PLAN_OVER,
        law="reg 20(10); reg 21(9); reg 22(2)(a)",
        status="checked",
        says="Tell the family within 4 weeks of the meeting whether the plan is kept, amended or ended; where it is "
        "to be amended, with the notice of the proposed amendments.",
    ),
    Rule(
        clock="review-final-12w",
        about="review",
        starts=("review.held",),
        limit=12,
        meets=("plan.amended",),
        voids=("review.decided:keep", "review.decided:cease", *PLAN_OVER),
        law="regs 20(10), 22(3)-(4)",
        status="checked",
        says="Send the amended plan, or notice that it will not be amended, within 12 weeks of the review meeting.",
    ),
    Rule(
        clock="amendment-final-8w",
        about="amendment",
        starts=("review.amendment-notice-sent",),
        limit=8,
        meets=("plan.amended",),
        voids=PLAN_OVER,
        law="reg 22(3)-(4); reg 28",
        status="checked",
        says="Send the amended plan, or notice that it will not be amended, within 8 weeks of the amendment notice.",
    ),
)

_TRANSFERS: tuple[Rule, ...] = (
    Rule(
        clock="phase-transfer",
        about="transfer",
        starts=("transfer.phase:post-16",),
        limit=0,
        counts="before",
        day_of_year=(3, 31),
        meets=("plan.amended",),
        voids=PLAN_OVER,
        law="reg 18",
        status="checked",
        says="Review the plan, and amend it where necessary, before 31 March of the year in which the young person "
        "moves to post-16.",
    ),
    Rule(
        clock="phase-transfer",
        about="transfer",
        starts=("transfer.phase:other",),
        limit=0,
        counts="before",
        day_of_year=(2, 15),
        meets=("plan.amended",),
        voids=PLAN_OVER,
        law="reg 18",
        status="checked",
        says="Review the plan, and amend it where necessary, before 15 February of the year in which the child moves "
        "to the next phase.",
    ),
    Rule(
        clock="phase-transfer",
        about="transfer",
        starts=("transfer.moves-on",),
        limit=5,
        unit="months",
        counts="back-from",
        meets=("plan.amended",),
        voids=PLAN_OVER,
        law="reg 18",
        status="checked",
        says="Review the plan, and amend it where necessary, at least 5 months before a move between post-16 "
        "institutions.",
    ),
    Rule(
        clock="area-out-15wd",
        about="transfer",
        starts=("transfer.known:area-out",),
        limit=15,
        unit="working-days",
        counts="beginning-with",
        or_later=OrLater("transfer.area:out", 1, "days"),
        meets=("transfer.plan-passed",),
        voids=("child.died",),
        law="reg 15(2)",
        status="checked",
        says="The old authority passes the plan to the new one on the day of the move, or within 15 working days "
        "beginning with the day it knew of the move, if that is later.",
    ),
    Rule(
        clock="area-in-notify-6w",
        about="transfer",
        starts=("transfer.plan-received", "transfer.area:in"),
        limit=6,
        meets=("transfer.family-notified",),
        voids=PLAN_OVER,
        law="reg 15(4)",
        status="checked",
        says="The new authority tells the family within 6 weeks of the transfer of the plan (where its day is not "
        "stated, of the move) that it has come, whether it will assess, and when it will review.",
    ),
    Rule(
        clock="area-in-review",
        about="transfer",
        starts=("transfer.plan-received", "transfer.area:in"),
        limit=3,
        unit="months",
        counts="beginning-with",
        or_later=OrLater("plan.made-or-reviewed", 12, "months"),
        meets=("review.decided",),
        voids=PLAN_OVER,
        law="reg 15(5)",
        status="checked (secondary)",
        says="The new authority reviews the plan within 12 months of its making or last review, or 3 months of its "
        "transfer (where its day is not stated, of the move), whichever is later.",
    ),
    Rule(
        clock="icb-change-15wd",
        about="transfer",
        starts=("transfer.known:icb-move",),
        limit=15,
        unit="working-days",
        counts="beginning-with",
        or_later=OrLater("transfer.icb:move", 1, "days"),
        meets=("transfer.icb-notified",),
        voids=("child.died",),
        acts="icb",
        law="reg 16",
        status="checked (secondary)",
        says="The old ICB tells the new one on the day of the move, or within 15 working days beginning with the day "
        "it knew of the move, if that is later.",
    ),
    Rule(
        clock="icb-change-15wd",
        about="transfer",
        starts=("transfer.known:icb-other",),
        limit=15,
        unit="working-days",
        meets=("transfer.icb-notified",),
        voids=("child.died",),
        acts="icb",
        law="reg 16",
        status="checked (secondary)",
        says="Where the ICB changes for another reason, such as a new GP, the old one tells the new one within 15 "
        "working days of knowing.",
    ),
)

_REASSESSMENT: tuple[Rule, ...] = (
    Rule(
        clock="reassessment-decision-15d",
        about="reassessment",
        starts=("reassessment.requested",),
        limit=15,
        unit="days",
        meets=("reassessment.decided",),
        closes=("plan.amended", "plan.issued"),
        voids=PLAN_OVER,
        law="reg 25(1)",
        status="checked (secondary)",
        says="Tell the family within 15 days of receiving the request whether there will be a reassessment.",
    ),
    Rule(
        clock="reassessment-plan-14w",
        about="reassessment",
        starts=("reassessment.decided:reassess",),
        limit=14,
        meets=("plan.amended", "plan.issued"),
        voids=PLAN_OVER,
        exemptions=CASE_GROUNDS,
        law="reg 27(2)",
        status="checked",
        says="Finish the plan within 14 weeks of telling the family that there will be a reassessment.",
    ),
)


ORDER_LAW = "reg 44; reg 45; reg 42(2)"


def _order(clock: str, types: tuple[str, ...], limit: int, law: str, says: str, **more: object) -> Rule:
    """An order's row: the date is the order's, or that of the notice that an appeal is not opposed (reg 45), or of a
    mediation agreement about what the tribunal could have ordered (reg 42)."""
    row = Rule(
        clock=clock,
        about="order",
        starts=tuple(f"order.made:{type_}" for type_ in types),
        limit=limit,
        meets=(),
        voids=ORDER_OVER,
        exemptions=CASE_GROUNDS,
        absence_days=ORDERED_ABSENCE_DAYS,
        law=law,
        status="checked (secondary)",
        says=says,
    )
    return replace(row, **more)  # type: ignore[arg-type]


_ASSESSING = ("assess", "reassess")
_ORDERS: tuple[Rule, ...] = (
    _order(
        "order-assess-notify-2w",
        _ASSESSING,
        2,
        ORDER_LAW,
        "Tell the family within 2 weeks of the order that there will be the assessment or reassessment.",
        status="checked",
        meets=("order.notified", "assessment.decided", "reassessment.decided"),
        closes=("plan.decided", "plan.issued", "plan.amended"),
    ),
    _order(
        "order-assess-notify-2w",
        ("reconsider",),
        2,
        "reg 44",
        "A case sent back is reconsidered, and the family told, within 2 weeks of the order. For the steps that follow "
        "no limit was found.",
        status="general knowledge",
        meets=("order.notified", "assessment.decided", "plan.decided", "plan.draft-sent"),
        closes=("plan.issued", "plan.amended"),
    ),
    _order(
        "order-decision-10w",
        _ASSESSING,
        10,
        ORDER_LAW,
        "After an ordered assessment, a decision to issue no plan is told to the family within 10 weeks of the order.",
        at_end="lapsed",
        status="checked",
        meets=(_NO_PLAN,),
        voids=(*_PLANNED, "plan.amended", *ORDER_OVER),
    ),
    _order(
        "order-plan-14w",
        _ASSESSING,
        14,
        ORDER_LAW,
        "Send the final plan within 14 weeks of the order to assess or reassess.",
        directed=True,
        status="checked",
        meets=("plan.issued", "plan.amended"),
        voids=(_NO_PLAN, *ORDER_OVER),
    ),
    _order(
        "order-draft-5w",
        ("make-plan",),
        5,
        ORDER_LAW,
        "Send the draft plan within 5 weeks of the order to make one.",
        meets=("plan.draft-sent",),
        voids=("plan.issued", *ORDER_OVER),
    ),
    _order(
        "order-final-11w",
        ("make-plan",),
        11,
        ORDER_LAW,
        "Send the final plan within 11 weeks of the order to make one.",
        directed=True,
        meets=("plan.issued",),
    ),
    _order(
        "order-amend-5w",
        ("amend-plan", "keep-and-amend"),
        5,
        ORDER_LAW,
        "Send the amended plan within 5 weeks of the order to amend it.",
        directed=True,
        meets=("plan.amended", "plan.issued"),
    ),
    _order(
        "order-school-2w",
        ("name-school",),
        2,
        ORDER_LAW,
        "Send the plan that names the school within 2 weeks of the order.",
        directed=True,
        meets=("plan.amended", "plan.issued"),
    ),
    _order(
        "order-health-care-reply-5w",
        ("health-care-recommendation",),
        5,
        "SI 2017/1306",
        "The ICB, and social care for its part, answers a recommendation on health or social care within 5 weeks.",
        directed=True,
        meets=("order.health-care-replied",),
        voids=("plan.ceased", *STOPPED),
        acts="icb",
        exemptions=(),
        status="general knowledge",
    ),
    Rule(
        clock="mediation-agreement-2w",
        about="order",
        starts=("order.made:other-agreement",),
        limit=2,
        directed=True,
        meets=("plan.amended", "plan.issued", "order.notified"),
        voids=ORDER_OVER,
        acts=None,
        law="reg 42(3)",
        status="checked",
        says="The authority (on health alone the ICB) does what was agreed in mediation, and what no tribunal could "
        "have ordered, within 2 weeks of agreeing, or by another date agreed in writing (reg 42(5)).",
    ),
)

_DISPUTES: tuple[Rule, ...] = (
    Rule(
        clock="tribunal-response-30wd",
        about="appeal",
        starts=("appeal.notified",),
        limit=30,
        unit="tribunal-days",
        meets=("appeal.responded",),
        voids=("appeal.closed", "order.made", "child.died"),
        law="Tribunal HESC Rules r21",
        status="checked (secondary)",
        says="Answer an appeal within 30 working days of its being sent to the authority; 25 December to 1 January "
        "and August do not count.",
    ),
    Rule(
        clock="mediation-30d",
        about="mediation",
        starts=("mediation.icb-told:health", "mediation.requested"),
        limit=30,
        unit="days",
        meets=("mediation.held", "mediation.agreed"),
        voids=("child.died",),
        acts=None,
        law="regs 35-37",
        status="checked (secondary)",
        says="Arrange mediation within 30 days of the family's asking for it; on health alone the ICB arranges it, "
        "within 30 days of being told.",
    ),
    Rule(
        clock="mediation-tell-icb-3wd",
        about="mediation",
        starts=("mediation.requested:health", "mediation.requested:both"),
        limit=3,
        unit="working-days",
        meets=("mediation.icb-told",),
        closes=("mediation.held", "mediation.agreed"),
        voids=("child.died",),
        law="reg 35",
        status="checked (secondary)",
        says="Tell the ICB within 3 working days that the family wants mediation about health.",
    ),
)

_TARGETS: tuple[Rule, ...] = (
    Rule(
        clock="icb-told-considering-2wd",
        about="case",
        starts=("assessment.requested",),
        limit=2,
        unit="working-days",
        meets=("notice.considering:icb",),
        closes=("assessment.decided:assess", "plan.issued"),
        voids=(_NO_PLAN, *ENDED),
        law=LOCAL_TARGET,
        status="proposal",
        says="Tell the ICB within 2 working days of a request that an assessment is considered (reg 4(2) sets no "
        "number). Once an assessment is decided on, its advice is asked for instead.",
    ),
    Rule(
        clock="send-advice-request-2wd",
        about="case",
        starts=("assessment.decided:assess",),
        limit=2,
        unit="working-days",
        meets=("advice.all-requested",),
        closes=("plan.issued",),
        voids=(_NO_PLAN, *STOPPED),
        law=LOCAL_TARGET,
        status="proposal",
        says="Ask for every required kind of advice within 2 working days of deciding to assess (reg 6 sets no "
        "number).",
    ),
    Rule(
        clock="advice-all-in-12w",
        about="case",
        starts=("assessment.requested",),
        limit=12,
        meets=("advice.all-in",),
        closes=("plan.issued",),
        voids=(_NO_PLAN, *ENDED),
        law=LOCAL_TARGET,
        status="proposal",
        says="Have every required heading of advice complete within 12 weeks of the request, so that a plan can be "
        "drafted.",
    ),
    Rule(
        clock="draft-sent-16w",
        about="case",
        starts=("assessment.requested",),
        limit=16,
        meets=("plan.draft-sent",),
        closes=("plan.issued",),
        voids=(_NO_PLAN, *ENDED),
        law=LOCAL_TARGET,
        status="proposal",
        says="Send the draft plan within 16 weeks of the request, to leave the family its 15 days and time to consult.",
    ),
    Rule(
        clock="section-g-before-final",
        about="case",
        starts=("assessment.requested",),
        limit=20,
        counts="before",
        event="plan.issued",
        meets=("plan.section-g-agreed",),
        closes=("plan.issued",),
        voids=(_NO_PLAN, *ENDED),
        acts="icb",
        law=LOCAL_TARGET,
        status="proposal",
        says="The ICB agrees the health provision (Section G) before the final plan is sent (Code 9.141).",
    ),
)

RULES: tuple[Rule, ...] = (
    *_ASSESSMENT, *_REVIEWS, *_TRANSFERS, *_REASSESSMENT, *_ORDERS, *_DISPUTES, *_TARGETS,
)  # fmt: skip
