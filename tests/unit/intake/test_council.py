"""A council's event becomes one observation, or is refused by field and never by value."""

from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest

from hub.core.errors import Unreadable
from hub.core.intake import DECODERS
from schemas.envelope import Envelope
from schemas.sources import Source

SOURCE = Source(id="one-education:825:2022", kind="council", creates_children=True)
RECEIVED = datetime(2026, 9, 14, 15, 2, 40, tzinfo=UTC)


def envelope(kind: str = "sendhub.council.event") -> Envelope:
    return Envelope(id="m-1", source=SOURCE.id, type=kind, time=RECEIVED)


def event(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "kind": "advice.requested",
        "record": "ADV-77",
        "version": 3,
        "subject": {"request": "REQ-1", "advice": "ADV-77"},
        "effective_on": "2026-09-14",
        "recorded_at": "2026-09-14T16:02:11+01:00",
        "data": {"heading": "medical", "asked": {"role": "icb", "ods": "QU9"}},
        "person": {"id": "P1", "given": "Amy", "birth_date": "2016-03-04"},
    }
    return body | changes


def decode(body: object) -> Any:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return DECODERS["sendhub.council.event"](envelope(), raw, SOURCE)


@pytest.mark.parametrize("kind", ["sendhub.council.event", "sendhub.council.row"])
def test_an_event_becomes_one_observation(kind: str) -> None:
    decoded = DECODERS[kind](envelope(kind), orjson.dumps(event()), SOURCE)
    (observation,) = decoded.observations
    assert observation.source == SOURCE.id
    assert observation.received_at == RECEIVED
    assert observation.message == "m-1"
    assert observation.recorded_at == datetime(2026, 9, 14, 15, 2, 11, tzinfo=UTC)
    assert observation.effective_on == date(2026, 9, 14)
    assert observation.person is not None
    assert observation.person.birth_date == date(2016, 3, 4)
    assert observation.data == event()["data"]


def test_a_retraction_needs_no_date() -> None:
    (observation,) = decode(event(retracted=True, effective_on=None)).observations
    assert observation.retracted


def test_a_retraction_may_leave_out_what_it_takes_back() -> None:
    (observation,) = decode(event(retracted=True, data={})).observations
    assert observation.data == {}
    with pytest.raises(Unreadable):
        decode(event(retracted=True, data={}, kind="advice.guessed"))
    with pytest.raises(Unreadable):
        decode(event(data={}))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (orjson.dumps(event())[:-20], "body"),
        (b"\xff\xfe{}", "body"),
        (b"[" * 10_000, "body"),
        ([event()], "body"),
        (event(kind="advice.guessed"), "kind"),
        (event(kind="link.assigned", data={}), "kind"),
        (event(kind="day.reached", data={}), "kind"),
        (event(version="3"), "version"),
        (event(version=-1), "version"),
        (event(version=2**63), "version"),
        (event(version=True), "version"),
        (event(effective_on=20_000), "effective_on"),
        (event(effective_on="14/09/2026"), "effective_on"),
        (event(effective_on="2026-02-30"), "effective_on"),
        (event(effective_on="2026-09-14T00:00:00Z"), "effective_on"),
        (event(effective_on=None), "effective_on"),
        (event(recorded_at="2026-09-14T15:02:11"), "recorded_at"),
        (event(retracted="no"), "retracted"),
        (event(record=""), "record"),
        (event(record="x" * 201), "record"),
        (event(record="ADV\u0000"), "record"),
        (event(subject={"child": "1"}), "subject.child"),
        (event(data={"heading": "medical"}), "data.asked"),
        (event(data={**event()["data"], "narrative": "text"}), "data.narrative"),
        (event(surprise=1), "surprise"),
        (event(person={"id": "P1", "birth_date": "2016-13-04"}), "person.birth_date"),
        (event(person={"id": "P1", "birth_date": "2026-09-15"}), "person.birth_date"),
        (event(person={"id": "P1", "nhs_number_status": "09"}), "person.nhs_number_status"),
        (event(person={"id": 1}), "person.id"),
    ],
)
def test_what_can_never_be_read_is_refused_by_field(body: object, field: str) -> None:
    with pytest.raises(Unreadable) as caught:
        decode(body)
    assert field in [name for name, _ in caught.value.errors]


@pytest.mark.parametrize(
    ("changes", "person"),
    [
        ({"record": "999 000 0018"}, {"nhs_number": "9990000018"}),
        ({"record": "g825400122001"}, {"upn": "G825400122001"}),
        ({"record": "Amy Example"}, {"given": "Amy", "family": "Example"}),
        ({"record": "Example, Amy"}, {"given": "Amy", "family": "Example"}),
        ({"occurrence": "9276308686"}, {"uln": "9276308686"}),
        ({"subject": {"advice": "9990000018"}}, {"nhs_number": "999-000-0018"}),
        ({"record": "REQ-9990000018-1"}, {"nhs_number": "999 000 0018"}),
        ({"kind": "advice.returned", "data": {"reason": "Amy Example"}}, {"given": "Amy", "family": "Example"}),
        ({"kind": "commissioner.set", "data": {"why": "gp", "ods": "9990000019"}}, {"nhs_number": "9990000019"}),
        (
            {"kind": "assessment.requested", "data": {"case_reference": "9990000018"}},
            {"nhs_number": "9990000018"},
        ),
    ],
)
def test_a_persons_own_number_or_name_is_no_reference(changes: dict[str, Any], person: dict[str, str]) -> None:
    with pytest.raises(Unreadable, match="own number") as caught:
        decode(event(**changes, person={"id": "P1"} | person))
    assert "9990000018" not in str(caught.value)
    assert "Amy" not in str(caught.value)


def test_a_number_behind_a_sources_name_is_no_reference() -> None:
    with pytest.raises(Unreadable, match=r"subject\.request: is a valid NHS number"):
        decode(event(subject={"request": "one-education:825:2022/9990000018"}))


def test_a_made_up_field_is_not_named_in_the_reason() -> None:
    with pytest.raises(Unreadable) as caught:
        decode(event(**{"Amy Example": 1, "9990000018": 2}))
    assert "Amy" not in str(caught.value)
    assert "9990000018" not in str(caught.value)


def test_every_error_is_listed_at_once_and_no_value_is_repeated() -> None:
    with pytest.raises(Unreadable) as caught:
        decode(event(version="secret-one", effective_on="secret-two", person={"id": "P1", "sex": 5}))
    assert [name for name, _ in caught.value.errors] == ["version", "effective_on", "person.sex"]
    assert "secret" not in str(caught.value)
