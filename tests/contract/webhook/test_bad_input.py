"""A table of bad input. After each row the webhook is up, the next good event passes, and the refusal was counted."""

import json
import logging
from dataclasses import dataclass
from typing import Any

import pytest

from tests.contract.webhook.conftest import NOW, Caller, an_event, counted

UPN = "K825200015001"
NHS_NUMBER = "9990000026"
OWN = "9990000034"


@dataclass(frozen=True)
class Bad:
    """A body, and what it must come to: the status, the reason counted, and the fields named."""

    name: str
    body: Any
    status: int
    reason: str
    fields: tuple[str, ...] = ()
    says: str = ""


def with_person(**changes: Any) -> dict[str, Any]:
    return an_event(person=an_event()["person"] | changes)


def with_data(kind: str, **data: Any) -> dict[str, Any]:
    return an_event(kind=kind, data=data)


GOOD = json.dumps(an_event()).encode()

TABLE = [
    Bad("empty", b"", 400, "not-json", says="empty"),
    Bad("white space", b" \n", 400, "not-json", says="empty"),
    Bad("truncated", GOOD[:-20], 400, "not-json", says="not JSON"),
    Bad("two values", GOOD + GOOD, 400, "not-json", says="not JSON"),
    Bad("not UTF-8", GOOD.replace(b"Robin", b"Ren\xe9"), 400, "not-json", says="not UTF-8"),
    Bad("UTF-16", GOOD.decode().encode("utf-16"), 400, "not-json", says="not UTF-8"),
    Bad("byte order mark", b"\xef\xbb\xbf" + GOOD, 400, "not-json", says="not JSON"),
    Bad("20 MB", b'{"kind": "' + b"x" * 20_000_000 + b'"}', 413, "too-large"),
    Bad("nested 10,000 deep, arrays", b"[" * 10_000 + b"]" * 10_000, 400, "not-json", says="nested deeper than 64"),
    Bad("nested 10,000 deep, objects", b'{"a":' * 10_000 + b"1" + b"}" * 10_000, 400, "not-json", says="nested"),
    Bad("nested 200 deep in data", an_event(data=json.loads("[" * 200 + "]" * 200)), 400, "not-json", says="nested"),
    Bad("a name twice", GOOD.replace(b'"version": 3', b'"version": 3, "version": 4'), 400, "not-json", says="twice"),
    Bad("NaN", GOOD.replace(b'"version": 3', b'"version": NaN'), 400, "not-json", says="NaN"),
    Bad("infinite number", GOOD.replace(b'"version": 3', b'"version": 1e999'), 400, "not-json", says="range"),
    Bad("huge integer", GOOD.replace(b'"version": 3', b'"version": ' + b"9" * 5_000), 400, "not-json", says="range"),
    Bad("integer over 64 bits", GOOD.replace(b'"version": 3', b'"version": 9223372036854775808'), 400, "not-json"),
    Bad("half a surrogate pair", GOOD.replace(b"Robin", b"\\ud800"), 400, "not-json", says="surrogate"),
    Bad("NUL in a text", GOOD.replace(b"Robin", b"Ro\\u0000bin"), 400, "not-json", says="NUL"),
    Bad("a number", b"7", 422, "invalid", ("body",)),
    Bad("null", b"null", 422, "invalid", ("body",)),
    Bad("an empty batch", b"[]", 422, "invalid", ("body",)),
    Bad("a batch of texts", b'["x"]', 422, "invalid", ("body",)),
    Bad("an empty object", b"{}", 422, "invalid", ("kind", "record", "version", "recorded_at",
        "person", "effective_on")),
    Bad("version as text", an_event(version="3"), 422, "invalid", ("version",)),
    Bad("version as fraction", an_event(version=3.5), 422, "invalid", ("version",)),
    Bad("version below zero", an_event(version=-1), 422, "invalid", ("version",)),
    Bad("record as number", an_event(record=77), 422, "invalid", ("record",)),
    Bad("record empty", an_event(record=""), 422, "invalid", ("record",)),
    Bad("record too long", an_event(record="x" * 201), 422, "invalid", ("record",)),
    Bad("record with a line break", an_event(record="ADV\n77"), 422, "invalid", ("record",)),
    Bad("retracted as text", an_event(retracted="yes"), 422, "invalid", ("retracted",)),
    Bad("subject as text", an_event(subject="REQ-1"), 422, "invalid", ("subject",)),
    Bad("data as a list", an_event(data=[]), 422, "invalid", ("data",)),
    Bad("person as text", an_event(person="Robin"), 422, "invalid", ("person",)),
    Bad("no person", an_event(person=None), 422, "invalid", ("person",)),
    Bad("person without id", an_event(person={"given": "Robin"}), 422, "invalid", ("person.id",)),
    Bad("NHS number as number", with_person(nhs_number=9990000026), 422, "invalid", ("person.nhs_number",)),
    Bad("source in the body", an_event(source="other:825:2022"), 422, "invalid", ("source",)),
    Bad("unknown field", an_event(colour="blue"), 422, "invalid", ("colour",)),
    Bad("unknown field of the person", with_person(religion="x"), 422, "invalid", ("person.religion",)),
    Bad("unknown subject", an_event(subject={"case": "1"}), 422, "invalid", ("subject.case",)),
    Bad("unknown data", with_data("plan.issued", note="x"), 422, "invalid", ("data.note",)),
    Bad("unknown kind", an_event(kind="advice.imagined"), 422, "invalid", ("kind",)),
    Bad("a kind of the hub's own", an_event(kind="day.reached"), 422, "invalid", ("kind",)),
    Bad("a code that is not in the list", with_data("plan.decided", outcome="maybe"), 422, "invalid",
        ("data.outcome",)),
    Bad("data as wrong type", with_data("plan.ceased", reason="9"), 422, "invalid", ("data.reason",)),
    Bad("no data where needed", an_event(data=None), 422, "invalid", ("data.heading", "data.asked")),
    Bad("no date", an_event(effective_on=None), 422, "invalid", ("effective_on",)),
    Bad("30 February", an_event(effective_on="2026-02-30"), 422, "invalid", ("effective_on",)),
    Bad("British date", an_event(effective_on="14/09/2026"), 422, "invalid", ("effective_on",)),
    Bad("an instant for a date", an_event(effective_on="2026-09-14T00:00:00Z"), 422, "invalid", ("effective_on",)),
    Bad("a number for a date", an_event(effective_on=20260914), 422, "invalid", ("effective_on",)),
    Bad("seconds as a date", an_event(effective_on="1700006400"), 422, "invalid", ("effective_on",)),
    Bad("the year 1", an_event(effective_on="0001-01-01"), 422, "invalid", ("effective_on",)),
    Bad("two days ahead", an_event(effective_on="2026-09-16"), 422, "invalid", ("effective_on",)),
    Bad("the year 9999", with_data("review.scheduled", meeting_on="2026-10-01") | {"effective_on": "9999-12-31"},
        422, "invalid", ("effective_on",)),
    Bad("an impossible date in data", with_data("review.scheduled", meeting_on="2026-13-01"), 422, "invalid",
        ("data.meeting_on",)),
    Bad("a future date in data", with_data("advice.appointment-missed", appointment_on="2026-09-20"), 422, "invalid",
        ("data.appointment_on",)),
    Bad("seconds as a date in data", with_data("review.scheduled", meeting_on="1700006400"), 422, "invalid",
        ("data.meeting_on",)),
    Bad("recorded in the future", an_event(recorded_at="2026-09-14T15:05:01Z"), 422, "invalid", ("recorded_at",)),
    Bad("recorded without a zone", an_event(recorded_at="2026-09-14T14:00:00"), 422, "invalid", ("recorded_at",)),
    Bad("recorded as seconds", an_event(recorded_at="1789394531"), 422, "invalid", ("recorded_at",)),
    Bad("recorded in the year 9999", an_event(recorded_at="9999-12-31T23:59:59+00:00"), 422, "invalid",
        ("recorded_at",)),
    Bad("recorded before time", an_event(recorded_at="0001-01-01T00:00:00+14:00"), 422, "invalid", ("recorded_at",)),
    Bad("born tomorrow", with_person(birth_date="2026-09-15"), 422, "invalid", ("person.birth_date",)),
    Bad("born in 1066", with_person(birth_date="1066-10-14"), 422, "invalid", ("person.birth_date",)),
    Bad("NHS number as record", an_event(record=NHS_NUMBER, person={"id": "P"}), 422, "invalid", ("record",),
        "NHS number"),
    Bad("NHS number with spaces", an_event(record="999 000 0026", person={"id": "P"}), 422, "invalid", ("record",)),
    Bad("own NHS number, check digit wrong",
        an_event(record="9990000027", person={"id": "P", "nhs_number": "999 000 0027"}),
        422, "invalid", ("record",), "own number"),
    Bad("UPN as record", an_event(record=UPN, person={"id": "P"}), 422, "invalid", ("record",), "UPN"),
    Bad("name as record", an_event(record="EXAMPLE, Robin"), 422, "invalid", ("record",), "name"),
    Bad("family name as record", an_event(record="example"), 422, "invalid", ("record",)),
    Bad("name and initial as record", an_event(record="R Example"), 422, "invalid", ("record",)),
    Bad("both names and a number as record", an_event(record="robin.example.2019"), 422, "invalid", ("record",)),
    Bad("NHS number as subject", an_event(subject={"request": NHS_NUMBER}), 422, "invalid", ("subject.request",)),
    Bad("UPN as occurrence", an_event(occurrence=UPN), 422, "invalid", ("occurrence",)),
    Bad("NHS number behind a source's name", an_event(subject={"request": f"one-education:825:2022/{NHS_NUMBER}"},
        person={"id": "P"}),
        422, "invalid", ("subject.request",), "NHS number"),
    Bad("own NHS number inside a record", an_event(record=f"REQ-{OWN}", person={"id": "P", "nhs_number": OWN}),
        422, "invalid", ("record",), "own number"),
    Bad("own postcode as record", an_event(record="zz99-3vz", person={"id": "P", "postcode": "ZZ99 3VZ"}),
        422, "invalid", ("record",), "postcode"),
    Bad("own date of birth in a record", an_event(record="SEN/2016-03-02/1", person={"id": "P",
        "birth_date": "2016-03-02"}), 422, "invalid", ("record",), "date of birth"),
    Bad("a narrative for a reason", with_data("advice.returned", reason="the mother said: not before June"),
        422, "invalid", ("data.reason",)),
    Bad("name as reason", with_data("advice.returned", reason="Robin Example"), 422, "invalid", ("data.reason",)),
    Bad("NHS number as reason", with_data("advice.cancelled", reason=NHS_NUMBER), 422, "invalid", ("data.reason",)),
    Bad("NHS number as a body's code", with_data("commissioner.set", why="gp", ods=NHS_NUMBER), 422, "invalid",
        ("data.ods",)),
    Bad("name as the advice replaced", an_event(data={"heading": "medical", "asked": {"role": "icb", "ods": "QU9"},
        "replaces": {"advice": "Robin Example", "because": "quality"}}), 422, "invalid", ("data.replaces.advice",)),
    Bad("UPN as an area", with_data("child.moved", to_area=UPN), 422, "invalid", ("data.to_area",)),
    Bad("a subject that is none", with_data("subject.linked", to={"case": "1"}), 422, "invalid",
        ("(a field that is not known)",)),
    Bad("name as the subject linked", with_data("subject.linked", to={"advice": "R Example"}), 422, "invalid",
        ("data.to.advice",)),
    Bad("name as case reference", an_event(kind="assessment.requested", data={"case_reference": "Robin Example"}),
        422, "invalid", ("data.case_reference",)),
]  # fmt: skip


