"""Which of a case's decisions the family took to mediation or to the tribunal: the flags that SEN2 asks for."""

from datetime import date
from typing import NamedTuple

from hub.core.cases.case import Case
from hub.core.cases.matter import Matter

REFUSED, NO_PLAN, ISSUED = "assessment.decided:refuse", "plan.decided:no-plan", "plan.issued"


class Challenge(NamedTuple):
    """`decision`: the refusal to assess (request), the decision to make no plan (assessment), or a plan issued (other).

    `tribunal`: an appeal; else a mediation. `on` is the day of the first of the kind.
    """

    decision: str
    tribunal: bool
    on: date


def challenges_of(case: Case, matters: list[Matter]) -> list[Challenge]:
    """What was challenged: of the decisions told by the day of the challenge, the last."""
    found: dict[tuple[str, bool], date] = {}
    for matter in matters:
        if matter.about not in ("appeal", "mediation") or matter.case is not case:
            continue
        day = matter.moments[f"{matter.about}.{'notified' if matter.about == 'appeal' else 'requested'}"]
        told = [
            (case.moments[moment], decision)
            for moment, decision in ((REFUSED, "request"), (NO_PLAN, "assessment"), (ISSUED, "other"))
            if moment in case.moments and case.moments[moment] <= day
        ]
        if told:
            key = (max(told)[1], matter.about == "appeal")
            found[key] = min(day, found.get(key, day))
    return [Challenge(*key, on) for key, on in sorted(found.items())]
