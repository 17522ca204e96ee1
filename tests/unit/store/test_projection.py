import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.stages.projection import changes
from tests.support.readmodel import alert, child, deadline, record


def chosen(offset, key, kind):
    if kind == "gone":
        return record("hub.children", offset, key, None)
    return child(offset, key, area=kind)


STEPS = st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from(["825", "826", "gone"])), max_size=20)


@given(steps=STEPS, cut=st.integers(0, 20))
def test_splitting_a_batch_changes_nothing(steps, cut):
    records = [chosen(offset, key, kind) for offset, (key, kind) in enumerate(steps)]
    whole = changes(records).get("children", {})
    parts = changes(records[:cut]).get("children", {}) | changes(records[cut:]).get("children", {})
    assert whole == parts
    assert {key: row and row["area"] for key, row in whole.items()} == {
        key: None if kind == "gone" else kind for key, kind in steps
    }


def test_the_body_is_the_json_as_received():
    made = alert(0)
    assert changes([made])["alerts"]["chd-1|al-1"]["body"].encode() == made.value


@pytest.mark.parametrize(
    ("clock", "service", "heading", "column"),
    [
        ("advice-6w", None, "psychological", "psychological"),
        ("advice-6w", "camhs", "medical", "camhs"),
        ("advice-6w", None, None, None),
        ("draft-sent-16w", None, "psychological", None),
    ],
)
def test_advice_that_names_no_service_is_asked_for_by_its_heading(clock, service, heading, column):
    made = deadline(0, clock=clock, service=service, heading=heading)
    ((_, row),) = changes([made])["deadlines"].items()
    assert row["service"] == column
    assert row["body"].encode() == made.value


@pytest.mark.parametrize("name", ["moved", "restored"])
def test_what_an_opening_says_of_itself_is_not_kept_with_the_alert(name):
    row = changes([alert(0, **{name: True})])["alerts"]["chd-1|al-1"]
    assert orjson.loads(row["body"]) == orjson.loads(alert(0).value)
