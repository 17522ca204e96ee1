"""The matching policy: named rules in order of strength, as versioned data.

A rule says what has to agree between two source persons, and what follows: `match` (they are one child) or `potential`
(a person is asked). What no policy can allow is not in it but in code: two verified NHS numbers in one child, a date of
birth or given name that conflicts.
"""

from typing import Literal

from pydantic import Field, model_validator

from hub.core.identity.evidence import Evidence, agreements
from hub.core.identity.names import is_shared_first
from hub.core.identity.scoring.traits import Traits
from schemas.base import Model

Need = Literal["nhs-number", "upn", "birth", "given", "family", "postcode"]
"""What two source persons can agree in. A number counts only when a source vouches for it. Beside one, `family`
agrees in any way of writing it; without one only as it is written.
"""

Outcome = Literal["match", "potential", "many", "none", "conflict", "error"]
"""One child; one to be asked about; more than one; nobody; somebody who it can't be; nothing to compare."""


class Rule(Model):
    """`needs` all have to agree; `unless_relative`: no brother, sister or twin is known beside the two; `at_least`: the
    probability that the weights have to give."""

    name: str
    needs: tuple[Need, ...] = ()
    unless_relative: bool = False
    at_least: float | None = Field(default=None, gt=0, lt=1)
    outcome: Literal["match", "potential"]
    why: str

    @model_validator(mode="after")
    def _evidence(self) -> "Rule":
        strong = {"nhs-number", "upn"} & set(self.needs)
        if self.outcome == "match" and not {"birth", "given"} <= set(self.needs):
            raise ValueError(f"rule {self.name}: nothing matches without date of birth and given name agreeing")
        if self.outcome == "match" and not strong and not self.unless_relative:
            raise ValueError(
                f"rule {self.name}: without a number it must be `unless_relative`: twins agree in the rest"
            )
        if self.outcome == "match" and strong == {"upn"} and "family" not in self.needs:
            raise ValueError(
                f"rule {self.name}: a UPN matches only where the family name agrees too: one copied from the wrong row "
                "has a right check letter"
            )
        if self.outcome == "potential" and self.at_least is None:
            raise ValueError(f"rule {self.name}: a potential match needs `at_least`")
        return self


class Strategy(Model):
    """Rules of one kind of evidence."""

    name: str
    rules: tuple[Rule, ...]


class Change(Model):
    """What a version changed, and what that did to the measures, with the command that showed it."""

    version: str
    change: str
    effect: str


class Policy(Model):
    """Strategies in order: the first rule that applies decides."""

    version: str
    strategies: tuple[Strategy, ...]
    changelog: tuple[Change, ...]

    @model_validator(mode="after")
    def _said(self) -> "Policy":
        if not self.changelog or self.changelog[-1].version != self.version:
            raise ValueError("changelog: its last entry is of this version, with its measured effect")
        names = [rule.name for rule in self.rules]
        if len(names) != len(set(names)):
            raise ValueError("rules: each name once")
        return self

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules, strongest first."""
        return tuple(rule for strategy in self.strategies for rule in strategy.rules)

    @property
    def asked_from(self) -> float:
        """The probability from which somebody is asked about."""
        return min((rule.at_least for rule in self.rules if rule.at_least is not None), default=1.0)

    @property
    def by_number(self) -> tuple[Rule, ...]:
        """Rules that match on a number."""
        return tuple(rule for rule in self.rules if rule.outcome == "match" and not rule.unless_relative)

    @property
    def by_name(self) -> tuple[Rule, ...]:
        """Rules that match without one."""
        return tuple(rule for rule in self.rules if rule.outcome == "match" and rule.unless_relative)


def applies(
    rule: Rule, one: Evidence, other: Evidence, mine: Traits | None = None, theirs: Traits | None = None
) -> bool:
    """Whether two source persons agree in all that a rule needs."""
    needs, found = set(rule.needs), agreements(one, other)
    if not rule.unless_relative:
        return needs <= found
    strictly = found - {"family"} | _written_alike(mine, theirs)
    return needs <= strictly and _same_given(mine, theirs)


def _written_alike(one: Traits | None, other: Traits | None) -> set[str]:
    if one is None or other is None:
        return set()
    found = set()
    if one.written[1] == other.written[1] and any(len(word) > 1 for word in one.written[1]):
        found.add("family")
    if one.home and one.home == other.home:
        found.add("postcode")
    return found


def _same_given(one: Traits | None, other: Traits | None) -> bool:
    """Without a number a given name agrees only as it is written, whole: not by its short form, nor where it is one
    that brothers share.
    """
    if one is None or other is None or is_shared_first(one.given):
        return False
    return one.written[0] == other.written[0]