@pytest.mark.parametrize("bad", TABLE, ids=lambda bad: bad.name)
async def test_bad_input_is_refused_whole_and_the_next_event_passes(
    webhook: Caller, bad: Bad, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    before = counted("refused", reason=bad.reason)
    with caplog.at_level(logging.DEBUG, logger="connectors"):
        answer = await webhook.post(bad.body)
    assert answer.status_code == bad.status, answer.text
    body = answer.json()
    assert body["error"] == bad.reason
    assert {each["field"] for each in body["errors"]} == set(bad.fields)
    assert all(each["index"] == 0 and each["message"] for each in body["errors"])
    assert bad.says in body["message"] + " ".join(each["message"] for each in body["errors"])
    assert webhook.values == []
    assert counted("refused", reason=bad.reason) == before + 1
    shown = answer.text + caplog.text + "".join(capfd.readouterr())
    assert not [
        secret
        for secret in (
            NHS_NUMBER,
            OWN,
            "999 000",
            "ZZ99",
            "zz99",
            "mother",
            "2016-03-02",
            UPN,
            "Robin",
            "obin",
            "xample",
            "XAMPLE",
        )
        if secret in shown
    ]
    assert (await webhook.post(an_event())).json() == {"accepted": 1, "already_known": 0}


async def test_every_error_of_a_batch_is_listed_and_nothing_is_taken(webhook: Caller) -> None:
    batch = [
        an_event(),
        an_event(version="x", effective_on="2026-02-30", data={"heading": "legal"}, colour=1),
        an_event(record="ADV-78"),
        an_event(person=None, kind="advice.imagined", recorded_at=None),
    ]
    before = counted("refused", reason="invalid")
    answer = await webhook.post(batch)
    assert answer.status_code == 422
    assert {(each["index"], each["field"]) for each in answer.json()["errors"]} == {
        (1, "version"),
        (1, "effective_on"),
        (1, "data.heading"),
        (1, "data.asked"),
        (1, "colour"),
        (3, "person"),
        (3, "kind"),
        (3, "recorded_at"),
    }
    assert webhook.values == []
    assert (await webhook.post(batch[0])).json() == {"accepted": 1, "already_known": 0}
    assert counted("refused", reason="invalid") == before + 1


@pytest.mark.parametrize("name", ["Robin Example", "RobinExample", NHS_NUMBER, UPN])
async def test_a_field_named_like_a_person_is_not_shown(webhook: Caller, name: str) -> None:
    answer = await webhook.post(an_event(**{name: 1}))
    assert [each["field"] for each in answer.json()["errors"]] == ["(a field that is not known)"]


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ({"content-type": "text/plain"}, "application/json"),
        ({"content-type": ""}, "application/json"),
        ({"content-type": "application/json; charset=latin-1"}, "utf-8"),
        ({"content-encoding": "gzip"}, "Content-Encoding"),
    ],
)
async def test_another_media_type_is_415(webhook: Caller, headers: dict[str, str], says: str) -> None:
    answer = await webhook.post(GOOD, **headers)
    assert (answer.status_code, answer.json()["error"]) == (415, "media-type")
    assert says in answer.json()["message"]
    assert (await webhook.post(GOOD, **{"content-type": "Application/JSON; charset=UTF-8"})).status_code == 202


