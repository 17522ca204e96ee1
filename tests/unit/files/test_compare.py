from datetime import date

from connectors.council.files.events import DOUBT, Seen, compare
from connectors.council.files.mapping import FactRule
from connectors.council.files.rows import RowFacts, Said

RULE = FactRule(kind="child.identified")
SLOTS = ("a|", "b|")


def row(silent: tuple[str, ...] = (), **says: str) -> RowFacts:
    stated = {f"{slot}|": Said(RULE, date(2026, 1, 1), {}, {}, content) for slot, content in says.items()}
    return RowFacts(2, "R", {}, {}, stated, frozenset(silent))


def summary(found: object) -> list[tuple[str, str | None]]:
    return [(change.slot, change.said.content if change.said else None) for change in found.changes]  # type: ignore[attr-defined]


def test_a_new_record_states_all_it_says() -> None:
    found = compare([row(a="1", b="2")], SLOTS, 10, None)
    assert summary(found) == [("a|", "1"), ("b|", "2")]
    assert found.after == Seen(10, {"a|": "1", "b|": "2"})


def test_only_what_changed_goes_out_but_the_newer_extract_is_noted() -> None:
    found = compare([row(a="1", b="3")], SLOTS, 20, Seen(10, {"a|": "1", "b|": "2"}))
    assert summary(found) == [("b|", "3")]
    found = compare([row(a="1", b="2")], SLOTS, 20, Seen(10, {"a|": "1", "b|": "2"}))
    assert (found.outcome, summary(found), found.after) == ("unchanged", [], Seen(20, {"a|": "1", "b|": "2"}))


def test_what_is_blanked_is_retracted_once() -> None:
    found = compare([row(a="1")], SLOTS, 20, Seen(10, {"a|": "1", "b|": "2"}))
    assert summary(found) == [("b|", None)]
    assert found.after == Seen(20, {"a|": "1"})
    assert summary(compare([row(a="1")], SLOTS, 30, found.after)) == []


def test_a_silent_code_and_a_kind_that_left_the_mapping_retract_nothing() -> None:
    before = Seen(10, {"a|": "1", "b|": "2", "gone|": "3"})
    found = compare([row(silent=("b|",), a="1")], SLOTS, 20, before)
    assert summary(found) == []
    assert found.after == Seen(20, before.says)


def test_an_older_extract_says_nothing_even_where_it_differs() -> None:
    found = compare([row(a="9", b="9")], SLOTS, 9, Seen(10, {"a|": "1"}))
    assert (found.outcome, found.changes, found.after) == ("older", (), None)


def test_the_same_extract_again_changes_nothing_and_another_of_its_instant_is_a_clash() -> None:
    before = Seen(10, {"a|": "1"})
    assert compare([row(a="1")], SLOTS, 10, before).outcome == "unchanged"
    for other in (row(a="2"), row(), row(a="1", b="2")):
        found = compare([other], SLOTS, 10, before)
        assert (found.outcome, found.changes, found.after) == ("clash", (), None)


def test_two_rows_under_one_id_both_go_out_in_any_order_and_once() -> None:
    rows = [row(a="1"), row(a="2"), row(a="1")]
    found = compare(rows, SLOTS, 10, None)
    assert sorted(summary(found)) == [("a|", "1"), ("a|", "2")]
    assert found.after is not None
    assert compare(rows[::-1], SLOTS, 20, found.after).changes == ()


def test_what_was_sent_without_a_noted_ack_is_told_again_whatever_comes_next() -> None:
    doubt = compare([row(a="2")], SLOTS, 20, Seen(10, {"a|": "1", "b|": "1"})).doubt
    assert doubt == Seen(10, {"a|": DOUBT, "b|": DOUBT})
    assert summary(compare([row(a="1")], SLOTS, 30, doubt)) == [("a|", "1"), ("b|", None)]
    assert summary(compare([row(a="2")], SLOTS, 20, doubt)) == [("a|", "2"), ("b|", None)]
