"""The identity stage: which topic, which key, which headers; what is no observation becomes a dead letter."""

from datetime import date

import pytest

from hub.stages.errors import PermanentError
from hub.stages.identity import identity
from hub.stages.stage import Headers, Output, Record
from schemas.decisions import PEOPLE
from schemas.statements import Fact, Observation
from schemas.trail import ObservationTaken, message_key
from tests.unit.identity.adopted import adoption
from tests.unit.identity.people import COUNCIL, KEY, SOURCES, TRUST, World, amy, observation

OBSERVED: Headers = (("id", b"o1"), ("causes", b"m1"))


class Stage:
    """The handler over one world, with what it noted."""

    def __init__(self) -> None:
        self.world = World()
        self.noted: list[tuple[str, str]] = []
        stage = identity(KEY, SOURCES, lambda outcome, source: self.noted.append((outcome, source)))
        self.handler = stage.open(0, self.world)  # type: ignore[arg-type]

    def handle(
        self, *values: bytes | Observation, headers: Headers = (("id", b"o1"), ("causes", b"m1"))
    ) -> list[Output]:
        raw = [one if isinstance(one, bytes) else one.model_dump_json().encode() for one in values]
        records = [Record("hub.observations", 0, n, b"population", value, headers) for n, value in enumerate(raw)]
        step = self.handler.handle(records, self.world)  # type: ignore[arg-type]
        assert step.consumed == len(records)
        return step.outputs


def test_a_fact_goes_to_its_child_with_what_caused_it() -> None:
    outputs = Stage().handle(observation(COUNCIL, amy()))
    assert [output.topic for output in outputs] == ["hub.facts", "hub.facts", "hub.links", "hub.trail"]
    fact = Fact.model_validate_json(outputs[1].value or b"")
    headers = dict(outputs[1].headers)
    assert outputs[1].key == fact.child_id.encode()
    assert headers["causes"] == b"o1,m1"
    assert headers["received_at"] == b"2026-09-14T09:00:00Z"
    assert headers["kind"] == b"assessment.requested"
    assert outputs[2].key == str(fact.link).encode()


def test_a_question_and_its_alert_are_keyed_by_the_task() -> None:
    stage = Stage()
    review, _ = stage.handle(observation(TRUST, amy(id=None), "REF1"))
    day = (("kind", b"day.reached"), ("id", b"d1"))
    (alert,) = stage.handle(b'{"kind": "day.reached", "effective_on": "2026-09-15"}', headers=day)
    assert (review.topic, alert.topic) == ("hub.review", "hub.alerts")
    assert review.key == alert.key
    assert dict(alert.headers)["causes"] == b"d1"


@pytest.mark.parametrize("kind", [b"source.silent", b"source.heard", b"link.assigned"])
def test_other_control_records_are_not_observations(kind: bytes) -> None:
    assert Stage().handle(b'{"kind": "?", "effective_on": "2026-09-15"}', headers=(("kind", kind),)) == []


def test_a_repeat_is_counted_and_leaves_only_word_of_itself() -> None:
    stage = Stage()
    outputs = stage.handle(observation(COUNCIL, amy()), observation(COUNCIL, amy()))
    assert [output.topic for output in outputs[4:]] == ["hub.trail"]
    assert stage.noted == [("repeat", COUNCIL)]


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"{}",
        b"not json, Secret",
        observation("nobody:000:2026", amy()),
        observation(COUNCIL, amy(), kind="link.assigned"),
        observation(COUNCIL, amy(), kind="day.reached"),
        observation(COUNCIL, amy(), data={"narrative": "Secret"}),
        observation(COUNCIL, amy(), kind="plan.ceased", data={"reason": "Secret"}),
    ],
)
def test_what_can_never_be_taken_is_a_permanent_error_without_values(bad: bytes | Observation) -> None:
    with pytest.raises(PermanentError) as caught:
        Stage().handle(bad)
    assert "Secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_retraction_without_data_passes() -> None:
    retraction = observation(COUNCIL, amy(), kind="plan.ceased", retracted=True, effective_on=date(2026, 9, 1))
    assert Stage().handle(retraction)[1].topic == "hub.facts"


