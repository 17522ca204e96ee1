"""Everything that clocks run for beside requests and advice, out of the facts that stand."""

from hub.core.cases.case import Cases
from hub.core.cases.disagreement import Precedence
from hub.core.cases.disputes import appeals_of, mediations_of
from hub.core.cases.matter import Matter, Told
from hub.core.cases.orders import orders_of
from hub.core.cases.plans import Plan, Plans, drafts_of
from hub.core.cases.reassessments import reassessments_of
from hub.core.cases.references import Aliases
from hub.core.cases.reviews import Reviews
from hub.core.cases.transfers import transfers_of
from hub.core.facts.standing import Standing

CONCERNED = ("plan.", "review.", "transfer.", "reassessment.", "order.", "appeal.", "mediation.")
"""Without a fact of these there is nothing to look for."""


class Matters:
    """The matters, the plans they belong to, and what is disagreed on or unclear about them."""

    def __init__(self, standing: Standing, aliases: Aliases, cases: Cases, precedence: Precedence) -> None:
        self.told = Told(standing, aliases, precedence)
        self.found: list[Matter] = []
        self.plans: list[Plan] = []
        if any(kind.startswith(CONCERNED) for kind in standing.by_kind):
            self._find(cases)

    def _find(self, cases: Cases) -> None:
        plans = Plans(self.told, cases)
        reviews = Reviews(self.told, plans)
        self.found = [
            *drafts_of(self.told, cases),
            *reviews.matters,
            *transfers_of(self.told, cases, plans, reviews),
            *reassessments_of(self.told, plans),
            *orders_of(self.told, cases, plans),
            *appeals_of(self.told, cases),
            *mediations_of(self.told, cases),
        ]
        self.plans = plans.plans
        if cases.died is not None:
            for matter in self.found:
                matter.mark("child.died", cases.died.on, cases.died)
