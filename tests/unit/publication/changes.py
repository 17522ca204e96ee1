"""The table of changes to a schema, and whether they need a new version: the tests judge each, decisions/0017 shows it.

Each that needs one has a witness: a value that is written under the one and that readers of the other refuse. The last
is only not known to be safe.
"""

from typing import Any, NamedTuple


class Change(NamedTuple):
    """`old` and `new` are of one member, `thing`, unless they are whole objects."""

    what: str
    old: Any
    new: Any
    compatible: bool
    witness: Any = None


def thing(schema, *, needed=True, **more):
    """An object with one member."""
    return {"type": "object", "properties": {"thing": schema, **more}, "required": ["thing"] if needed else []}


TEXT, NUMBER, WHOLE, NONE = {"type": "string"}, {"type": "number"}, {"type": "integer"}, {"type": "null"}
EMPTY = {"type": "object", "properties": {}, "required": []}
WORDS = {"enum": ["a", "b"], "type": "string"}
OPEN_WORDS = {"anyOf": [WORDS, {"x-unknown": True, "type": "string"}]}
DAY, INSTANT = TEXT | {"format": "date"}, TEXT | {"format": "date-time"}


def of(kind, **data):
    return {
        "properties": {"kind": {"const": kind}, "data": {"type": "object", "properties": data, "required": []}},
    }


def statement(*kinds, unknown=True):
    """A statement whose data depends on its kind, as on hub.facts."""
    known = [each["properties"]["kind"]["const"] for each in kinds]
    other = {"x-unknown": True, "type": "object", "properties": {"kind": TEXT | {"not": {"enum": known}}}}
    told = {
        "type": "object",
        "properties": {"kind": TEXT, "data": {"type": "object", "additionalProperties": True}},
        "required": ["kind", "data"],
        "anyOf": list(kinds),
    }
    return {"anyOf": [told, other] if unknown else [told]}


