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

    def __post_init__(self) -> None:
        object.__setattr__(self, "precedence", Precedence(self.sources))
