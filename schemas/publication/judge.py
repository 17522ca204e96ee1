"""Whether all that is written under one schema is read under another: on JSON Schema as pydantic makes it.

The judgement is sound and not complete: where it finds nothing, nothing that the one allows is refused by the other.
What it does not know (a keyword, two different patterns, `oneOf`) it refuses. docs/decisions/0017 says why it is ours.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from schemas.publication.views import UNKNOWN, Schema, written

TYPES = ("string", "number", "boolean", "null", "array", "object")
_SAID = frozenset({"title", "description", "examples", "deprecated", "$comment", "default", UNKNOWN})
_KNOWN = {
    "string": frozenset({"minLength", "maxLength", "pattern", "format"}),
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
    "boolean": frozenset[str](),
    "null": frozenset[str](),
    "array": frozenset({"items", "prefixItems", "minItems", "maxItems", "uniqueItems"}),
    "object": frozenset(
        {"properties", "required", "additionalProperties", "propertyNames", "minProperties", "maxProperties"}
    ),
}
_KNOWN["integer"] = _KNOWN["number"]
_ALL_KNOWN = frozenset({"type", "enum", "const", "not"}).union(*_KNOWN.values())
_BOTH = "x-both"
"""Marks a branch that a union and what stands beside it say different things of: nobody's to read."""

Branch = dict[str, Any]
"""A schema without a union: of one type, or an enumeration."""


class Finding(NamedTuple):
    """Where in the value (`/cases/*/state`), and what of it may be refused."""

    at: str
    words: str


def breaks(old: Schema, new: Schema) -> list[str]:
    """What keeps two published schemas from being one version, in words; empty where each one's reader reads all that
    is written under the other."""
    ahead = [f"{at or '/'}: {words} by who reads the old" for at, words in _findings_between(new, old)]
    back = [f"{at or '/'}: {words} by who reads the new" for at, words in _findings_between(old, new)]
    return [*ahead, *back]


def _findings_between(writes: Schema, reads: Schema) -> list[Finding]:
    return list(dict.fromkeys(refusals(inlined(written(writes)), inlined(reads))))


def inlined(schema: Schema) -> Schema:
    """A schema with each `$ref` into its `$defs` replaced by what it names; raises ValueError for one that goes in a
    circle, or elsewhere."""
    if not isinstance(schema, dict):
        return schema
    found = _inline({name: each for name, each in schema.items() if name != "$defs"}, schema.get("$defs", {}), ())
    assert isinstance(found, dict | bool)
    return found


