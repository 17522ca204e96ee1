"""Everything that clocks run for beside requests and advice, out of the facts that stand."""

from collections.abc import Sequence

from hub.core.cases.advice import Chain
from hub.core.cases.case import Cases
from hub.core.cases.disagreement import Precedence
from hub.core.cases.disputes import appeals_of, mediations_of
from hub.core.cases.matter import Matter, Told
from hub.core.cases.orders import orders_of
from hub.core.cases.plans import Plan, Plans, drafts_of
from hub.core.cases.reassessments import end_advice, reassessments_of
from hub.core.cases.references import Aliases
from hub.core.cases.reviews import Reviews
from hub.core.cases.transfers import transfers_of
from hub.core.facts.standing import Standing

CONCERNED = ("plan.", "review.", "transfer.", "reassessment.", "order.", "appeal.", "mediation.")
"""Without a fact of these there is nothing to look for."""


class Matters:
    """The matters, the plans they belong to, and what is disagreed on or unclear about them. Advice that was asked for
    one of them ends with it."""

    def __init__(
        self, standing: Standing, aliases: Aliases, cases: Cases, precedence: Precedence, chains: Sequence[Chain]
    ) -> None:
        self.told = Told(standing, aliases, precedence)
        self.found: list[Matter] = []
        self.plans: list[Plan] = []
        if any(kind.startswith(CONCERNED) for kind in standing.by_kind):
            self._find(cases, chains)

    def _find(self, cases: Cases, chains: Sequence[Chain]) -> None:
        plans = Plans(self.told, cases)
        reviews = Reviews(self.told, plans)
        reassessments = reassessments_of(self.told, plans)
        end_advice(chains, reassessments, self.told)
        self.found = [
            *drafts_of(self.told, cases),
            *reviews.matters,
            *transfers_of(self.told, cases, plans, reviews),
            *reassessments,
            *orders_of(self.told, cases, plans),
            *appeals_of(self.told, cases),
            *mediations_of(self.told, cases),
        ]
        self.plans = plans.plans
        if cases.died is not None:
            for matter in self.found:
                matter.mark("child.died", cases.died.on, cases.died)
