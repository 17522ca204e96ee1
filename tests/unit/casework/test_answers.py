"""People's answers to questions about cases and data: what they do, when they are asked anew, and taking them back."""

from typing import Any

import pytest

from hub.core.casework.acts import evidence_of
from hub.core.casework.changes import task_json
from schemas.decisions import ANSWERS, PEOPLE, Decision
from schemas.looks import Act
from schemas.reviews import ReviewTask
from tests.unit.casework.facts import CHILD, COUNCIL, TRUST, about_advice, asked, codes, fact, on_day, requested, states

REQUEST = requested("2026-09-01", link="L1", seq=1)
SALT = asked("2026-10-02", link="L1", seq=1)
OT = asked("2026-10-02", "ADV-2", service="occupational-therapy", link="L1", seq=1)
GIVEN_TO = [fact("link.assigned", "2026-09-01", link, link=link, seq=1) for link in ("L1", "L2")]
DAY = "2026-12-01"


def theirs(advice: str | None = "SR-1", **fields: Any) -> dict[str, Any]:
    said = about_advice("advice.received", "2026-10-20", advice or "SR-1", source=TRUST, link="L2", seq=1, **fields)
    return said if advice else said | {"subject": {}}


def tasks(*facts: dict[str, Any], day: str = DAY) -> list[ReviewTask]:
    found = on_day([*GIVEN_TO, *facts], day)
    return [ReviewTask.model_validate(task_json(CHILD, each.id(CHILD), each)) for each in found.questions]


def acts(*facts: dict[str, Any]) -> list[Act]:
    (task,) = tasks(*facts)
    found = evidence_of(task)
    assert found is not None
    assert found.columns == ()
    return list(found.acts)


def answer(act: Act, record: str = "dec-1", on: str = "2026-10-21", **fields: Any) -> dict[str, Any]:
    """The fact that identity makes of a decision."""
    own = {name: value for name, value in act.data.items() if name != "task"}
    ANSWERS[act.kind].model_validate({**act.data, "actor": "officer-1", "why": "looked at it"})
    subject = own.pop("theirs", {})
    said = {"source": PEOPLE, "subject": subject, "data": own, "link": act.link, "seq": 1, **fields}
    return fact(act.kind, on, record, **said)


def taken_back(said: dict[str, Any]) -> dict[str, Any]:
    return said | {"version": 2, "retracted": True, "data": {}, "subject": {}, "received_at": "2026-10-25T09:00:00Z"}


@pytest.mark.parametrize("advice", ["SR-1", None])
def test_which_advice_it_is_about(advice: str | None) -> None:
    before = [REQUEST, SALT, OT, theirs(advice)]
    mine, others, none = acts(*before)
    assert (mine.kind, none.kind) == ("subject.linked" if advice else "statement.placed", "question.acknowledged")
    assert states(on_day([*GIVEN_TO, *before], DAY))["advice-6w ADV-1"] == "overdue"
    after = on_day([*GIVEN_TO, *before, answer(mine)], DAY)
    assert (states(after)["advice-6w ADV-1"], states(after)["advice-6w ADV-2"]) == ("met", "overdue")
    assert codes(after) == []
    other = on_day([*GIVEN_TO, *before, answer(others)], DAY)
    assert (states(other)["advice-6w ADV-1"], states(other)["advice-6w ADV-2"]) == ("overdue", "met")


@pytest.mark.parametrize("named", [True, False])
def test_which_case_it_is_about(named: bool) -> None:
    elsewhere = requested("2026-09-10", "R-9", source="liquidlogic:921:2024", link="L1", seq=1)
    told = fact("assessment.decided", "2026-10-01", "X-1", source=TRUST, data={"outcome": "assess"}, link="L2", seq=1)
    told |= {"subject": {"request": "X-1"}} if named else {}
    first, second, none = acts(REQUEST, elsewhere, told)
    assert first.data["to"] == {"request": "liquidlogic:921:2024/R-9"}
    found = on_day([*GIVEN_TO, REQUEST, elsewhere, told, answer(second)], DAY)
    assert [case["decided"] for case in found.record["cases"]] == ["assess", None]
    assert codes(found) == []
    neither = on_day([*GIVEN_TO, REQUEST, elsewhere, told, answer(none)], DAY)
    assert [case["decided"] for case in neither.record["cases"]] == [None, None]
    assert codes(neither) == []


def test_the_last_answer_stands() -> None:
    before = [REQUEST, SALT, OT, theirs(None)]
    mine, others, _ = acts(*before)
    found = on_day([*GIVEN_TO, *before, answer(others, "dec-2", "2026-10-22"), answer(mine, "dec-1")], DAY)
    assert states(found)["advice-6w ADV-2"] == "met"
    back = taken_back(answer(others, "dec-2", "2026-10-22"))
    found = on_day([*GIVEN_TO, *before, answer(others, "dec-2", "2026-10-22"), answer(mine, "dec-1"), back], DAY)
    assert states(found)["advice-6w ADV-1"] == "met"


def twice(**first: Any) -> list[dict[str, Any]]:
    one = asked("2026-10-02", link="L1", seq=1, recorded="2026-10-02T10:00:00Z", **first)
    return [one, asked("2026-10-03", link="L1", seq=1, received="2026-10-03", recorded="2026-10-03T10:00:00Z")]


def test_which_content_of_a_version_stands() -> None:
    before = [REQUEST, *twice()]
    assert states(on_day([*GIVEN_TO, *before], "2026-10-10"))["advice-6w ADV-1"] == "running"
    (task,) = tasks(*before)
    assert "was recorded at 2026-10-02T10:00:00Z and is dated 2026-10-02" in task.detail
    earlier = next(
        each for each in acts(*before) if f"{each.data['content']} was recorded at 2026-10-02" in task.detail
    )
    after = on_day([*GIVEN_TO, *before, answer(earlier)], DAY)
    assert codes(after) == []
    (advice,) = after.record["cases"][0]["advice"]
    assert str(advice["requested_on"]) == "2026-10-02"


