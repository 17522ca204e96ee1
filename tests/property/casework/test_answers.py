"""People's answers: the same in any order, and taken back they were never given."""

from datetime import timedelta
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from hub.core.casework.acts import evidence_of
from hub.core.casework.changes import task_json
from hub.core.facts.fact import read_fact
from schemas.decisions import PEOPLE
from schemas.reviews import ReviewTask
from tests.property.casework.strategies import AFTER, LAST, days, histories, silences
from tests.property.casework.test_laws import given, policies, run, said
from tests.unit.casework.facts import CHILD, fact
from tests.unit.casework.stage import Bench, reached

LINK = "lnk-1"
ASSIGNED = fact("link.assigned", "2026-01-01", LINK, link=LINK, seq=1)


def linked(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All of one source person, so that all of it can be answered."""
    return [ASSIGNED, *(value | {"link": LINK, "seq": 1} for value in values if value["kind"] != "link.assigned")]


def answers(values: list[dict[str, Any]], day: Any, policy: Any, data: st.DataObject) -> list[dict[str, Any]]:
    """One answer to each of some of the questions that stand on a day, given on the days after it."""
    found = run(values, day, policy)
    given_ = []
    for number, question in enumerate(found.questions):
        evidence = evidence_of(ReviewTask.model_validate(task_json(CHILD, question.id(CHILD), question)))
        if evidence is None or not data.draw(st.booleans()):
            continue
        act = data.draw(st.sampled_from(evidence.acts))
        own: dict[str, Any] = {name: value for name, value in act.data.items() if name != "task"}
        subject = own.pop("theirs", {})
        on = (day + timedelta(days=data.draw(st.integers(0, 9)))).isoformat()
        mine = {"source": PEOPLE, "subject": subject, "data": own, "link": act.link, "seq": 1}
        given_.append(fact(act.kind, on, f"dec-{number}", **mine))
    return given_


def back(answer: dict[str, Any], days: int) -> dict[str, Any]:
    """The same taken back some days later."""
    on = (read_fact(answer).received_on + timedelta(days=days)).isoformat()
    at = f"{on}T10:00:00Z"
    return answer | {
        "version": 2, "retracted": True, "data": {}, "subject": {}, "recorded_at": at, "received_at": at,
    }  # fmt: skip


@given(histories(10), days, policies, silences, st.integers(0, 9), st.data())
def test_an_answer_taken_back_was_never_given(values, day, policy, quiet, later, data):
    known = linked(values)
    given_ = answers(known, day, policy, data)
    assume(given_)
    taken = [back(answer, later) for answer in given_]
    after = max(read_fact(value).received_on for value in taken)
    assert said(run([*known, *given_, *taken], after, policy, quiet)) == said(run(known, after, policy, quiet))


@given(histories(10), days, policies, st.randoms(use_true_random=False), st.data())
def test_answers_come_out_the_same_in_any_order(values, day, policy, random, data):
    known = linked(values)
    whole = [*known, *answers(known, day, policy, data)]
    shuffled = random.sample(whole, len(whole)) + random.sample(whole, min(3, len(whole)))
    assert said(run(whole, AFTER, policy)) == said(run(shuffled, AFTER, policy))


@given(histories(8), days, policies, st.data())
def test_what_was_answered_is_not_asked_as_long_as_nothing_else_comes(values, day, policy, data):
    known = linked(values)
    asked = {question.digest for question in run(known, day, policy).questions}
    given_ = [answer for answer in answers(known, day, policy, data) if answer["kind"] == "question.acknowledged"]
    known_by_then = [value for value in known if read_fact(value).received_on <= day]
    known_later = AFTER + timedelta(days=10)
    still = {question.digest for question in run([*known_by_then, *given_], known_later, policy).questions}
    assert not still & {answer["data"]["doubt"] for answer in given_}
    assert {answer["data"]["doubt"] for answer in given_} <= asked


@given(histories(8), days, policies, st.data())
def test_on_the_topics_all_stands_again_once_it_is_taken_back(values, day, policy, data):
    """As the topics' reader sees it, each fact when it was received; no alert gets another number by it."""
    known = linked(values)
    given_ = answers(known, day, policy, data)
    log = sorted([*known, *given_], key=lambda value: value["received_at"])
    bench = Bench(policy)
    bench.feed(log)
    last = max([LAST, *(read_fact(value).received_on for value in log)])
    taken = [back(answer, (last - read_fact(answer).received_on).days + 1) for answer in given_]
    for value in taken:
        bench.feed([value])
    bench.feed([reached(AFTER.isoformat())])
    expected = said(run(known, AFTER, policy))
    assert bench.topics["hub.children"] == {CHILD.encode(): expected["record"]}
    assert {id_: alert["since"] for id_, alert in bench.open_alerts().items()} == {
        alert["id"]: alert["since"] for alert in expected["alerts"]
    }
