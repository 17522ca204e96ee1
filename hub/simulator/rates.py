"""How often and how late, as data. Buckinghamshire's published figures where there are any; the rest is judgement.

Published (DfE, release 2025, and the council's own figures of 1 September 2025): 35 requests a week; 1,488 open, 1,234
of them beyond 20 weeks, 47 weeks old on average; in 2024 1,782 requests, 305 refused, 98 withdrawn, 92.2% decided in 6
weeks, 32.1% of plans in 20 weeks, 5 outcomes without a plan, none in 16 weeks. 5 to 8 advice requests for each case.
"""

from dataclasses import dataclass

OPEN_CASES = 1_500
REQUESTS_A_WEEK = 35

BEYOND_20_WEEKS = 1_234 / 1_488
BEYOND_MEAN_DAYS = 34.6 * 7
"""Mean time past 20 weeks of those beyond: with 10 weeks for the others it makes 47 weeks for all."""

OLDEST_DAYS = 150 * 7

REFUSED = 305 / 1_782
WITHDRAWN = 98 / 1_782
WITHDRAWN_LATER = 0.02
DECIDED_IN_TIME = 0.922
PLAN_IN_TIME = 0.45
"""Of new cases: with the backlog's plans, all late, it makes about a third in time among the plans issued."""

PLAN_LATE_MEAN_DAYS = 30 * 7
PLAN_BACKLOG_MEAN_DAYS = 60 * 7
"""Mean further wait of a case already beyond 20 weeks: some 20 of 1,234 plans a week."""

NO_PLAN = 0.02
MOVED = 0.3
"""Of those withdrawn, the share that move away."""

MONTHS = (1.1, 1.1, 1.2, 0.9, 1.1, 1.2, 1.2, 0.45, 0.75, 1.0, 1.15, 0.7)
"""Requests by month, January first: families and schools write at the end of terms, some also in August."""

WEEKDAYS = (1.2, 1.1, 1.0, 1.0, 0.9, 0.1, 0.1)
"""Requests by weekday; the portal takes them at weekends."""

SIBLINGS = 0.04
TWINS = 0.015
"""Shares of the children who have a brother, sister or twin among the others."""

VERIFIED = 0.96
NO_NUMBER = 0.01
"""NHS number traced by the council; neither that nor a UPN, so that only the council's own id tells who it is."""

SECOND_REQUEST = 0.03
ASKS_AGAIN = 0.12
"""Parent and school both write within days; a family that was refused asks again."""

BACKDATED = 0.03
ASKED_UNRECORDED = 0.03
"""Entered 5 to 15 days after the day; asked for by telephone and entered weeks later, often after the answer."""

BY_BARS = 0.75
MISSED = 0.06
SENT_BACK = 0.03
DECLINED = 0.01
DRAFT_FIRST = 0.03
POOR = 0.03
CANCELLED = 0.015
MISSING = 0.08
"""Of health advice, the share that is nowhere near: the child waits for an appointment for a year and more."""

LOGGED_LATE = 0.04

DUPLICATES = 0.02
CORRECTED = 0.025
DELAYED = 0.02
"""Noise: the same message again, a date put right later, a message that comes a day or two after its time."""


@dataclass(frozen=True, slots=True)
class Service:
    """One that gives advice. `asked` and `in_time` are shares; those late take `late_weeks` more on average."""

    heading: str
    name: str | None
    role: str
    asked: float
    in_time: float
    late_weeks: float
    not_known: float = 0.0
    source: str | None = None
    ods: str | None = None


COMMUNITY = "bht-community:RXQ:2026"
OXFORD = "oxford-health:RNU:2026"

EDUCATION = Service("education", None, "school", 1.0, 0.85, 3)
PSYCHOLOGY = Service("psychological", None, "own-authority", 1.0, 0.45, 14)
SOCIAL_CARE = Service("social-care", None, "own-authority", 1.0, 0.80, 4)
ADULTHOOD = Service("preparing-for-adulthood", None, "own-authority", 1.0, 0.75, 4)
HEALTH: tuple[Service, ...] = (
    Service("medical", "community-paediatrics", "trust", 0.90, 0.55, 10, 0.02, COMMUNITY, "RXQ"),
    Service("medical", "speech-and-language", "trust", 0.75, 0.35, 18, 0.02, COMMUNITY, "RXQ"),
    Service("medical", "occupational-therapy", "trust", 0.60, 0.20, 26, 0.02, COMMUNITY, "RXQ"),
    Service("medical", "camhs", "trust", 0.25, 0.50, 8, 0.15, OXFORD, "RNU"),
    Service("medical", "physiotherapy", "trust", 0.12, 0.60, 6, 0.02, COMMUNITY, "RXQ"),
    Service("medical", "audiology", "trust", 0.06, 0.70, 5, 0.02, COMMUNITY, "RXQ"),
)
"""What is asked of Buckinghamshire Healthcare and Oxford Health. Therapy is the latest of all: an OT's advice ten
months late was before the Ombudsman (24 011 526)."""
