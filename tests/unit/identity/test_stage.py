"""The identity stage: which topic, which key, which headers; what is no observation becomes a dead letter."""

from datetime import date

import pytest

from hub.stages.errors import PermanentError
from hub.stages.identity import identity
from hub.stages.stage import Headers, Output, Record
from schemas.statements import Fact, Observation
from schemas.trail import ObservationTaken
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
