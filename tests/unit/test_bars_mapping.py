"""What a BaRS message says, as observations."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.errors import CoreError
from hub.core.intake.bars import decode
from hub.simulator import bars
from schemas.bars import Message
from schemas.envelope import Envelope
from schemas.instants import microseconds
from schemas.statements import Subject
from tests.unit.bars_cases import (
    ADVICE,
    AT,
    CHILD,
    CONVERSATION,
    NHS_NUMBER,
    RECEIVED,
    REQUEST,
    SOURCE,
    decoded,
    resource,
)

BY = {"role": "trust", "ods": "RXQ"}
ANSWER = {"by": BY, "heading": "medical", "service": "speech-and-language"}
DAY = date(2026, 9, 14)


@pytest.mark.parametrize(
    ("bundle", "expected"),
    [
        (bars.acknowledged(CONVERSATION, AT), [("advice.acknowledged", ANSWER)]),
        (bars.allocated(CONVERSATION, AT), [("advice.allocated", ANSWER)]),
        (bars.sent(CONVERSATION, AT, document=False), [("advice.sent-by-body", ANSWER)]),
        (
            bars.sent(CONVERSATION, AT),
            [
                ("advice.sent-by-body", ANSWER),
                (
                    "advice.received",
                    {
                        "from": BY,
                        "heading": "medical",
                        "service": "speech-and-language",
                        "not_known": False,
                        "final": True,
                    },
                ),
            ],
        ),
        (
            bars.not_known(CONVERSATION, AT),
            [
                ("advice.sent-by-body", ANSWER),
                (
                    "advice.received",
                    {
                        "from": BY,
                        "heading": "medical",
                        "service": "speech-and-language",
                        "not_known": True,
                        "final": True,
                    },
                ),
            ],
        ),
        (bars.returned(CONVERSATION, AT), [("advice.returned", {"reason": "wrong-service"})]),
        (
            bars.declined(CONVERSATION, AT),
            [("advice.declined", {"ground": "incompatible-with-duties", "reasons_given": True})],
        ),
        (
            bars.declined(CONVERSATION, AT, "s31-harms-functions"),
            [("advice.declined", {"ground": "harms-functions", "reasons_given": True})],
        ),
        (bars.referral(CONVERSATION, AT), [("health.referred", {"service": "speech-and-language", "by": BY})]),
        (
            bars.referral(CONVERSATION, AT, "update"),
            [("health.referred", {"service": "speech-and-language", "by": BY})],
        ),
    ],
)
def test_each_message_becomes_its_kinds(bundle, expected):
    found = decoded(bundle).observations
    assert [(each.kind, each.data) for each in found] == expected
    for each in found:
        assert (each.source, each.record) == (SOURCE.id, CONVERSATION.guid)
        assert (each.version, each.recorded_at, each.received_at) == (microseconds(AT), AT, RECEIVED)
        assert each.effective_on == DAY
        assert each.message == "req-1"
        assert not each.retracted


def test_a_day_is_londons():
    late = AT + timedelta(hours=1)
    assert decoded(bars.acknowledged(CONVERSATION, late)).observations[0].effective_on == date(2026, 9, 15)


def test_a_missed_appointment_is_about_its_own_day_and_told_apart_from_the_next():
    first = decoded(bars.missed(CONVERSATION, AT, datetime(2026, 9, 1, 9, tzinfo=UTC))).observations[0]
    second = decoded(bars.missed(CONVERSATION, AT, datetime(2026, 9, 8, 9, tzinfo=UTC))).observations[0]
    assert first.kind == "advice.appointment-missed"
    assert first.data == {"appointment_on": "2026-09-01", "made_by": BY}
    assert first.effective_on == date(2026, 9, 1)
    assert first.occurrence != second.occurrence


def test_a_missed_appointment_without_its_appointment_is_told_by_the_code():
    found = decoded(bars.returned(CONVERSATION, AT, "missed-appointment")).observations[0]
    assert (found.kind, found.data) == ("advice.appointment-missed", {"made_by": BY})


@pytest.mark.parametrize("status", ["revoked", "entered-in-error"])
def test_a_withdrawn_request_retracts_the_referral(status):
    told = decoded(bars.referral(CONVERSATION, AT)).observations[0]
    withdrawn = decoded(bars.referral_withdrawn(CONVERSATION, AT + timedelta(hours=1), status)).observations[0]
    assert withdrawn.retracted
    assert withdrawn.key == told.key
    assert withdrawn.version > told.version


@pytest.mark.parametrize(
    ("encounter", "kinds"),
    [
        ("finished", ["advice.sent-by-body", "advice.received"]),
        ("in-progress", ["advice.acknowledged", "advice.allocated"]),
        ("cancelled", ["advice.returned"]),
    ],
)
def test_a_response_in_error_retracts_what_it_had_said(encounter, kinds):
    found = decoded(bars.response_withdrawn(CONVERSATION, AT, encounter)).observations
    assert [(each.kind, each.retracted) for each in found] == [(kind, True) for kind in kinds]


def test_our_own_references_come_back_in_full():
    found = decoded(bars.sent(CONVERSATION, AT)).observations
    assert {each.subject for each in found} == {Subject(advice=ADVICE, request=REQUEST)}


@pytest.mark.parametrize("value", ["ADV-77", "a b/c", "x" * 300 + "/1", "source/"])
def test_what_is_no_reference_of_ours_is_left_to_a_person(value):
    found = decoded(bars.sent(replace(CONVERSATION, advice=value, request=None), AT)).observations
    assert {each.subject for each in found} == {Subject(advice=CONVERSATION.guid)}


def test_the_person_is_as_received():
    person = decoded(bars.acknowledged(CONVERSATION, AT)).observations[0].person
    assert person == CHILD.model_copy(update={"id": "urn:sendhub:synthetic:RXQ:patient|P-1"})


@pytest.mark.parametrize(
    ("code", "status"),
    [("number-present-and-verified", "01"), ("trace-postponed", "08"), ("02", "02"), ("bogus", None)],
)
def test_verification_is_read_in_both_vintages(code, status):
    bundle = bars.acknowledged(CONVERSATION, AT)
    number = resource(bundle, "Patient")["identifier"][0]
    number["system"] = "http://fhir.nhs.net/Id/nhs-number"
    extension = number["extension"][0]
    extension["url"] = (
        "https://fhir.hl7.org.uk/STU3/StructureDefinition/Extension-CareConnect-NHSNumberVerificationStatus-1"
    )
    extension["valueCodeableConcept"]["coding"][0]["code"] = code
    person = decoded(bundle).observations[0].person
    assert (person.nhs_number, person.nhs_number_status) == (NHS_NUMBER, status)


@pytest.mark.parametrize("number", ["9990000019", "4444444444", "123", "999000001X"])
def test_a_bad_nhs_number_is_kept_and_asked_about(number):
    child = CHILD.model_copy(update={"nhs_number": number})
    found = decoded(bars.acknowledged(replace(CONVERSATION, person=child), AT))
    assert found.observations[0].person.nhs_number == number
    (task,) = found.reviews
    assert (task.question, task.state, task.source) == ("data", "open", SOURCE.id)
    assert number not in task.model_dump_json()


def test_of_two_different_nhs_numbers_neither_is_vouched_for():
    bundle = bars.acknowledged(CONVERSATION, AT)
    patient = resource(bundle, "Patient")
    patient["identifier"].append({"system": patient["identifier"][0]["system"], "value": "9990000026"})
    found = decoded(bundle)
    assert found.observations[0].person.nhs_number_status is None
    assert len(found.reviews) == 1


@pytest.mark.parametrize(
    ("born", "received", "out"),
    [
        (date(2001, 5, 4), datetime(2026, 8, 31, 12, tzinfo=UTC), False),
        (date(2001, 5, 4), datetime(2026, 9, 1, 12, tzinfo=UTC), True),
        (date(2001, 9, 1), datetime(2026, 11, 1, 12, tzinfo=UTC), False),
        (date(1959, 5, 4), datetime(2026, 9, 1, 12, tzinfo=UTC), True),
    ],
)
def test_past_the_academic_year_of_the_25th_birthday_nothing_is_kept(born, received, out):
    adult = CHILD.model_copy(update={"birth_date": born})
    found = decoded(bars.acknowledged(replace(CONVERSATION, person=adult), AT), received)
    assert found.out_of_scope is out
    assert (found.observations == ()) is out
    assert found.reason == ("past-25" if out else None)


def test_a_performer_in_person_is_an_allocation():
    bundle = bars.acknowledged(CONVERSATION, AT)
    bundle["entry"].append(
        {"fullUrl": "urn:uuid:7b3f0f0e-3c1a-4c53-9a52-0c8a5a3f00aa", "resource": {"resourceType": "Practitioner"}}
    )
    resource(bundle, "ServiceRequest")["performer"] = [{"reference": "urn:uuid:7b3f0f0e-3c1a-4c53-9a52-0c8a5a3f00aa"}]
    assert decoded(bundle).observations[0].kind == "advice.allocated"


@pytest.mark.parametrize("status", ["superseded", "entered-in-error"])
def test_a_document_that_no_longer_stands_is_not_received(status):
    bundle = bars.sent(CONVERSATION, AT)
    resource(bundle, "DocumentReference")["status"] = status
    assert [each.kind for each in decoded(bundle).observations] == ["advice.sent-by-body"]


def test_a_preliminary_document_is_not_final():
    bundle = bars.sent(CONVERSATION, AT)
    resource(bundle, "DocumentReference")["docStatus"] = "preliminary"
    assert decoded(bundle).observations[1].data["final"] is False


def test_an_old_name_is_not_the_name():
    bundle = bars.acknowledged(CONVERSATION, AT)
    resource(bundle, "Patient")["name"].insert(0, {"use": "old", "family": "Former"})
    resource(bundle, "Patient")["name"][1].pop("use")
    assert decoded(bundle).observations[0].person.family == "Brook"


def test_a_change_of_the_encounter_alone_is_a_newer_version():
    bundle = bars.acknowledged(CONVERSATION, AT)
    resource(bundle, "Encounter")["meta"]["lastUpdated"] = "2026-09-14T22:30:05.1234569+00:00"
    assert decoded(bundle).observations[0].version == microseconds(AT + timedelta(seconds=5))


def test_the_icb_is_known_by_its_code():
    found = decoded(bars.acknowledged(replace(CONVERSATION, trust="QU9"), AT)).observations[0]
    assert found.data["by"] == {"role": "icb", "ods": "QU9"}


@pytest.mark.parametrize("system", ["urn:sendhub:advice-request", "urn:sendhub:request"])
@pytest.mark.parametrize(
    "value", [f"x/{NHS_NUMBER}", "one-education:825:2022/9990000026", "x/Brook,Ada", "x/2017-05-04"]
)
def test_an_echo_that_is_the_patients_own_is_no_reference(system, value):
    bundle = bars.acknowledged(replace(CONVERSATION, advice=None, request=None), AT)
    resource(bundle, "ServiceRequest")["identifier"] = [{"system": system, "value": value}]
    (found,) = decoded(bundle).observations
    assert found.subject == Subject(advice=CONVERSATION.guid)


def test_a_heading_that_is_none_is_asked_about_and_the_advice_is_kept():
    bundle = bars.sent(CONVERSATION, AT)
    resource(bundle, "ServiceRequest")["code"]["coding"][0] = {"system": "urn:sendhub:advice-heading", "code": "zzz"}
    found = decoded(bundle)
    assert [each.kind for each in found.observations] == ["advice.sent-by-body", "advice.received"]
    assert all("heading" not in each.data for each in found.observations)
    assert [(task.question, "heading" in task.detail, "zzz" in task.detail) for task in found.reviews] == [
        ("data", True, False)
    ]


def test_a_number_is_no_reason():
    bundle = bars.returned(CONVERSATION, AT)
    resource(bundle, "Task")["statusReason"]["coding"][0]["code"] = NHS_NUMBER
    assert decoded(bundle).observations[0].data == {}


def test_free_text_is_never_carried_over():
    bundle = bars.returned(CONVERSATION, AT)
    resource(bundle, "Task")["statusReason"]["coding"][0]["code"] = "Ada Brook did not come"
    resource(bundle, "Task")["statusReason"]["text"] = "Ada Brook did not come"
    assert b"did not come" not in orjson.dumps([each.model_dump(mode="json") for each in decoded(bundle).observations])


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b"null", b'{"resourceType":"Bundle"}', b"\xff\xfe"])
def test_what_is_no_message_is_unreadable(value):
    envelope = Envelope(id="req-1", source=SOURCE.id, type="sendhub.nhs.bars", time=RECEIVED)
    with pytest.raises(CoreError):
        decode(envelope, value, SOURCE)


def test_a_combination_without_meaning_is_unreadable():
    bundle = bars.acknowledged(CONVERSATION, AT)
    resource(bundle, "ServiceRequest")["status"] = "on-hold"
    with pytest.raises(CoreError):
        decoded(bundle)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
def test_any_element_of_a_wrong_type_is_read_or_refused_but_never_a_crash(data):
    bundle = orjson.loads(orjson.dumps(data.draw(st.sampled_from(ALL_MESSAGES))))
    place = data.draw(st.sampled_from([*bundle["entry"], *[entry["resource"] for entry in bundle["entry"]]]))
    name = data.draw(st.sampled_from(sorted(place)))
    place[name] = data.draw(json_values)
    try:
        found = decoded(bundle)
    except CoreError:
        return
    assert all(each.record == CONVERSATION.guid for each in found.observations)


ALL_MESSAGES = [
    bars.acknowledged(CONVERSATION, AT),
    bars.allocated(CONVERSATION, AT),
    bars.sent(CONVERSATION, AT),
    bars.missed(CONVERSATION, AT, AT),
    bars.declined(CONVERSATION, AT),
    bars.referral(CONVERSATION, AT),
]


def test_seven_digits_are_kept_as_written():
    message = Message.of(bars.acknowledged(CONVERSATION, AT))
    assert message.updated == (AT, "2026-09-14T22:30:00.1234560+00:00")
