"""Whose token is a system's: a provider signs people's access tokens with the same keys, for the same audience."""

from collections.abc import Mapping
from typing import Any, NamedTuple

DEFAULT = "sub==azp,sub==client_id,idtyp=app"
"""With a grant of client credentials `sub` is the client itself (RFC 9068 section 2.2); Entra ID says `idtyp`."""


class NotASystem(Exception):
    """A token that is good, but by nothing in it a system's: a person's, who has to sign in."""


class _Rule(NamedTuple):
    """`claim` is like the claim `other`, or has this `value`."""

    claim: str
    other: str | None
    value: str | None

    def fits(self, claims: Mapping[str, Any]) -> bool:
        found = claims.get(self.claim)
        wanted = self.value if self.other is None else claims.get(self.other)
        return isinstance(found, str) and found != "" and found == wanted


class Systems:
    """Knows systems by what their tokens say; one rule that fits is enough."""

    def __init__(self, rules: tuple[_Rule, ...]) -> None:
        self._rules = rules

    @classmethod
    def read(cls, said: str = DEFAULT) -> "Systems":
        """Rules, comma separated: `a==b` for two claims that are alike, `a=x` for a claim with a value; ValueError."""
        return cls(tuple(_rule(part.strip()) for part in said.split(",")))

    def require(self, claims: Mapping[str, Any]) -> None:
        """Raises NotASystem."""
        if not any(rule.fits(claims) for rule in self._rules):
            raise NotASystem


def _rule(said: str) -> _Rule:
    alike = "==" in said
    claim, _, wanted = (part.strip() for part in said.partition("==" if alike else "="))
    if not claim or not wanted or "=" in wanted:
        raise ValueError("each rule is claim==claim or claim=value")
    return _Rule(claim, wanted if alike else None, None if alike else wanted)
