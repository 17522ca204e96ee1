"""The shipped mappings: what each kind of extract comes to, as the stages will read it."""

from datetime import UTC, date, datetime
from typing import Any

from hub.core.intake import DECODERS
from hub.simulator.council_csv import advice_csv, file_name, people_csv, requests_csv
from schemas.instants import microseconds
from schemas.sources import Source
from schemas.statements import Observation
from tests.support.files import Desk, advice_row, person_row, request_row

DAY = date(2026, 3, 2)
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)


def observations(desk: Desk) -> list[Observation]:
    """What intake makes of everything published."""
    found: list[Observation] = []
    for _, message in desk.publisher.published:
        source = Source(id=message.envelope.source, kind="council")
        found += DECODERS[message.envelope.type](message.envelope, message.value, source).observations
    return found


def said(desk: Desk) -> dict[tuple[str, str], tuple[Any, ...]]:
    return {
        (each.kind, each.occurrence): (each.effective_on, each.subject.model_dump(exclude_none=True), each.data)
        for each in observations(desk)
    }


def test_a_person(desk: Desk) -> None:
    desk.take(file_name("people", DAY), people_csv([person_row(DeceasedDate=date(2026, 3, 1))]))
    identified, died = observations(desk)
    assert (identified.kind, died.kind) == ("child.identified", "child.died")
    assert identified.source == "one-education:825:2022"
    assert identified.version == microseconds(MIDNIGHT)
    assert identified.recorded_at == MIDNIGHT
    assert identified.received_at == desk.clock.now()
    assert identified.effective_on == DAY
    assert died.effective_on == date(2026, 3, 1)
    assert identified.person is not None
    assert identified.person.model_dump(exclude_none=True) == {
        "id": "P00001",
        "given": "Ada",
        "family": "Example",
        "birth_date": date(2018, 5, 4),
        "sex": "female",
        "nhs_number": "9990000018",
        "nhs_number_status": "01",
    }
    assert "P00001" not in identified.record


def test_a_request_with_a_plan(desk: Desk) -> None:
    row = request_row(
        RequestOutcome="Y",
        RequestOutcomeDate=date(2026, 2, 1),
        DraftSentDate=date(2026, 2, 20),
        AssessmentOutcome="Y",
        AssessmentOutcomeDate=date(2026, 3, 1),
        PlanID="PL-1",
    )
    desk.take(file_name("requests", DAY), requests_csv([row]))
    request = {"request": "REQ-0001"}
    assert said(desk) == {
        ("assessment.requested", ""): (date(2026, 1, 12), request, {"by": "parent", "case_reference": "REQ-0001"}),
        ("assessment.decided", ""): (date(2026, 2, 1), request, {"outcome": "assess"}),
        ("plan.draft-sent", ""): (date(2026, 2, 20), request, {}),
        ("plan.issued", ""): (date(2026, 3, 1), {**request, "plan": "PL-1"}, {}),
    }
    assert {each.record for each in observations(desk)} == {"REQ-0001"}


def test_the_other_outcomes_of_a_request(desk: Desk) -> None:
    on = date(2026, 2, 1)
    rows = [
        request_row(1, RequestOutcome="N", RequestOutcomeDate=on),
        request_row(2, RequestOutcome="W", RequestOutcomeDate=on),
        request_row(3, RequestOutcome="Y", RequestOutcomeDate=on, AssessmentOutcome="N", AssessmentOutcomeDate=on),
        request_row(4, RequestOutcome="Y", RequestOutcomeDate=on, AssessmentOutcome="W", AssessmentOutcomeDate=on),
        request_row(5, RequestOutcome="A"),
    ]
    desk.take(file_name("requests", DAY), requests_csv(rows))
    found = {
        (each.record, each.kind, each.occurrence, each.data.get("outcome"))
        for each in observations(desk)
        if each.kind != "assessment.requested"
    }
    assert found == {
        ("REQ-0001", "assessment.decided", "", "refuse"),
        ("REQ-0002", "assessment.withdrawn", "", None),
        ("REQ-0003", "assessment.decided", "", "assess"),
        ("REQ-0003", "plan.decided", "", "no-plan"),
        ("REQ-0004", "assessment.decided", "", "assess"),
        ("REQ-0004", "assessment.withdrawn", "assessment", None),
    }


