"""The table of changes, with a real validator as the witness; and what may go wrong with references."""

import jsonschema
import pytest

from schemas.publication.judge import breaks, inlined
from schemas.publication.views import written
from tests.unit.publication.changes import CHANGES, TEXT, thing


def accepts(schema, value):
    checks = jsonschema.Draft202012Validator.FORMAT_CHECKER
    return jsonschema.Draft202012Validator(schema, format_checker=checks).is_valid(value)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.what)
def test_each_change_is_judged(change):
    assert (not breaks(change.old, change.new)) == change.compatible
    assert (not breaks(change.new, change.old)) == change.compatible, "a change and its undoing are one question"


WITNESSED = [change for change in CHANGES if change.witness is not None]


@pytest.mark.parametrize("change", WITNESSED, ids=lambda change: change.what)
def test_what_is_refused_has_a_witness(change):
    """The table does not say of a harmless change that it breaks something: a validator refuses the witness."""
    lost = [
        accepts(written(writer), change.witness) and not accepts(reader, change.witness)
        for writer, reader in ((change.old, change.new), (change.new, change.old))
    ]
    assert any(lost)


def test_the_words_say_where_and_who():
    (said,) = breaks(thing(thing(TEXT)), thing(thing(TEXT | {"maxLength": 3})))
    assert said == "/thing/thing: a longer text is refused by who reads the new"


def test_only_the_schema_itself_is_followed():
    for reference in ("#/$defs/A", "other.json", "#/properties/a"):
        with pytest.raises(ValueError, match="follows no reference"):
            inlined({"$ref": reference, "$defs": {"A": {"items": {"$ref": "#/$defs/A"}}}})
    with pytest.raises(ValueError, match="beside a reference"):
        inlined({"$ref": "#/$defs/A", "minLength": 2, "$defs": {"A": {"type": "string", "minLength": 1}}})
