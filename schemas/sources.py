"""Registered feeds. A source id reads `system:area-or-body:epoch`, as in `one-education:825:2022`."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Model


class Source(Model):
    """One registered feed of one system.

    `creates_children`: only the council's own feeds may make a child. `trusts_nhs_number` / `trusts_upn`: the matching
    policy may link on identifiers that this source marks as verified. What is overdue on `live_from` is standing.
    `precedence`: lower wins where sources disagree. `silent_after`: when nothing was received from it for so many hours
    it has gone silent, and no new alert rests on it; None never. `serves`: the areas, beside its own, whose
    coordinators answer the questions about what of it is no child's yet: a trust has no area, but it serves some.
    """

    id: str
    kind: Literal["council", "nhs", "hub"]
    area: str | None = None
    creates_children: bool = False
    trusts_nhs_number: bool = False
    trusts_upn: bool = False
    live_from: date | None = None
    precedence: int = 100
    silent_after: float | None = Field(default=None, gt=0, le=8_760)
    serves: tuple[Annotated[str, Field(pattern=r"^\d{3}$")], ...] = ()

    @property
    def areas(self) -> frozenset[str]:
        """Its own and those that it serves."""
        return frozenset(self.serves) | ({self.area} if self.area is not None else frozenset())


class Sources(Model):
    """The registry, by id."""

    sources: tuple[Source, ...] = ()

    def find(self, source_id: str) -> Source | None:
        """The source of that id, or None when it is not registered."""
        return next((source for source in self.sources if source.id == source_id), None)
