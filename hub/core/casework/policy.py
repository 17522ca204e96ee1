"""What a deployment decides: its sources, its rules, thresholds and audiences. All of it data."""

from dataclasses import dataclass, field

from hub.core.alerts.rules import AUDIENCES, DUE_SOON_WORKING_DAYS, Audience
from hub.core.cases.disagreement import Precedence
from hub.core.clocks.bodies import SUCCESSIONS, Succession
from hub.core.clocks.rules import RULES, Rule
from schemas.sources import Sources

NO_SOURCES = Sources()


@dataclass(frozen=True)
class Policy:
    """Everything that casework needs to know beside facts and day."""

    sources: Sources = NO_SOURCES
    rules: tuple[Rule, ...] = RULES
    successions: tuple[Succession, ...] = SUCCESSIONS
    audiences: tuple[Audience, ...] = AUDIENCES
    due_soon_working_days: int = DUE_SOON_WORKING_DAYS
    precedence: Precedence = field(init=False, compare=False)
    _rules_for: dict[tuple[str, str, str], list[Rule]] = field(init=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "precedence", Precedence(self.sources))

    def rules_for(self, about: str, purpose: str, role: str) -> list[Rule]:
        """The rows for a case, or for advice asked for a purpose of a body in a role."""
        key = (about, purpose, role)
        found = self._rules_for.get(key)
        if found is None:
            found = [rule for rule in self.rules if rule.about == about and rule.fits(purpose, role)]
            self._rules_for[key] = found
        return found
