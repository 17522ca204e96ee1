"""What stands on each topic that others may read: the shape of its values, what its keys and headers say, for whom.

Topics that are not here are the hub's own memory (changelogs, keys), and change without notice.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from pydantic import TypeAdapter

from schemas.alerts import Alert
from schemas.audit import ChainedEntry
from schemas.deadlines import Deadline
from schemas.kinds import CONTROL_KINDS, KINDS
from schemas.links import LinkDecision
from schemas.publication.views import UNKNOWN, published
from schemas.records import ChildRecord, ChildTurned
from schemas.reviews import ReviewTask
from schemas.sayings import Heartbeat, Told
from schemas.statements import Fact, Observation
from schemas.topics import (
    ALERTS,
    AUDIT,
    CHILDREN,
    DEADLINES,
    FACTS,
    LINKS,
    OBSERVATIONS,
    REVIEW,
    TRACES,
    TRAIL,
    Topic,
)
from schemas.traces import Trace
from schemas.trail import MessageRead, ObservationTaken

Reader = Literal["systems", "the hub"]
"""For whom a topic is: any system that is given the right to it, or the hub alone (left of identity)."""

HEADERS: dict[str, str] = {
    "id": "The record's own id: the same for a repeat of the same.",
    "causes": "Ids of what caused it, comma separated; ten at most.",
    "received_at": "When a connector received the first of these, RFC 3339 in UTC.",
    "schema": "Version of the value's shape, a whole number; without this header it is 1.",
    "kind": "The statement's kind.",
    "source": "The registered feed that stated it.",
    "number": "Of a heartbeat: which it is.",
    "inserted_at": "Of a heartbeat: when it was put in, in seconds since 1970.",
}
"""What each header says; all are text."""

_ALWAYS = ("schema",)
_CAUSED = ("id", "causes", "received_at", *_ALWAYS)
_BEATEN = (*_CAUSED, "kind", "number", "inserted_at")


GROWING = frozenset(
    {("Alert", "threshold"), ("Alert", "reason"), ("ReviewTask", "question"), ("ChainedEntry", "action")}
)
"""Lists that grow with what the hub knows, by model and field: a reader has to be ready for a word that is not there
yet. All other lists are whole: one word more is another version."""


class Contract(NamedTuple):
    """One topic. `make` gives pydantic's JSON Schema of its values; `tombstone` says what one without a value means."""

    topic: Topic
    make: Callable[[], dict[str, Any]]
    key: str
    reader: Reader = "systems"
    headers: tuple[str, ...] = _CAUSED
    tombstone: str | None = None

    @property
    def schema(self) -> dict[str, Any]:
        """The schema as readers need it."""
        made = self.make()
        for model in (made, *made.get("$defs", {}).values(), *made.get("anyOf", ())):
            for name, field in model.get("properties", {}).items():
                if (model.get("title"), name) in GROWING:
                    _grow(field)
        return published(made)


def _grow(field: dict[str, Any]) -> None:
    """Let readers take any text where a list stands, or a list or null."""
    lists = [each for each in (field, *field.get("anyOf", ())) if "enum" in each]
    for each in lists:
        known = {name: each.pop(name) for name in ("enum", "type")}
        other = {UNKNOWN: True, "description": "A word that is not known yet.", "type": "string"}
        each["anyOf"] = [known, other]


def _of(*models: Any) -> Callable[[], dict[str, Any]]:
    """The schema of values that are of one of these models."""
    return lambda: _union([TypeAdapter(model).json_schema() for model in models])


def _union(made: list[dict[str, Any]]) -> dict[str, Any]:
    """Schemas as one, their definitions together: models of one name are one."""
    if len(made) == 1:
        return made[0]
    named: dict[str, Any] = {}
    for schema in made:
        for name, each in schema.pop("$defs", {}).items():
            if named.setdefault(name, each) != each:
                raise ValueError(f"two models of one topic are called {name}")
    return {"anyOf": made, "$defs": named}


def _facts() -> dict[str, Any]:
    """Facts with the data of each kind (a retraction needs none), what the ticker writes beside them, and kinds that
    are yet to come."""
    fact, told, beat = Fact.model_json_schema(), Told.model_json_schema(), Heartbeat.model_json_schema()
    apart = [*told["properties"]["kind"]["enum"], beat["properties"]["kind"]["const"]]
    kinds = {**KINDS, **{kind: model for kind, model in CONTROL_KINDS.items() if kind not in apart}}
    named: dict[str, Any] = {}
    parts: list[dict[str, Any]] = []
    for kind, model in kinds.items():
        data, name = model.model_json_schema(), f"data.{model.__name__}"
        named |= data.pop("$defs", {}) | {name: data}
        parts.append({"properties": {"kind": {"const": kind}, "data": {"$ref": f"#/$defs/{name}"}}})
    retracted = {"kind": {"enum": list(kinds)}, "retracted": {"const": True}, "data": {"$ref": "#/$defs/data.NoData"}}
    parts.append({"properties": retracted, "required": ["retracted"]})
    fact["anyOf"] = parts
    other = {
        UNKNOWN: True,
        "description": "A kind that is not known yet: pass it over.",
        "type": "object",
        "properties": {"kind": {"type": "string", "not": {"enum": [*kinds, *apart]}}},
        "required": ["kind"],
    }
    made = _union([fact, told, beat, other])
    made["$defs"] |= named
    return made


CONTRACTS: tuple[Contract, ...] = (
    Contract(
        CHILDREN,
        _of(ChildRecord, ChildTurned),
        "The child's id; `!heartbeat` is nobody's.",
        headers=_BEATEN,
        tombstone="The child is gone, and nothing takes its place.",
    ),
    Contract(
        DEADLINES,
        _of(Deadline),
        "The child's id and the deadline's, with `|` between.",
        tombstone="This child has this deadline no longer: it never applied, or went with its facts to another child.",
    ),
    Contract(
        ALERTS,
        _of(Alert),
        "The child's id; where the alert is about no child, what it is about.",
        tombstone="Nothing is to be left of the child that the key names: drop its alerts, and all you keep of it.",
    ),
    Contract(
        FACTS,
        _facts,
        "The child's id; of what the ticker writes, `day`, the source or `!heartbeat`.",
        headers=(*_BEATEN, "source"),
    ),
    Contract(
        REVIEW,
        _of(ReviewTask),
        "The task's id.",
        headers=(*_CAUSED, "source"),
        tombstone="The question is gone.",
    ),
    Contract(TRAIL, _of(MessageRead, ObservationTaken), "The message.", headers=(*_CAUSED, "source")),
    Contract(LINKS, _of(LinkDecision), "The link.", "the hub"),
    Contract(AUDIT, _of(ChainedEntry), "Who acted, an opaque id.", headers=("id", "causes", "received_at", *_ALWAYS)),
    Contract(
        OBSERVATIONS,
        _of(Observation, Told, Heartbeat),
        "`population`; of what the ticker writes, `day`, the source or `!heartbeat`.",
        "the hub",
        (*_BEATEN, "source"),
    ),
    Contract(TRACES, _of(Trace), "The link.", "the hub"),
)
