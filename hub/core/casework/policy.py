"""What a deployment decides: its sources, its rules, thresholds and audiences. All of it data."""

import hashlib
from collections.abc import Mapping, Set
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

import orjson
from pydantic import BaseModel

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


POLICY_CHARACTERS = 12
"""Of a policy's digest."""


@dataclass(frozen=True)
class Policy:
    """Everything that casework needs to know beside facts and day. `restricted`: it is for a child of whom only named
    people are told."""

    sources: Sources = NO_SOURCES
    rules: tuple[Rule, ...] = RULES
    successions: tuple[Succession, ...] = SUCCESSIONS
    area_icbs: Mapping[str, str] = field(default_factory=lambda: AREA_ICBS)
    alerts: AlertRules = ALERT_RULES
    forecast: Forecast | None = None
    required_headings: frozenset[str] = REQUIRED_HEADINGS
    exempt_review_days: int = EXEMPT_REVIEW_DAYS
    restricted: bool = field(default=False, compare=False)
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

    @cached_property
    def for_restricted(self) -> "Policy":
        """The same for a restricted child: whatever is told is told to the restricted list alone."""
        return replace(self, alerts=self.alerts.for_restricted(), restricted=True)

    @cached_property
    def digest(self) -> str:
        """Stands for all of it: another deployment's, or the same one's on another day, is the same policy if and only
        if this is the same."""
        return hashlib.blake2b(orjson.dumps(_plain(self)), digest_size=POLICY_CHARACTERS // 2).hexdigest()


def _plain(value: Any) -> Any:
    """As what JSON holds, in an order of its own; a forecast that is no dataclass by its type alone."""
    if value is None or isinstance(value, str | int | float | date):
        return value
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if is_dataclass(value):
        named = [field for field in fields(value) if field.compare]
        return [type(value).__qualname__, *(_plain(getattr(value, field.name)) for field in named)]
    if isinstance(value, Mapping):
        return sorted(([_plain(key), _plain(each)] for key, each in value.items()), key=orjson.dumps)
    if isinstance(value, Set):
        return sorted(map(_plain, value), key=orjson.dumps)
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return type(value).__qualname__