CHANGES = (
    Change("nothing", thing(TEXT), thing(TEXT), True),
    Change("words of a description", thing(TEXT | {"description": "x"}), thing(TEXT | {"description": "y"}), True),
    Change("an optional member more", EMPTY, thing(TEXT, needed=False), True),
    Change("an optional member fewer", thing(TEXT, needed=False), EMPTY, True),
    Change("a required member more", EMPTY, thing(TEXT), False, {}),
    Change("a required member fewer", thing(TEXT), EMPTY, False, {}),
    Change("an optional member required", thing(TEXT, needed=False), thing(TEXT), False, {}),
    Change("a required member optional", thing(TEXT), thing(TEXT, needed=False), False, {}),
    Change(
        "a default", thing(TEXT | {"default": "a"}, needed=False), thing(TEXT | {"default": "b"}, needed=False), False
    ),
    Change(
        "a member renamed", thing(TEXT), EMPTY | {"properties": {"it": TEXT}, "required": ["it"]}, False, {"it": "x"}
    ),
    Change("a list of words longer", thing(WORDS), thing(WORDS | {"enum": ["a", "b", "c"]}), False, {"thing": "c"}),
    Change("a list of words shorter", thing(WORDS), thing(WORDS | {"enum": ["a"]}), False, {"thing": "b"}),
    Change("a list of words in another order", thing(WORDS), thing(WORDS | {"enum": ["b", "a"]}), True),
    Change("one word as a list of one", thing({"const": "a"}), thing({"enum": ["a"], "type": "string"}), True),
    Change("true for 1", thing({"const": 1}), thing({"const": True}), False, {"thing": True}),
    Change(
        "a growing list of words longer",
        thing(OPEN_WORDS),
        thing({"anyOf": [WORDS | {"enum": ["a", "b", "c"]}, OPEN_WORDS["anyOf"][1]]}),
        True,
    ),
    Change(
        "a list of words closed", thing(OPEN_WORDS), thing({"anyOf": [WORDS | {"enum": ["a"]}]}), False, {"thing": "b"}
    ),
    Change("a list of words becomes any text", thing(WORDS), thing(TEXT), False, {"thing": "c"}),
    Change("whole numbers become numbers", thing(WHOLE), thing(NUMBER), False, {"thing": 0.5}),
    Change("text becomes a number", thing(TEXT), thing(NUMBER), False, {"thing": "x"}),
    Change("null allowed", thing(TEXT), thing({"anyOf": [TEXT, NONE]}), False, {"thing": None}),
    Change("null no longer allowed", thing({"anyOf": [TEXT, NONE]}), thing(TEXT), False, {"thing": None}),
    Change("types as a list", thing({"anyOf": [TEXT, NONE]}), thing({"type": ["string", "null"]}), True),
    Change("a union in another order", thing({"anyOf": [TEXT, NONE]}), thing({"anyOf": [NONE, TEXT]}), True),
    Change(
        "a union of one more",
        thing({"anyOf": [TEXT, NONE]}),
        thing({"anyOf": [TEXT, NONE, WHOLE]}),
        False,
        {"thing": 1},
    ),
    Change("a format", thing(TEXT), thing(DAY), False, {"thing": "x"}),
    Change("a format dropped", thing(DAY), thing(TEXT), False, {"thing": "x"}),
    Change("another format", thing(DAY), thing(INSTANT), False, {"thing": "2026-11-02T10:00:00Z"}),
    Change("a pattern", thing(TEXT), thing(TEXT | {"pattern": "^a"}), False, {"thing": "b"}),
    Change(
        "a wider pattern", thing(TEXT | {"pattern": "^a$"}), thing(TEXT | {"pattern": "^a"}), False, {"thing": "ab"}
    ),
    Change("a longest text", thing(TEXT | {"maxLength": 2}), thing(TEXT | {"maxLength": 3}), False, {"thing": "abc"}),
    Change("a shortest text", thing(TEXT | {"minLength": 1}), thing(TEXT | {"minLength": 2}), False, {"thing": "a"}),
    Change("a largest number", thing(WHOLE | {"maximum": 9}), thing(WHOLE | {"maximum": 8}), False, {"thing": 9}),
    Change("a smallest number", thing(NUMBER | {"minimum": 0}), thing(NUMBER), False, {"thing": -1}),
    Change(
        "a bound that is left out",
        thing(NUMBER | {"minimum": 0}),
        thing(NUMBER | {"exclusiveMinimum": 0}),
        False,
        {"thing": 0},
    ),
    Change("a step", thing(WHOLE | {"multipleOf": 2}), thing(WHOLE | {"multipleOf": 4}), False, {"thing": 2}),
    Change(
        "items",
        thing({"type": "array", "items": TEXT}),
        thing({"type": "array", "items": WHOLE}),
        False,
        {"thing": ["x"]},
    ),
    Change(
        "a place of a list",
        thing({"type": "array", "prefixItems": [TEXT, NUMBER], "minItems": 2, "maxItems": 2}),
        thing({"type": "array", "prefixItems": [TEXT, WHOLE], "minItems": 2, "maxItems": 2}),
        False,
        {"thing": ["x", 0.5]},
    ),
    Change(
        "a shorter list",
        thing({"type": "array", "maxItems": 3}),
        thing({"type": "array", "maxItems": 2}),
        False,
        {"thing": [1, 2, 3]},
    ),
    Change(
        "items that may not repeat",
        thing({"type": "array"}),
        thing({"type": "array", "uniqueItems": True}),
        False,
        {"thing": [1, 1]},
    ),
    Change(
        "values of a map",
        thing({"type": "object", "additionalProperties": TEXT}),
        thing({"type": "object", "additionalProperties": WHOLE}),
        False,
        {"thing": {"x": "y"}},
    ),
    Change(
        "names of a map",
        thing({"type": "object", "additionalProperties": TEXT, "propertyNames": {"enum": ["a"]}}),
        thing({"type": "object", "additionalProperties": TEXT, "propertyNames": {"enum": ["a", "b"]}}),
        False,
        {"thing": {"b": "x"}},
    ),
    Change(
        "a map becomes an object",
        thing({"type": "object", "additionalProperties": TEXT}),
        thing({"type": "object", "properties": {"a": WHOLE}, "required": []}),
        False,
        {"thing": {"a": "x"}},
    ),
    Change("an optional member more, within", thing(EMPTY), thing(thing(TEXT, needed=False)), True),
    Change("a required member more, within", thing(EMPTY), thing(thing(TEXT)), False, {"thing": {}}),
    Change(
        "an optional member more in what stands unless given",
        thing(thing(TEXT, needed=False) | {"default": {"thing": None}}, needed=False),
        thing(thing(TEXT, needed=False, other=TEXT) | {"default": {"thing": None, "other": None}}, needed=False),
        True,
    ),
    Change(
        "a definition that is referred to",
        *({"$ref": "#/$defs/A", "$defs": {"A": each}} for each in (TEXT, WHOLE)),
        False,
        "x",
    ),
    Change(
        "a definition in place of what it says",
        thing(TEXT),
        thing({"$ref": "#/$defs/A"}) | {"$defs": {"A": TEXT}},
        True,
    ),
    Change(
        "a kind more, where unknown ones are passed over", statement(of("x")), statement(of("x"), of("y", at=DAY)), True
    ),
    Change(
        "a kind more, where none is passed over",
        statement(of("x"), unknown=False),
        statement(of("x"), of("y"), unknown=False),
        False,
        {"kind": "y", "data": {}},
    ),
    Change(
        "an optional member more in a kind's data", statement(of("x", a=TEXT)), statement(of("x", a=TEXT, b=TEXT)), True
    ),
    Change(
        "a type in a kind's data",
        statement(of("x", a=TEXT)),
        statement(of("x", a=WHOLE)),
        False,
        {"kind": "x", "data": {"a": "z"}},
    ),
    Change(
        "two kinds' data exchanged",
        statement(of("x", a=TEXT), of("y", a=WHOLE)),
        statement(of("y", a=TEXT), of("x", a=WHOLE)),
        False,
        {"kind": "x", "data": {"a": "z"}},
    ),
    Change("a keyword that is not judged", thing(TEXT), thing({"oneOf": [TEXT, WHOLE]}), False, {"thing": 1}),
    Change(
        "members by pattern",
        thing(EMPTY),
        thing(EMPTY | {"patternProperties": {"^a": TEXT}}),
        False,
    ),
)
