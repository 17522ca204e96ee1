"""What a deployment decides: its sources, its rules, thresholds and audiences. All of it data."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.core.alerts.forecast import Forecast
from hub.core.alerts.rules import RULES as ALERT_RULES
from hub.core.alerts.rules import AlertRules
from hub.core.cases.disagreement import Precedence
from hub.core.clocks.bodies import AREA_ICBS, SUCCESSIONS, Succession
from hub.core.clocks.rule import Rule
from hub.core.clocks.rules import RULES
from schemas.sources import Sources

NO_SOURCES = Sources()

REQUIRED_HEADINGS = frozenset({"education", "medical", "psychological", "social-care"})
"""The kinds of advice that every assessment needs (reg 6(1)(b)-(e))."""

EXEMPT_REVIEW_DAYS = 28
"""After how many days somebody looks again whether an exempt deadline is still impractical to keep."""


@dataclass(frozen=True)
class Policy:
    """Everything that casework needs to know beside facts and day."""

    sources: Sources = NO_SOURCES
    rules: tuple[Rule, ...] = RULES
    successions: tuple[Succession, ...] = SUCCESSIONS
    area_icbs: Mapping[str, str] = field(default_factory=lambda: AREA_ICBS)
    alerts: AlertRules = ALERT_RULES
    forecast: Forecast | None = None
    required_headings: frozenset[str] = REQUIRED_HEADINGS
    exempt_review_days: int = EXEMPT_REVIEW_DAYS
    precedence: Precedence = field(init=False, compare=False)
    _rules_for: dict[tuple[str, str, str], list[Rule]] = field(init=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "precedence", Precedence(self.sources))

    def rules_for(self, about: str, purpose: str, role: str) -> list[Rule]:
        """The rows for what clocks run about; for advice, those for its purpose and the role of the body asked."""
        key = (about, purpose, role)
        found = self._rules_for.get(key)
        if found is None:
            found = [rule for rule in self.rules if rule.about == about and rule.fits(purpose, role)]
            self._rules_for[key] = found
        return found