def test_a_third_content_is_asked_about_and_the_chosen_one_stands_until_then() -> None:
    before = [REQUEST, *twice()]
    (task,) = tasks(*before)
    chosen = next(each for each in acts(*before) if f"{each.data['content']} was recorded at 2026-10-02" in task.detail)
    third = asked("2026-10-05", link="L1", seq=1, received="2026-10-24", recorded="2026-10-24T10:00:00Z")
    found = on_day([*GIVEN_TO, *before, answer(chosen), third], DAY)
    assert codes(found) == ["same-version-differs"]
    (advice,) = found.record["cases"][0]["advice"]
    assert str(advice["requested_on"]) == "2026-10-02"


def test_a_new_version_needs_no_choice() -> None:
    before = [REQUEST, *twice()]
    (chosen, _) = acts(*before)
    newer = asked("2026-10-06", link="L1", seq=1, version=2, received="2026-10-24")
    found = on_day([*GIVEN_TO, *before, answer(chosen), newer], DAY)
    assert codes(found) == []
    (advice,) = found.record["cases"][0]["advice"]
    assert str(advice["requested_on"]) == "2026-10-06"


def test_fields_that_differ_are_named_and_no_value_is() -> None:
    (task,) = tasks(REQUEST, *twice(service="audiology"))
    assert "they differ in service" in task.detail
    assert "audiology" not in task.detail


def test_what_was_looked_into_is_not_asked_again_while_it_says_the_same() -> None:
    bare = theirs() | {"effective_on": None}
    (seen,) = acts(REQUEST, bare)
    assert codes(on_day([*GIVEN_TO, REQUEST, bare, answer(seen)], DAY)) == []
    changed = bare | {"version": 2, "effective_on": "1900-01-01", "received_at": "2026-10-24T09:00:00Z"}
    assert codes(on_day([*GIVEN_TO, REQUEST, bare, answer(seen), changed], DAY)) == ["no-date"]


def test_another_fact_that_raises_the_same_is_asked_about_once_more() -> None:
    stray = [theirs(advice=f"{COUNCIL}/ADV-9") | {"record": record} for record in ("A", "B")]
    (seen,) = acts(REQUEST, SALT, stray[1])
    assert codes(on_day([*GIVEN_TO, REQUEST, SALT, stray[1], answer(seen)], DAY)) == []
    for first, second in (stray, stray[::-1]):
        assert codes(on_day([*GIVEN_TO, REQUEST, SALT, first, second, answer(seen)], DAY)) == ["unknown-advice"]
    (both,) = acts(REQUEST, SALT, *stray)
    assert codes(on_day([*GIVEN_TO, REQUEST, SALT, *stray, answer(both)], DAY)) == []


def test_a_deadline_no_longer_shows_what_was_looked_into() -> None:
    before = [REQUEST, *twice()]
    (chosen, _) = acts(*before)
    shown = [deadline.subject.questions for deadline in on_day([*GIVEN_TO, *before], DAY).deadlines]
    assert any(shown)
    after = on_day([*GIVEN_TO, *before, answer(chosen)], DAY)
    assert not any(deadline.subject.questions for deadline in after.deadlines)


def test_an_officer_says_that_letters_were_stopped() -> None:
    died = fact("child.died", "2026-10-10", "D-1", source=TRUST, link="L2", seq=1)
    (done,) = acts(REQUEST, died)
    assert "stopped" in done.words
    after = on_day([*GIVEN_TO, REQUEST, died, answer(done)], DAY)
    assert codes(after) == []
    assert after.alerts == []


def test_an_answer_goes_with_its_link() -> None:
    before = [REQUEST, SALT, OT, theirs(None)]
    mine = answer(acts(*before)[0])
    gone = fact("link.released", "2026-10-25", "L2", link="L2", seq=2)
    assert states(on_day([*GIVEN_TO, *before, mine, gone], DAY))["advice-6w ADV-1"] == "overdue"
    back = fact("link.assigned", "2026-10-26", "L2", link="L2", seq=3, data={"since": "2026-09-01T09:00:00Z"})
    again = [each | {"seq": 3} for each in (theirs(None), mine)]
    assert states(on_day([*GIVEN_TO, *before, mine, gone, back, *again], DAY))["advice-6w ADV-1"] == "met"


def test_a_source_can_not_answer_for_people() -> None:
    before = [REQUEST, *twice()]
    (chosen, _) = acts(*before)
    assert codes(on_day([*GIVEN_TO, *before, answer(chosen, source=TRUST)], DAY)) == ["same-version-differs"]


def test_what_is_resolved_or_of_no_source_person_can_not_be_answered() -> None:
    (task,) = tasks(REQUEST, SALT, OT, theirs())
    assert evidence_of(task) is not None
    assert evidence_of(task.model_copy(update={"state": "resolved"})) is None
    assert evidence_of(task.model_copy(update={"links": ()})) is None
    assert evidence_of(task.model_copy(update={"doubt": None})) is None


def test_a_stamp_is_of_what_is_asked_now() -> None:
    first = {act.stamp for act in acts(REQUEST, SALT, OT, theirs())}
    assert len(first) == 3
    third = asked("2026-10-02", "ADV-3", service="audiology", link="L1", seq=1)
    assert first.isdisjoint(act.stamp for act in acts(REQUEST, SALT, OT, third, theirs()))


def test_every_answer_names_who_and_why() -> None:
    assert all(issubclass(model, Decision) for model in ANSWERS.values())