def test_a_decision_of_an_earlier_year_is_not_taken_back(desk: Desk) -> None:
    decided = request_row(RequestOutcome="Y", RequestOutcomeDate=date(2026, 2, 1))
    desk.take(file_name("requests", DAY), requests_csv([decided]))
    before = len(desk.events())
    historical = request_row(RequestOutcome="H", AssessmentOutcome="H")
    desk.take(file_name("requests", date(2026, 3, 3)), requests_csv([historical]))
    assert len(desk.events()) == before


def test_a_piece_of_advice_all_its_life(desk: Desk) -> None:
    row = advice_row(
        ReachedDate=date(2026, 2, 3),
        AcknowledgedDate=date(2026, 2, 4),
        AllocatedDate=date(2026, 2, 5),
        MissedDate=date(2026, 2, 6),
        ReturnedDate=date(2026, 2, 7),
        ReturnReason="Wrong body",
        SentByBodyDate=date(2026, 2, 8),
        ReceivedDate=date(2026, 2, 9),
        Usable="Yes",
        Final="No",
        NotKnown="No",
        DeclinedDate=date(2026, 2, 10),
        DeclinedGround="s31(3)(a)",
        ReasonsGiven="Yes",
        CancelledDate=date(2026, 2, 11),
        CancelReason="Duplicate",
    )
    desk.take("advice-tracker march.csv", advice_csv([row], datetime(2026, 3, 2, 17, 30, tzinfo=UTC)))
    subject = {"request": "one-education:825:2022/REQ-0001", "advice": "ADV-0001"}
    found = said(desk)
    assert {part for _, part, _ in found.values() for part in part.items()} == set(subject.items())
    assert {kind: (on.day, data) for (kind, _), (on, _, data) in found.items()} == {
        "advice.requested": (
            2,
            {
                "heading": "medical",
                "service": "speech-and-language",
                "required": True,
                "asked": {"role": "icb", "ods": "QU9"},
            },
        ),
        "advice.delivered": (3, {}),
        "advice.acknowledged": (4, {}),
        "advice.allocated": (5, {}),
        "advice.appointment-missed": (6, {"appointment_on": "2026-02-06"}),
        "advice.returned": (7, {"reason": "wrong body"}),
        "advice.sent-by-body": (8, {}),
        "advice.received": (9, {"usable": True, "final": False, "not_known": False}),
        "advice.declined": (10, {"ground": "incompatible-with-duties", "reasons_given": True}),
        "advice.cancelled": (11, {"reason": "duplicate"}),
    }
    assert {each.version for each in observations(desk)} == {microseconds(datetime(2026, 3, 2, 17, 30, tzinfo=UTC))}


def test_two_people_under_one_id_both_come_out_under_it(desk: Desk) -> None:
    rows = [person_row(7, Forename="Dan"), person_row(7, Forename="Fay"), person_row(8)]
    desk.take(file_name("people", DAY), people_csv(rows))
    found = observations(desk)
    both = [each.person for each in found if each.person and each.person.id == "P00007"]
    assert sorted(str(person.given) for person in both) == ["Dan", "Fay"]
    assert len({each.message for each in found}) == 3
    desk.take(file_name("people", date(2026, 3, 3)), people_csv(rows[::-1]))
    assert len(observations(desk)) == 3


def test_no_id_or_name_is_in_a_key_or_an_envelope(desk: Desk) -> None:
    desk.take(file_name("people", DAY), people_csv([person_row()]))
    for _, message in desk.publisher.published:
        outside = message.key + b"".join(value for _, value in message.envelope.headers())
        for secret in (b"P00001", b"Ada", b"Example", b"9990000018"):
            assert secret not in outside
    database = (desk.root / "ledger.db").read_bytes()
    assert b"P00001" not in database
    assert b"Example" not in database