def became(*values: Observation) -> list[tuple[str, bool]]:
    """What the trail says of each observation: the outcome, and whether it names a child."""
    outputs = Stage().handle(*values)
    trail = [output for output in outputs if output.topic == "hub.trail"]
    said = [ObservationTaken.model_validate_json(output.value or b"") for output in trail]
    assert all(output.key.decode() == step.message for output, step in zip(trail, said, strict=True))
    return [(step.outcome, step.child_id is not None) for step in said]


def test_the_trail_says_what_became_of_each_observation() -> None:
    council, referral = observation(COUNCIL, amy()), observation(TRUST, amy(id=None), "REF1")
    assert became(council, council) == [("taken", True), ("repeat", False)]
    assert became(referral, referral) == [("asked", False), ("repeat", False)]


def test_the_trail_holds_nothing_of_the_person() -> None:
    outputs = Stage().handle(observation(COUNCIL, amy()))
    said = ObservationTaken.model_validate_json(outputs[-1].value or b"")
    assert set(said.model_dump()) == {
        "step", "message", "observation", "source", "kind", "received_at", "outcome", "child_id",
    }  # fmt: skip
    assert said.observation == "o1"


def children_in(outputs: list[Output]) -> set[str]:
    """Of whom facts are told."""
    return {each.key.decode() for each in outputs if each.topic == "hub.facts"}


def steps_of(outputs: list[Output], said: Observation) -> list[tuple[str, str, str, str | None]]:
    """What the trail says of a message: source, kind and outcome, and of whom."""
    trail = [ObservationTaken.model_validate_json(each.value or b"") for each in outputs if each.topic == "hub.trail"]
    key = message_key(said.source, str(said.message))
    return [(step.source, step.kind, step.outcome, step.child_id) for step in trail if step.message == key]


def test_a_message_that_waited_is_told_of_when_another_one_places_it() -> None:
    """Else nothing says whose it is, and its bytes are open also where the child is restricted. Both senders number
    their messages."""
    stage = Stage()
    waits = observation(TRUST, amy(id="T1"), "REF-1", kind="advice.acknowledged", message="17")
    places = observation(COUNCIL, amy(), "REQ-1", message="17")
    assert [step[2:] for step in steps_of(stage.handle(waits), waits)] == [("asked", None)]
    outputs = stage.handle(places)
    (child,) = children_in(outputs)
    assert steps_of(outputs, waits) == [(TRUST, "advice.acknowledged", "taken", child)]
    assert steps_of(outputs, places) == [(COUNCIL, "assessment.requested", "taken", child)]
    ids = [dict(each.headers)["id"] for each in outputs if each.topic == "hub.trail"]
    assert len({*ids}) == len(ids) == 2


def test_a_message_that_a_person_gives_to_a_child_is_told_of() -> None:
    stage = Stage()
    waits = observation(TRUST, amy(id="T1", given=None), "REF-1")
    (child,) = children_in(stage.handle(observation(COUNCIL, amy(), "REQ-1"), waits))
    (link,) = [link for link in stage.world.links() if link.source == TRUST]
    seen = {each.id: each.seq for each in stage.world.links()}
    data = {"actor": "officer-1", "why": "looked at both", "expected": seen, "child": child}
    decided = observation(
        PEOPLE, None, "decision", kind="link.assigned", subject={}, link=link.id, data=data, message=None
    )
    outputs = stage.handle(decided)
    assert steps_of(outputs, waits) == [(TRUST, "assessment.requested", "taken", child)]
    assert len([each for each in outputs if each.topic == "hub.trail"]) == 1


def test_nothing_of_an_adoption_is_told_of_messages() -> None:
    """What is written anew names no message, and the old child's have nothing to say any more."""
    world, old, new = adoption()
    world.propose(old, new)
    handler = identity(KEY, SOURCES, lambda outcome, source: None).open(0, world)  # type: ignore[arg-type]
    data = {**world.terms(old, new), "actor": "officer-2", "why": "an order", "proposal": "proposal", "nonce": "drawn"}
    child = data.pop("child_id")
    decided = observation(
        PEOPLE, None, "confirmation", kind="identity.adopted", subject={}, child_id=child, data=data, message=None
    )
    record = Record("hub.observations", 0, 0, b"population", decided.model_dump_json().encode(), OBSERVED)
    outputs = handler.handle([record], world).outputs  # type: ignore[arg-type]
    assert {each.topic for each in outputs} >= {"hub.facts", "hub.links", "hub.audit.intake"}
    assert "hub.trail" not in {each.topic for each in outputs}
