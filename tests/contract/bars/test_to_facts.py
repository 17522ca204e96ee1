"""From a posted message to facts of a child, or to a question for a person: never to a wrong child."""

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from hub.simulator import bars
from schemas.people import Person
from tests.contract.bars.conftest import Trust
from tests.contract.bars.examples import as_child, examples, post
from tests.contract.bars.hub_side import HubSide
from tests.unit.bars_cases import AT, CHILD, CONVERSATION, NHS_NUMBER, SOURCE


def published(trust: Trust):
    return [message for _, message in trust.publisher.published]


async def test_a_trusts_advice_becomes_facts_of_the_councils_child(trust: Trust):
    hub = HubSide()
    hub.council_knows(CHILD.model_copy(update={"id": "C-1", "nhs_number_status": "01"}))
    await trust.post(bars.sent(CONVERSATION, AT))
    hub.take(published(trust))
    assert ("advice.sent-by-body", SOURCE.id) in hub.facts
    assert ("advice.received", SOURCE.id) in hub.facts
    assert len({fact["child_id"] for fact in hub.topics["hub.facts"]}) == 1
    text = orjson.dumps(hub.topics["hub.facts"]).decode()
    for personal in (NHS_NUMBER, "Ada", "Brook", "2017-05-04", "HP20"):
        assert personal not in text


@pytest.mark.parametrize("number", ["9990000019", "4444444444", "A825200012001"])
async def test_a_bad_number_is_a_question_and_no_fact(trust: Trust, number):
    hub = HubSide()
    hub.council_knows(CHILD.model_copy(update={"id": "C-1", "nhs_number": number}))
    before = list(hub.facts)
    person = CHILD.model_copy(update={"nhs_number": number})
    answer = await trust.post(bars.acknowledged(replace(CONVERSATION, person=person), AT))
    assert answer.status_code == 200
    hub.take(published(trust))
    assert hub.facts == before
    assert {"data", "unmatched-input"} <= set(hub.questions)


async def test_a_message_about_nobody_is_a_question(trust: Trust):
    hub = HubSide()
    await trust.post(bars.acknowledged(replace(CONVERSATION, person=Person()), AT))
    hub.take(published(trust))
    assert hub.facts == []
    assert hub.questions == ["unmatched-input"]


@pytest.mark.needs_shared
async def test_the_published_examples_end_out_of_scope_or_as_questions(shared: Path, conformance: Trust):
    """Even where the council knows somebody with that very name, date of birth and number."""
    for path in examples(shared):
        hub = HubSide()
        fate = await post(conformance, path.read_bytes())
        if fate.decoded is None:
            continue
        person = fate.decoded.observations[0].person.model_copy(update={"id": "C-1", "nhs_number_status": "01"})
        hub.council_knows(person)
        before = list(hub.facts)
        hub.take(published(conformance)[-1:])
        assert hub.facts == before, path.name
        assert hub.questions, path.name


@pytest.mark.needs_shared
async def test_with_a_child_whom_the_council_knows_they_become_facts(shared: Path, conformance: Trust):
    kinds = set()
    for path in examples(shared):
        fate = await post(conformance, as_child(path.read_bytes()))
        if fate.decoded is None or fate.decoded.observations[0].person.birth_date is None:
            continue
        hub = HubSide()
        hub.council_knows(fate.decoded.observations[0].person.model_copy(update={"id": "C-1"}))
        hub.take(published(conformance)[-1:])
        kinds |= {kind for kind, _ in hub.facts}
    assert kinds - {"link.assigned", "assessment.requested"} == {
        "health.referred",
        "advice.appointment-missed",
        "advice.returned",
        "advice.acknowledged",
        "advice.sent-by-body",
    }
