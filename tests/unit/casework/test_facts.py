"""Which facts stand."""

from datetime import date

import pytest

from hub.core.facts.fact import from_row, read_fact, to_row
from hub.core.facts.standing import stand
from tests.unit.casework.facts import COUNCIL, codes, deadlines, fact, on_day, requested

DAY = date(2026, 12, 31)


def standing(*values):
    return stand([read_fact(value) for value in values], DAY)


def dates(*values):
    return [fact.effective_on.isoformat() for fact in standing(*values).facts]


def test_the_highest_version_stands():
    assert dates(requested("2026-09-01", version=2), requested("2026-09-03", version=1)) == ["2026-09-01"]


def test_a_retraction_removes_and_a_later_version_brings_back():
    said, gone = requested("2026-09-01"), requested("2026-09-01", version=2, retracted=True)
    assert dates(said, gone) == []
    assert dates(gone, said, requested("2026-09-02", version=3)) == ["2026-09-02"]


def test_each_occurrence_is_a_fact_of_its_own():
    missed = [fact("advice.appointment-missed", "2026-09-01", occurrence=event) for event in ("a", "b")]
    assert len(standing(*missed).facts) == 2


def test_of_one_content_the_earliest_receipt_stands():
    late, early = requested("2026-09-01", received="2026-09-05"), requested("2026-09-01", received="2026-09-02")
    late["recorded_at"] = early["recorded_at"]
    for order in ((late, early), (early, late)):
        found = standing(*order)
        assert found.facts[0].received_on == date(2026, 9, 2)
        assert found.questions == []


def test_two_contents_under_one_version_are_a_question_and_the_last_recorded_stands():
    first = requested("2026-09-01", recorded="2026-09-01T10:00:00.500000Z", received="2026-09-06")
    second = requested("2026-09-03", recorded="2026-09-01T10:00:01Z", received="2026-09-05")
    for order in ((first, second), (second, first)):
        assert dates(*order) == ["2026-09-03"]
        assert [question.code for question in standing(*order).questions] == ["same-version-differs"]
    settled = requested("2026-09-04", version=2)
    assert standing(first, second, settled).questions == []


def test_full_and_bare_ids_of_the_own_source_are_one_content():
    bare, full = requested("2026-09-01"), requested("2026-09-01", subject={"request": f"{COUNCIL}/REQ-1"})
    full["subject"] = {"request": f"{COUNCIL}/REQ-1", "advice": None}
    assert read_fact(bare).content == read_fact(full).content


def link(kind, seq):
    return fact(kind, "2026-09-01", "lnk-1", source="hub", link="lnk-1", seq=seq)


def linked(seq):
    return requested("2026-09-01", link="lnk-1", seq=seq)


LINKS = [  # what was seen of the link; whether its facts count; whether they wait
    ([linked(1)], 0, True),
    ([link("link.assigned", 1), linked(1)], 1, False),
    ([link("link.assigned", 1), linked(1), link("link.released", 2)], 0, False),
    ([link("link.released", 2), link("link.assigned", 3), linked(1)], 0, False),
    ([link("link.released", 2), link("link.assigned", 3), linked(1), linked(3)], 1, False),
    ([link("link.assigned", 1), linked(1), linked(3)], 1, True),
    ([link("link.assigned", 2), link("link.released", 2), linked(2)], 0, False),
]


@pytest.mark.parametrize(("seen", "count", "moving"), LINKS)
def test_a_links_facts_count_only_by_the_highest_decision_seen(seen, count, moving):
    for order in (seen, seen[::-1]):
        found = standing(*order)
        assert len(found.facts) == count
        assert found.moving == (("lnk-1",) if moving else ())


def test_facts_without_a_link_always_count():
    assert len(standing(requested("2026-09-01"), link("link.released", 9)).facts) == 1


IMPOSSIBLE = [None, "1900-01-01", "9999-12-31"]


@pytest.mark.parametrize("on", IMPOSSIBLE)
def test_an_impossible_date_is_a_question_and_the_rest_of_the_record_stands(on):
    bad = fact("plan.issued", on, subject={"request": "REQ-1"}, received="2026-10-01")
    found = on_day([requested("2026-09-01"), bad], "2026-10-02")
    assert codes(found) == ["no-date"]
    assert deadlines(found)["final-plan-20w"]["state"] == "running"
    assert len(deadlines(found)["final-plan-20w"]["questions"]) == 1


def test_a_future_date_counts_from_its_day_and_is_a_question_until_then():
    ahead = fact("plan.issued", "2026-10-20", subject={"request": "REQ-1"}, received="2026-10-01")
    before = on_day([requested("2026-09-01"), ahead], "2026-10-10")
    assert codes(before) == ["future-date"]
    assert deadlines(before)["final-plan-20w"]["state"] == "running"
    assert before.next_on <= date(2026, 10, 20)
    after = on_day([requested("2026-09-01"), ahead], "2026-10-20")
    assert codes(after) == []
    assert deadlines(after)["final-plan-20w"]["met_on"] == date(2026, 10, 20)


def test_a_past_day_looked_at_with_todays_knowledge_does_not_put_facts_in_the_future():
    facts = [requested("2026-09-01"), requested("2026-09-20", "REQ-2")]
    found = on_day(facts, "2026-09-10", known_at="2026-10-01")
    assert codes(found) == []
    assert len(found.record["cases"][0]["requests"]) == 1


def test_a_row_brings_the_fact_back():
    found = read_fact(requested("2026-09-01", link="lnk-1", seq=2, message="m-1"))
    row = list(to_row(found))
    row[6], row[9] = row[6].isoformat(), row[9].isoformat()
    assert from_row(row) == found


@pytest.mark.parametrize("missing", ["kind", "source", "record", "version", "recorded_at", "received_at"])
def test_a_fact_without_a_field_is_refused_by_its_name(missing):
    value = requested("2026-09-01")
    del value[missing]
    with pytest.raises(ValueError, match=missing):
        read_fact(value)


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        read_fact(requested("2026-09-01", received="2026-09-01T09:00:00"))