def _inline(value: Any, named: Mapping[str, Any], within: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [_inline(each, named, within) for each in value]
    if not isinstance(value, dict):
        return value
    beside = {key: _inline(each, named, within) for key, each in value.items() if key != "$ref"}
    if "$ref" not in value:
        return beside
    name = str(value["$ref"]).removeprefix("#/$defs/")
    if name not in named or name in within:
        raise ValueError(f"the judgement follows no reference in a circle or out of the schema: {value['$ref']}")
    meant = _inline(named[name], named, (*within, name))
    if any(meant[key] != beside[key] for key in set(meant) & set(beside) - _SAID):
        raise ValueError(f"the judgement takes no constraint of the same name beside a reference: {value['$ref']}")
    return meant | beside


def refusals(writes: Schema, reads: Schema, at: str = "") -> Iterator[Finding]:
    """What `writes` allows and `reads` may refuse; references must be inlined."""
    if writes is False or _takes_all(reads) or (writes == reads and json.dumps(writes) == json.dumps(reads)):
        return
    readers = list(_branches(reads))
    for branch in _branches(writes):
        yield from _of_branch(branch, readers, at)


def _takes_all(schema: Schema) -> bool:
    return schema is True or (isinstance(schema, dict) and not set(schema) - _SAID)


def _of_branch(branch: Branch, readers: Sequence[Branch], at: str) -> Iterator[Finding]:
    values = _values(branch)
    if values is not None:
        for value in values:
            if not any(_admits(reader, value) for reader in readers):
                yield Finding(at, f"{json.dumps(value)} is refused")
        return
    alike = [each for each in readers if _values(each) is None and _fits_type(branch["type"], each["type"])]
    if any(next(_within(branch, reader, at), None) is None for reader in alike):
        return
    found = [list(_within(branch, reader, at)) for reader in alike]
    yield from min(found, key=len, default=[Finding(at, f"{_a(branch['type'])} is refused")])


def _widened(branch: Branch) -> Iterator[str]:
    """Keywords under which more may be written than is looked at."""
    if "patternProperties" in branch:
        yield "patternProperties"
    if isinstance(branch.get("items"), list):
        yield "items"


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aio" else f"a {kind}" if kind != "null" else "null"


def _branches(schema: Schema) -> Iterator[Branch]:
    """The schema as a union of schemas of one type each, or of enumerated values."""
    if schema is False:
        return
    whole: dict[str, Any] = dict(schema) if isinstance(schema, dict) else {}
    union = whole.pop("anyOf", None)
    if union is not None:
        for each in union:
            yield from (_both(whole, branch) for branch in _branches(_of_type(each, whole)))
        return
    if "const" in whole or "enum" in whole:
        yield whole
        return
    types = whole.get("type", TYPES)
    for kind in [types] if isinstance(types, str) else types:
        yield {**whole, "type": kind}


def _of_type(schema: Schema, whole: Mapping[str, Any]) -> Schema:
    """A part of a union that names no type is of the type that stands beside the union."""
    says_none = isinstance(schema, dict) and not {"type", "enum", "const", "anyOf"} & set(schema)
    return {"type": whole["type"], **schema} if says_none and "type" in whole else schema  # type: ignore[dict-item]


def _both(beside: Mapping[str, Any], branch: Branch) -> Branch:
    """A branch of a union with what stands beside the union. Where both speak of a member, the branch has to say the
    narrower."""
    found = {**{name: value for name, value in beside.items() if name not in _SAID}, **branch}
    for name in set(beside) & set(branch) - _SAID:
        if name == "properties":
            found[name] = {**beside[name], **branch[name]}
            shared = set(beside[name]) & set(branch[name])
            if any(True for member in shared for _ in refusals(branch[name][member], beside[name][member])):
                found[_BOTH] = True
        elif name == "required":
            found[name] = [*beside[name], *branch[name]]
        elif beside[name] != branch[name]:
            found[_BOTH] = True
    return found


def _fits_type(writes: str, reads: str) -> bool:
    return writes == reads or (writes, reads) == ("integer", "number")


def _values(branch: Branch) -> list[Any] | None:
    """The values that a branch allows, where they can be counted."""
    if "const" in branch:
        return [branch["const"]]
    if "enum" in branch:
        return list(branch["enum"])
    counted: dict[str, list[Any]] = {"boolean": [True, False], "null": [None]}
    return counted.get(branch["type"])


def _admits(reader: Branch, value: Any) -> bool:
    """Whether a branch surely takes a value."""
    if _strange(reader):
        return False
    values = _values(reader)
    if values is not None and not any(_same(value, each) for each in values):
        return False
    if any(_same(value, each) for each in _not_of(reader)):
        return False
    kind = _type_of(value)
    if "type" in reader and not _is_of(kind, value, reader["type"]):
        return False
    if kind == "string":
        return _admits_text(reader, value)
    if kind == "number":
        return _admits_number(reader, value)
    return kind in ("boolean", "null")


def _admits_text(reader: Branch, value: str) -> bool:
    fits = reader.get("minLength", 0) <= len(value) <= reader.get("maxLength", len(value))
    return fits and "format" not in reader and re.search(reader.get("pattern", ""), value) is not None


def _admits_number(reader: Branch, value: float) -> bool:
    bounds = (
        ("minimum", lambda limit: value >= limit),
        ("maximum", lambda limit: value <= limit),
        ("exclusiveMinimum", lambda limit: value > limit),
        ("exclusiveMaximum", lambda limit: value < limit),
        ("multipleOf", lambda step: Fraction(value) % Fraction(step) == 0),
    )
    return all(holds(reader[name]) for name, holds in bounds if name in reader)


def _strange(reader: Branch) -> set[str]:
    """The keywords that are not judged."""
    return {*(set(reader) - _SAID - _ALL_KNOWN), *_widened(reader), *({"not"} if _has_other_not(reader) else ())}


def _has_other_not(reader: Branch) -> bool:
    return "not" in reader and (not isinstance(reader["not"], dict) or set(reader["not"]) != {"enum"})


def _not_of(branch: Branch) -> list[Any]:
    refused = branch.get("not")
    return list(refused["enum"]) if isinstance(refused, dict) and set(refused) == {"enum"} else []


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: true is not 1."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _type_of(value: Any) -> str:
    if value is None:
        return "null"
    for kind, of in (("boolean", bool), ("number", (int, float)), ("string", str), ("array", list)):
        if isinstance(value, of):
            return kind
    return "object"


def _is_of(kind: str, value: Any, wanted: str | Sequence[str]) -> bool:
    types = [wanted] if isinstance(wanted, str) else wanted
    return kind in types or (kind == "number" and "integer" in types and float(value).is_integer())


def _within(branch: Branch, reader: Branch, at: str) -> Iterator[Finding]:
    """What a branch allows and a reader of the same type may refuse."""
    for keyword in sorted({*_strange(reader), *_widened(branch)}):
        yield Finding(at, f"{keyword!r} is not judged, so it may be refused")
    if any(not any(_same(value, each) for each in _not_of(branch)) for value in _not_of(reader)):
        yield Finding(at, "a value that is excluded is refused")
    kind = reader["type"]
    if kind == "string":
        yield from _text(branch, reader, at)
    elif kind in ("number", "integer"):
        yield from _number(branch, reader, at)
    elif kind == "array":
        yield from _array(branch, reader, at)
    elif kind == "object":
        yield from _object(branch, reader, at)


def _text(branch: Branch, reader: Branch, at: str) -> Iterator[Finding]:
    yield from _least(branch, reader, "minLength", at, "a shorter text")
    yield from _most(branch, reader, "maxLength", at, "a longer text")
    for name in ("pattern", "format"):
        if name in reader and branch.get(name) != reader[name]:
            yield Finding(at, f"a text that is not of the {name} {reader[name]!r} is refused")


def _number(branch: Branch, reader: Branch, at: str) -> Iterator[Finding]:
    for inclusive, exclusive, sign in (("minimum", "exclusiveMinimum", 1), ("maximum", "exclusiveMaximum", -1)):
        limit, own = _limit(reader, inclusive, exclusive, sign), _limit(branch, inclusive, exclusive, sign)
        if limit is not None and (own is None or own < limit):
            yield Finding(at, f"a {'smaller' if sign > 0 else 'larger'} number is refused")
    step = reader.get("multipleOf")
    if step is not None and ("multipleOf" not in branch or Fraction(branch["multipleOf"]) % Fraction(step) != 0):
        yield Finding(at, f"a number that is no multiple of {step} is refused")


def _limit(branch: Branch, inclusive: str, exclusive: str, sign: int) -> tuple[Fraction, bool] | None:
    """A bound, to be compared: the larger is the narrower."""
    bounds = [
        (sign * Fraction(branch[name]), excluded)
        for name, excluded in ((inclusive, False), (exclusive, True))
        if name in branch
    ]
    return max(bounds, default=None)


def _least(branch: Branch, reader: Branch, name: str, at: str, what: str) -> Iterator[Finding]:
    if branch.get(name, 0) < reader.get(name, 0):
        yield Finding(at, f"{what} is refused")


def _most(branch: Branch, reader: Branch, name: str, at: str, what: str) -> Iterator[Finding]:
    if name in reader and (name not in branch or branch[name] > reader[name]):
        yield Finding(at, f"{what} is refused")


def _array(branch: Branch, reader: Branch, at: str) -> Iterator[Finding]:
    yield from _least(branch, reader, "minItems", at, "a shorter list")
    yield from _most(branch, reader, "maxItems", at, "a longer list")
    if reader.get("uniqueItems") and not branch.get("uniqueItems"):
        yield Finding(at, "a list that repeats an item is refused")
    first, most = max(len(each.get("prefixItems", ())) for each in (branch, reader)), branch.get("maxItems")
    for place in range(first if most is None else min(first, most)):
        yield from refusals(_item(branch, place), _item(reader, place), f"{at}/{place}")
    if most is None or most > first:
        yield from refusals(branch.get("items", True), reader.get("items", True), f"{at}/*")


def _item(branch: Branch, place: int) -> Schema:
    first = branch.get("prefixItems", ())
    found: Schema = first[place] if place < len(first) else branch.get("items", True)
    return found


def _object(branch: Branch, reader: Branch, at: str) -> Iterator[Finding]:
    own, known = branch.get("properties", {}), reader.get("properties", {})
    needed = set(branch.get("required", ()))
    for name in sorted(set(reader.get("required", ())) - needed):
        yield Finding(f"{at}/{name}", "its absence is refused")
    for name, each in own.items():
        yield from refusals(each, known.get(name, reader.get("additionalProperties", True)), f"{at}/{name}")
        if name in known and name not in needed and _default(each) != _default(known[name]):
            yield Finding(f"{at}/{name}", "its absence is taken for something else")
    yield from _other_members(branch, reader, at)
    yield from _least(branch, reader, "minProperties", at, "an object of fewer members")
    yield from _most(branch, reader, "maxProperties", at, "an object of more members")


def _other_members(branch: Branch, reader: Branch, at: str) -> Iterator[Finding]:
    """Members that `branch` does not name."""
    own, known = branch.get("properties", {}), reader.get("properties", {})
    others: Schema = branch.get("additionalProperties", True)
    names: Schema = branch.get("propertyNames", True)
    if others is not False:
        yield from refusals(others, reader.get("additionalProperties", True), f"{at}/*")
        for name in known:
            if name not in own and _may_be_named(names, name):
                yield from refusals(others, known[name], f"{at}/{name}")
        if "propertyNames" in reader:
            allowed = names if isinstance(names, bool) else {"type": "string", **names}
            yield from refusals({"type": "string"} if allowed is True else allowed, reader["propertyNames"], f"{at}/*")
    if "propertyNames" in reader:
        for name in own:
            yield from refusals({"const": name}, reader["propertyNames"], f"{at}/{name}")


def _may_be_named(names: Schema, name: str) -> bool:
    values = names.get("enum") if isinstance(names, dict) else None
    return values is None or name in values


_NONE = object()


def _default(schema: Schema) -> object:
    """What an absent member means. In a default that is an object, a null says the same as none."""
    if not isinstance(schema, dict) or "default" not in schema:
        return _NONE
    return json.dumps(_without_nulls(schema["default"]), sort_keys=True)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return value
