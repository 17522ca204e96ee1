import pytest
from pydantic import ValidationError

from hub.core.identity.scoring.weights import USUAL, Weights
from hub.runtime.matching import read_weights

SHIPPED = read_weights(None)


def changed(**fields):
    return {**SHIPPED.model_dump(mode="json"), **fields}


def test_shares_of_each_field_make_up_the_whole():
    for field in (*SHIPPED.fields.values(), *USUAL.values()):
        for name in ("m", "u"):
            assert sum(getattr(level, name) for level in field.levels.values()) == pytest.approx(1, abs=0.01)


def test_the_card_says_what_they_were_trained_and_judged_on():
    assert {"trained on", "judged on"} <= set(SHIPPED.card)


def test_fields_out_of_order_are_refused():
    fields = dict(reversed(SHIPPED.model_dump(mode="json")["fields"].items()))
    with pytest.raises(ValidationError, match="the first are given, family, order"):
        Weights.model_validate(changed(fields=fields))


def test_a_level_that_is_missing_is_refused():
    fields = SHIPPED.model_dump(mode="json")["fields"]
    del fields["birth"]["levels"]["swapped"]
    with pytest.raises(ValidationError, match=r"fields\.birth\.levels"):
        Weights.model_validate(changed(fields=fields))


def test_a_further_field_of_no_kind_is_refused():
    fields = {**SHIPPED.model_dump(mode="json")["fields"], "shoe size": {"kind": "length", "levels": {}}}
    with pytest.raises(ValidationError, match=r"shoe size\.kind"):
        Weights.model_validate(changed(fields=fields))


def test_a_relative_of_unknown_fields_is_refused():
    with pytest.raises(ValidationError, match=r"relatives\.aunt\.fields\.given"):
        Weights.model_validate(changed(relatives={"aunt": {"rate": 1, "fields": {"given": {"same": 1}}}}))


def test_a_file_that_is_none_is_said_to_be(tmp_path):
    file = tmp_path / "weights.json"
    file.write_text('{"version": "1", "fields": {}}')
    with pytest.raises(ValueError, match="holds no matching weights"):
        read_weights(file)
