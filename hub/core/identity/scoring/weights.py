"""The weights of a model: how often each level occurs for one person (m) and for two (u), as versioned data."""

from math import log2

from pydantic import Field, model_validator

from hub.core.identity.scoring.compare import COMPARED, KINDS
from schemas.base import Model

LEAST = 1e-9
"""A share that was never seen is taken as this much, so that no single field can rule out or decide alone."""


class Level(Model):
    """`m`: share of the pairs of one person that are on this level; `u`: of the pairs of two persons."""

    m: float = Field(ge=0, le=1)
    u: float = Field(ge=0, le=1)

    @property
    def bits(self) -> float:
        """Evidence for one person, against two."""
        return log2(max(self.m, LEAST) / max(self.u, LEAST))


class FieldWeights(Model):
    """A field's levels by name, in their order. `kind` is given for a further field: number, text or code."""

    kind: str | None = None
    levels: dict[str, Level]


class Relative(Model):
    """People who are alike because they are related: how often their pairs are on each level of the fields that this
    shows in. `rate`: how many such relatives a record is expected to have.

    Without it brothers, sisters and twins would look like one person: they share a family name, a postcode, a birthday.
    """

    rate: float = Field(ge=0, le=100)
    fields: dict[str, dict[str, float]]


class Weights(Model):
    """A model. `fields` by name, in the order in which they are compared.

    `rate`: how many other records of the same person a record is expected to have. `card` says in words what the model
    was trained and judged on, with figures.
    """

    version: str
    rate: float = Field(gt=0, le=100)
    fields: dict[str, FieldWeights]
    relatives: dict[str, Relative] = Field(default_factory=dict)
    card: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whole(self) -> "Weights":
        if tuple(self.fields)[: len(COMPARED)] != tuple(COMPARED):
            raise ValueError(f"fields: the first are {', '.join(COMPARED)}, in this order")
        for name, field in self.fields.items():
            wanted = COMPARED.get(name) or KINDS.get(field.kind or "")
            if wanted is None:
                raise ValueError(f"fields.{name}.kind: one of {', '.join(KINDS)}")
            if tuple(field.levels) != wanted:
                raise ValueError(f"fields.{name}.levels: {', '.join(wanted)}, in this order")
        for who, relative in self.relatives.items():
            for name, shares in relative.fields.items():
                if name not in self.fields or tuple(shares) != tuple(self.fields[name].levels):
                    raise ValueError(f"relatives.{who}.fields.{name}: a field of the model, with all of its levels")
        return self

    @property
    def further(self) -> dict[str, str]:
        """Names and kinds of the further fields."""
        return {name: str(field.kind) for name, field in self.fields.items() if name not in COMPARED}

    def with_further(self, further: dict[str, str]) -> "Weights":
        """The same model for other further fields: each as KINDS usually are, until it is fitted."""
        known = {name: self.fields[name] for name in COMPARED}
        added = {name: self.fields.get(name) or USUAL[kind] for name, kind in further.items()}
        return self.model_copy(update={"fields": {**known, **added}})


def _usual(kind: str, shares: tuple[tuple[float, float], ...]) -> FieldWeights:
    levels = {name: Level(m=m, u=u) for name, (m, u) in zip(KINDS[kind], shares, strict=True)}
    return FieldWeights(kind=kind, levels=levels)


USUAL = {
    "number": _usual("number", ((0.85, 1e-5), (0.10, 1e-4), (0.02, 1e-3), (0.03, 0.9989))),
    "text": _usual("text", ((0.70, 1e-3), (0.12, 1e-3), (0.06, 0.01), (0.04, 0.05), (0.08, 0.938))),
    "code": _usual("code", ((0.90, 0.2), (0.10, 0.8))),
}
"""Where fitting starts for a field that a model was not trained for."""