async def test_more_events_than_the_limit_is_413(hurried: Caller) -> None:
    answer = await hurried.post([an_event(record=f"ADV-{number}") for number in range(11)])
    assert answer.status_code == 413
    assert (await hurried.post([an_event(record=f"ADV-{number}") for number in range(10)])).status_code == 202


@pytest.mark.parametrize(
    "person",
    [
        {"id": "P", "nhs_number": "9990000027"},
        {"id": "P", "nhs_number": "0000000000"},
        {"id": "P", "nhs_number": "1111111111"},
        {"id": "P", "nhs_number": "1000000009", "uln": "1000000009"},
        {"id": "P", "nhs_number": "not known"},
        {"id": "P", "upn": "B825200015001"},
    ],
    ids=["bad check digit", "zeros", "repeated digits", "a ULN", "words", "UPN with a wrong letter"],
)
async def test_a_doubtful_number_of_a_person_is_taken_as_received_for_identity_to_judge(
    webhook: Caller, person: dict[str, str]
) -> None:
    assert (await webhook.post(an_event(person=person))).status_code == 202
    assert json.loads(webhook.values[0])["person"] == person


@pytest.mark.parametrize(
    "event",
    [
        an_event(effective_on="2026-09-15"),
        an_event(effective_on="2027-01-01", kind="transfer.phase", data={"to": "post-16", "year": 2027}),
        an_event(kind="review.scheduled", effective_on="2026-12-01", data={"meeting_on": "2027-01-15"}),
        an_event(kind="order.made", data={"type": "make-plan", "due_on": "2026-11-01"}),
        an_event(recorded_at="2026-09-14T15:05:00Z"),
        an_event(recorded_at="2026-09-14T15:02:11.123456+01:00"),
        an_event(retracted=True, effective_on=None),
        an_event(record="8f14e45f-ceea-467f-a0e6-0242ac130003"),
        an_event(record="ROBIN-77"),
        an_event(record="SEN/2026/0017", subject={"request": "one-education:825:2022/REQ-1"}),
        an_event(kind="advice.returned", data={"reason": "wrong body"}),
        an_event(kind="assessment.requested", data={"by": "parent"}, person={"id": "P", "family": "Parent"}),
        an_event(person={"id": NHS_NUMBER}),
        an_event(person={"id": "P", "birth_date": NOW.date().isoformat()}),
    ],
)
async def test_what_looks_odd_but_is_right_is_taken(webhook: Caller, event: dict[str, Any]) -> None:
    assert (await webhook.post(event)).status_code == 202
