"""A schema as it is read and as it is written.

Readers pass over members that they do not know, so what is published closes no object. What the hub writes is closed:
its models have no other members than those named. `UNKNOWN` marks what readers must be ready for and nobody writes yet.
"""

import json
from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any] | bool

UNKNOWN = "x-unknown"
_WORDS = frozenset({"title", "description", "examples", "deprecated", "$comment"})


def published(made: Mapping[str, Any]) -> dict[str, Any]:
    """What pydantic made of a model, as it is published: objects open, without the titles that only repeat names."""
    found = _each(dict(made), _opened)
    assert isinstance(found, dict)
    return found


def written(schema: Schema) -> Schema:
    """What the hub writes under a published schema: objects closed, nothing unknown."""
    found: Schema = _each(schema, _closed)
    return found


def constraints(schema: Schema) -> Schema:
    """A schema without the words that change nothing for a validator. A default stays: it says what absence means."""
    found: Schema = _each(schema, lambda each: {name: value for name, value in each.items() if name not in _WORDS})
    return found


def canonical(schema: Schema) -> str:
    """A schema's constraints as one text: the same for the same constraints."""
    return json.dumps(constraints(schema), sort_keys=True, separators=(",", ":"))


def _opened(schema: dict[str, Any]) -> dict[str, Any]:
    dropped = {"title"} | ({"additionalProperties"} if schema.get("additionalProperties") is False else set())
    kept = {name: value for name, value in schema.items() if name not in dropped}
    if "description" in kept:
        kept["description"] = " ".join(kept["description"].split())
    return kept


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    found = dict(schema)
    if found.get("type") == "object" and "properties" in found:
        found.setdefault("additionalProperties", False)
    if "anyOf" in found:
        found["anyOf"] = [each for each in found["anyOf"] if not (isinstance(each, dict) and each.get(UNKNOWN))]
    return found


_OF_NAMES = ("properties", "$defs")
_OF_SCHEMAS = ("anyOf", "prefixItems")
_OF_ONE = ("items", "additionalProperties", "propertyNames", "not")


def _each(schema: Any, change: Any) -> Any:
    """A schema with every schema in it changed, from the outside in. Values such as defaults are no schemas."""
    if not isinstance(schema, dict):
        return schema
    found = dict(change(schema))
    for name in _OF_NAMES:
        if name in found:
            found[name] = {key: _each(each, change) for key, each in found[name].items()}
    for name in _OF_SCHEMAS:
        if name in found:
            found[name] = [_each(each, change) for each in found[name]]
    for name in _OF_ONE:
        if name in found:
            found[name] = _each(found[name], change)
    return found
