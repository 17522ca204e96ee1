"""Which case is this? Our reference echoed, a person's link, the only open one that fits; else a question."""

import pytest

from tests.unit.casework.facts import (
    COUNCIL,
    ICB,
    TRUST,
    about_advice,
    asked,
    codes,
    deadlines,
    fact,
    on_day,
    requested,
    states,
)

REQUEST = requested("2026-09-01")
ALL_THREE = ("author", "authority", "family")
SALT, OT = asked("2026-10-02"), asked("2026-10-02", "ADV-2", service="occupational-therapy")
DAY = "2026-12-01"


def theirs(on="2026-10-20", advice="SR-1", kind="advice.received", **data):
    """The trust's word, by its own id."""
    said = about_advice(kind, on, advice, source=TRUST, data=data)
    return said | ({} if advice else {"subject": {}, "record": "SR-1"})


def state(*facts, name="advice-6w ADV-1"):
    return states(on_day([REQUEST, *facts], DAY))[name]


def test_our_reference_echoed_decides():
    assert state(SALT, OT, theirs(advice=f"{COUNCIL}/ADV-1")) == "met"


def test_answers_may_name_several():
    both = theirs(advice=None, answers=[f"{COUNCIL}/ADV-1", f"{COUNCIL}/ADV-2"])
    assert state(SALT, OT, both) == "met"
    assert state(SALT, OT, both, name="advice-6w ADV-2") == "met"


def test_a_persons_link_decides_and_can_be_undone():
    link = fact(
        "subject.linked", "2026-10-21", "dec-1", source="hub", subject={"advice": f"{TRUST}/SR-1"},
        data={"to": {"advice": f"{COUNCIL}/ADV-1"}},
    )  # fmt: skip
    assert state(SALT, OT, theirs()) == "overdue"
    assert state(SALT, OT, theirs(), link) == "met"
    undone = link | {"version": 2, "retracted": True, "received_at": "2026-10-22T09:00:00Z"}
    assert state(SALT, OT, theirs(), link, undone) == "overdue"


FITS = [
    ({"heading": "medical", "service": "speech-and-language", "from": ICB}, "met"),
    ({"service": "speech-and-language"}, "met"),
    ({"heading": "medical"}, "overdue"),  # two are open under this heading
    ({"service": "speech-and-language", "from": {"role": "trust", "ods": "RNU"}}, "overdue"),  # another body
    ({"service": "audiology"}, "overdue"),
    ({}, "overdue"),
]


@pytest.mark.parametrize("advice", ["SR-1", None])
@pytest.mark.parametrize(("data", "expected"), FITS)
def test_the_only_open_one_with_the_same_heading_service_and_body(advice, data, expected):
    said = theirs(advice=advice, **data)
    assert state(SALT, OT, said) == expected
    assert codes(on_day([REQUEST, SALT, OT, said], DAY)) == ([] if expected == "met" else ["which-case"])


def test_a_body_it_was_passed_on_to_is_the_same_body():
    trust = {"role": "trust", "ods": "RXQ"}
    onward = about_advice("advice.delivered", "2026-10-04", data={"leg": "onward", "to": trust})
    said = theirs(service="speech-and-language", **{"from": trust})
    assert state(SALT, said) == "overdue"
    assert state(SALT, onward, said) == "met"


def test_what_was_over_by_then_is_not_open():
    cancelled = about_advice("advice.cancelled", "2026-10-10")
    again = asked("2026-10-12", "ADV-3")
    assert state(SALT, cancelled, again, theirs(service="speech-and-language"), name="advice-6w ADV-3") == "met"


def test_the_question_names_who_could_be_meant_and_goes_when_it_is_answered():
    found = on_day([REQUEST, SALT, OT, theirs(heading="medical")], DAY)
    (question,) = found.questions
    assert question.candidates == (f"{COUNCIL}/ADV-1", f"{COUNCIL}/ADV-2")
    assert question.about == f"{TRUST}/SR-1"
    assert question.id("chd-1") != question.id("chd-2")


def test_a_request_that_is_named_narrows_the_choice():
    other = requested("2026-09-10", "R-9", source="liquidlogic:921:2024")
    there = asked("2026-10-02", "ADV-9", request="R-9", source="liquidlogic:921:2024")
    said = theirs(service="speech-and-language")
    assert state(other, there, SALT, said) == "overdue"
    said["subject"]["request"] = f"{COUNCIL}/REQ-1"
    assert state(other, there, SALT, said) == "met"


def test_advice_for_a_reassessment_needs_no_request():
    again = asked("2026-08-02", request=None, purpose="reassessment")
    found = on_day([again], DAY)
    assert codes(found) == []
    assert states(found)["advice-6w ADV-1"] == "overdue"


def test_a_sources_own_id_waits_for_its_own_source():
    stray = about_advice("advice.received", "2026-10-20", "ADV-9", data={"service": "speech-and-language"})
    found = on_day([REQUEST, SALT, stray], DAY)
    assert codes(found) == ["unknown-advice"]
    assert states(found)["advice-6w ADV-1"] == "overdue"


def test_a_deadline_shows_the_request_that_its_advice_names_also_while_that_is_unknown():
    found = on_day([asked("2026-08-02", request="REQ-7")], DAY)
    assert codes(found) == ["unknown-request"]
    assert deadlines(found)["advice-6w ADV-1"]["subject"] == {"request": "REQ-7", "advice": "ADV-1"}


def test_advice_without_a_request_belongs_to_the_only_open_one():
    loose = asked("2026-10-02", request=None)
    found = on_day([REQUEST, loose], DAY)
    assert found.record["cases"][0]["advice"][0]["id"] == f"{COUNCIL}/ADV-1"
    early = asked("2026-08-02", request=None)
    found = on_day([REQUEST, early], DAY)
    assert codes(found) == ["no-open-request"]
    assert [advice["id"] for advice in found.record["other_advice"]] == [f"{COUNCIL}/ADV-1"]
    assert "advice-6w ADV-1" in states(found)  # its clock runs all the same


def test_existing_advice_completes_its_heading_without_a_request_for_it():
    agreed = fact(
        "advice.satisfied-by-existing", "2026-09-20", "EX-1",
        data={"heading": "psychological", "agreements": [{"by": by, "on": "2026-09-20"} for by in ALL_THREE]},
    )  # fmt: skip
    (heading,) = on_day([REQUEST, agreed], DAY).record["cases"][0]["headings"]
    assert (heading["heading"], heading["complete"]) == ("psychological", True)


def test_requests_in_two_areas_do_not_run_as_one():
    elsewhere = requested("2026-09-10", "R-9", source="liquidlogic:921:2024")
    found = on_day([REQUEST, elsewhere], DAY)
    assert [case["area"] for case in found.record["cases"]] == ["825", "921"]
    decided = fact("assessment.decided", "2026-10-01", "X-1", source=TRUST, data={"outcome": "assess"})
    assert "which-case" in codes(on_day([REQUEST, elsewhere, decided], DAY))
