"""Where the judgement finds nothing, a real validator agrees: on random schemas, random changes and random values."""

import json

import jsonschema
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from schemas.publication.judge import breaks
from schemas.publication.views import written

NAMES = st.sampled_from("abc")
WORDS = st.sampled_from(["a", "b", "ab", "", 1, 0, True, False, None, 1.0, 2.5])
SMALL = st.integers(0, 3)


def keys(**each):
    return st.fixed_dictionaries({}, optional=each)


LEAVES = st.one_of(
    st.just({}),
    st.just({"type": "null"}),
    st.just({"type": "boolean"}),
    keys(minLength=SMALL, maxLength=SMALL, pattern=st.sampled_from(["^a", "b$"]), format=st.just("date")).map(
        lambda each: {"type": "string", **each}
    ),
    st.tuples(
        st.sampled_from(["integer", "number"]),
        keys(minimum=SMALL, maximum=SMALL, exclusiveMinimum=SMALL, multipleOf=st.integers(1, 2)),
    ).map(lambda each: {"type": each[0], **each[1]}),
    st.lists(WORDS, min_size=1, max_size=3, unique_by=repr).map(lambda each: {"enum": each}),
    WORDS.map(lambda each: {"const": each}),
    st.lists(st.sampled_from(["a", "b"]), max_size=2).map(lambda each: {"type": "string", "not": {"enum": each}}),
)


@st.composite
def objects(draw, inner):
    members = draw(st.dictionaries(NAMES, inner, max_size=3))
    found = {"type": "object", "properties": members}
    found["required"] = [name for name in members if draw(st.booleans())]
    if draw(st.integers(0, 4)) == 0:
        found["additionalProperties"] = draw(st.one_of(st.booleans(), inner))
    if not members and draw(st.booleans()):
        found["propertyNames"] = {"enum": draw(st.lists(NAMES, max_size=3, unique=True))}
    return found


@st.composite
def statements(draw, inner):
    """Kinds with a shape of their own beside what all share."""
    kinds = draw(st.lists(st.sampled_from(["x", "y", "z"]), min_size=1, max_size=3, unique=True))
    parts = [{"properties": {"kind": {"const": kind}, "data": draw(objects(inner))}} for kind in kinds]
    shared = {"kind": {"type": "string"}, "data": {"type": "object", "additionalProperties": True}}
    whole = {"type": "object", "properties": shared, "required": ["kind"], "anyOf": parts}
    other = {
        "x-unknown": True,
        "type": "object",
        "properties": {"kind": {"not": {"enum": kinds}}},
        "required": ["kind"],
    }
    return {"anyOf": [whole, *([other] if draw(st.booleans()) else [])]}


def lists(inner):
    places = st.lists(inner, max_size=2)
    return st.tuples(keys(items=inner, prefixItems=places, minItems=SMALL, maxItems=SMALL)).map(
        lambda each: {"type": "array", **each[0]}
    )


SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        objects(inner),
        lists(inner),
        st.lists(inner, min_size=1, max_size=3).map(lambda each: {"anyOf": each}),
        statements(inner),
    ),
    max_leaves=6,
)


@st.composite
def pairs(draw):
    """A schema and a change of it, or of one of its parts: so that many pairs are compatible, and many nearly."""
    old = draw(SCHEMAS)
    return old, _changed(draw, old)


def _changed(draw, schema):
    schema = json.loads(json.dumps(schema))
    places = list(_places(schema))
    for _ in range(draw(st.integers(0, 2))):
        place = places[draw(st.integers(0, len(places) - 1))]
        act = draw(st.integers(0, 5))
        if act == 0:
            place.clear()
            place.update(draw(SCHEMAS))
        elif act == 1 and "properties" in place:
            place["properties"][draw(NAMES)] = draw(LEAVES)
        elif act == 2 and place:
            place.pop(draw(st.sampled_from(sorted(place))))
        elif act == 3 and "enum" in place:
            place["enum"] = [*place["enum"], draw(WORDS)]
        elif act == 4:
            before = dict(place)
            place.clear()
            place["anyOf"] = [before, draw(LEAVES)]
        elif act == 5 and "anyOf" in place:
            place["anyOf"].reverse()
    return schema


def _places(schema):
    if isinstance(schema, dict):
        yield schema
        for part in (schema.get("properties", {}).values(), schema.get("anyOf", ()), schema.get("prefixItems", ())):
            for each in part:
                yield from _places(each)
        for name in ("items", "additionalProperties"):
            yield from _places(schema.get(name))


@st.composite
def values(draw, schema, depth=0):
    """A value that mostly fits: what does not is sorted out by the validator."""
    if schema is False or schema is True or not schema or depth > 4:
        return draw(st.one_of(WORDS, st.just([]), st.just({}), st.just({"a": 1})))
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return draw(st.sampled_from(schema["enum"]))
    if "anyOf" in schema:
        part = draw(st.sampled_from(schema["anyOf"]))
        beside = {name: each for name, each in schema.items() if name != "anyOf"}
        if isinstance(part, dict) and "properties" in part and "properties" in beside:
            beside["properties"] = beside["properties"] | part["properties"]
            return draw(values(beside, depth + 1))
        return draw(values(part, depth + 1))
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if kind == "object":
        found = {}
        for name, each in schema.get("properties", {}).items():
            if name in schema.get("required", ()) or draw(st.booleans()):
                found[name] = draw(values(each, depth + 1))
        more = schema.get("additionalProperties", True)
        if more is not False and draw(st.booleans()):
            found[draw(st.sampled_from("abcd"))] = draw(values(more, depth + 1))
        return found
    if kind == "array":
        places = [draw(values(each, depth + 1)) for each in schema.get("prefixItems", ())]
        rest = draw(st.integers(max(0, schema.get("minItems", 0) - len(places)), 2 + schema.get("minItems", 0)))
        return [*places, *(draw(values(schema.get("items", True), depth + 1)) for _ in range(rest))]
    if kind in ("integer", "number"):
        return draw(st.sampled_from([-1, 0, 1, 2, 3, 4, 1.0, 0.5, 2.5]))
    if kind == "string":
        return draw(st.sampled_from(["", "a", "b", "ab", "aab", "aaab", "2026-11-02", "x", "y"]))
    return draw(st.sampled_from([True, False, None]))


def accepts(schema, value):
    checks = jsonschema.Draft202012Validator.FORMAT_CHECKER
    return jsonschema.Draft202012Validator(schema, format_checker=checks).is_valid(value)


@settings(max_examples=200, deadline=None)
@given(pairs(), st.data())
def test_what_is_judged_compatible_is_read_both_ways(pair, data):
    old, new = pair
    assume(not breaks(old, new))
    for writes, reads in ((old, new), (new, old)):
        closed = written(writes)
        for _ in range(4):
            value = data.draw(values(closed))
            if accepts(closed, value):
                assert accepts(reads, value), (writes, reads, value)


@settings(max_examples=100, deadline=None)
@given(SCHEMAS)
def test_a_schema_is_compatible_with_itself(schema):
    """But for what is not judged, nothing is refused of what did not change."""
    said = breaks(schema, json.loads(json.dumps(schema)))
    assert all("not judged" in words for words in said)
