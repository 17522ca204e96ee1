"""The intake stage: every message becomes observations, questions, a count, or a PermanentError for a dead letter."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from hub.stages.errors import PermanentError
from hub.stages.intake import intake
from hub.stages.stage import Headers, Record, Step
from schemas.envelope import Envelope
from schemas.sources import Source, Sources
from schemas.statements import Observation
from schemas.trail import MessageRead, message_key
from tests.unit.intake.test_council import event

SOURCES = Sources(sources=(Source(id="one-education:825:2022", kind="council", creates_children=True),))
RECEIVED = datetime(2026, 9, 14, 22, 30, tzinfo=UTC)


class Nothing:
    """The state of a stateless stage."""

    def get(self, key: str) -> bytes | None:
        raise AssertionError("intake keeps no state")

    put = items = get  # type: ignore[assignment]


def record(body: object, headers: Headers | None = None, **changes: Any) -> Record:
    attributes = {"id": "m-1", "source": "one-education:825:2022", "type": "sendhub.council.event", "time": RECEIVED}
    envelope = Envelope.model_validate(attributes | changes)
    value = body if isinstance(body, bytes) else orjson.dumps(body)
    return Record("council.events", 0, 0, b"k", value, envelope.headers() if headers is None else headers)


def handle(*records: Record) -> tuple[Step, list[tuple[str, str]]]:
    noted: list[tuple[str, str]] = []
    handler = intake(SOURCES, lambda outcome, source: noted.append((outcome, source))).open(0, Nothing())
    return handler.handle(records, Nothing()), noted


def test_an_observation_goes_to_the_one_partition_with_what_caused_it() -> None:
    step, noted = handle(record(event()))
    output, trail = step.outputs
    headers = dict(output.headers)
    assert trail.topic == "hub.trail"
    assert (output.topic, output.key, output.partition) == ("hub.observations", b"population", 0)
    assert headers["causes"] == b"m-1"
    assert headers["received_at"] == b"2026-09-14T22:30:00Z"
    assert Observation.model_validate_json(output.value or b"").message == "m-1"
    assert (step.consumed, noted) == (1, [])


def test_a_repeat_has_the_same_id_and_another_message_another() -> None:
    ids = [dict(handle(record(event(), id=name))[0].outputs[0].headers)["id"] for name in ("m-1", "m-1", "m-2")]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize(
    ("born", "outcome"),
    [
        ("2001-08-31", [("out-of-scope", "one-education:825:2022")]),
        ("2001-09-01", []),
        ("2016-03-04", []),
    ],
)
def test_a_person_past_the_academic_year_of_their_25th_birthday_is_only_counted(
    born: str, outcome: list[tuple[str, str]]
) -> None:
    step, noted = handle(record(event(person={"id": "P1", "birth_date": born})))
    assert noted == outcome
    assert [output.topic for output in step.outputs] == ["hub.trail"] if outcome else ["hub.observations", "hub.trail"]


def test_the_scope_is_judged_on_the_london_day_of_receipt() -> None:
    born = event(person={"id": "P1", "birth_date": "2001-03-04"})
    last = datetime(2026, 8, 31, 22, 59, tzinfo=UTC)
    assert handle(record(born, time=last))[1] == []
    assert handle(record(born, time=last.replace(hour=23)))[1] == [("out-of-scope", "one-education:825:2022")]


@pytest.mark.parametrize(
    ("bad", "in_step"),
    [
        (record(b"{"), "decode"),
        (record(event(kind="assessment.requested", effective_on="Secret")), "decode"),
        (record(event(), headers=()), "read"),
        (
            record(event(), headers=(("ce_id", b"1"), ("ce_source", b"s"), ("ce_type", b"t"), ("ce_time", b"Secret"))),
            "read",
        ),
        (record(event(), source="nobody:000:2026"), "handle"),
        (record(event(), type="sendhub.council.dance"), "decode"),
    ],
)
def test_what_can_never_be_read_is_a_permanent_error_without_values(bad: Record, in_step: str) -> None:
    with pytest.raises(PermanentError) as caught:
        handle(record(event()), bad)
    assert caught.value.step == in_step
    assert "Secret" not in str(caught.value)
    assert "nobody" not in str(caught.value)


def test_what_became_of_a_message_is_said_by_ids_alone() -> None:
    step, _ = handle(record(event(person={"id": "P1", "given": "Secret"}), id="m-1"))
    trail = step.outputs[-1]
    said = MessageRead.model_validate_json(trail.value or b"")
    assert trail.key.decode() == said.message == message_key("one-education:825:2022", "m-1")
    assert (said.message_id, said.outcome, said.observations) == ("m-1", "read", 1)
    assert (said.topic, said.partition, said.offset) == ("council.events", 0, 0)
    assert b"Secret" not in (trail.value or b"")


def test_a_message_out_of_scope_leaves_its_id_and_why() -> None:
    step, _ = handle(record(event(person={"id": "P1", "birth_date": "1990-01-01"})))
    (trail,) = step.outputs
    said = MessageRead.model_validate_json(trail.value or b"")
    assert (said.outcome, said.reason, said.observations) == ("out-of-scope", "past-25", 0)
