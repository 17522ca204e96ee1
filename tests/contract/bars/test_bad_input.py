"""A table of bad input. After each row the receiver is up, the refusal was counted, the next good message passes."""

import logging
from dataclasses import dataclass
from dataclasses import replace as changed_to
from datetime import date
from typing import Any

import orjson
import pytest

from hub.simulator import bars
from tests.contract.bars.conftest import Trust, counted, guid, issue
from tests.contract.bars.test_process_message import SENT, changed
from tests.unit.bars_cases import AT, CHILD, CONVERSATION, resource

GOOD = orjson.dumps(SENT)
SECRET = "Zebedee"
"""A value that a good message never holds: it may not come back in an answer or in the log."""


@dataclass(frozen=True)
class Row:
    body: bytes
    status: int = 400
    code: str = "REC_BAD_REQUEST"
    issue: str = "structure"
    reason: str = "fhir"


def deep(depth: int) -> bytes:
    return (
        b'{"resourceType":"Bundle","type":"message","entry":[{"resource":'
        + b'{"a":' * depth
        + b"1"
        + b"}" * depth
        + b"}]}"
    )


def with_person(**changes: Any) -> bytes:
    person = CHILD.model_copy(update=changes)
    return orjson.dumps(bars.sent(changed_to(CONVERSATION, person=person), AT))


def with_resource(content: Any) -> bytes:
    bundle = orjson.loads(GOOD)
    bundle["entry"].append({"fullUrl": f"urn:uuid:{guid()}", "resource": content})
    return orjson.dumps(bundle)


def with_nhs_number(value: Any) -> bytes:
    bundle = orjson.loads(GOOD)
    resource(bundle, "Patient")["identifier"][0]["value"] = value
    return orjson.dumps(bundle)


TABLE = {
    "empty": Row(b""),
    "white space": Row(b"  \n"),
    "truncated": Row(GOOD[:-20]),
    "cut in the middle": Row(GOOD[: len(GOOD) // 2]),
    "not UTF-8": Row(GOOD.replace(b"Brook", b"Br\xf6\xf6k")),
    "UTF-16": Row(GOOD.decode().encode("utf-16")),
    "not JSON": Row(b"<Bundle xmlns='http://hl7.org/fhir'/>"),
    "a list": Row(b"[" + GOOD + b"]"),
    "a text": Row(b'"Zebedee"'),
    "null": Row(b"null"),
    "a name twice": Row(b'{"resourceType":"Bundle","type":"message","type":"message"}'),
    "20 MB": Row(
        b'{"resourceType":"Bundle","x":"' + b"a" * 20_000_000,
        413,
        "REC_UNPROCESSABLE_ENTITY",
        "too-costly",
        "too-large",
    ),
    "nested 10,000 deep": Row(deep(10_000)),
    "nested 100 deep": Row(deep(100)),
    "lists nested 10,000 deep": Row(b"[" * 10_000),
    "an integer of 400 digits": Row(b'{"resourceType":"Bundle","total":' + b"9" * 400 + b"}"),
    "not a bundle": Row(orjson.dumps(resource(SENT, "Patient"))),
    "no resource type": Row(b'{"type":"message"}'),
    "resource type of a wrong type": Row(b'{"resourceType":5}'),
    "a batch": Row(orjson.dumps(changed(SENT, "Bundle", type="batch")), issue="invariant", reason="structure"),
    "an empty message": Row(b'{"resourceType":"Bundle","type":"message"}', issue="invariant", reason="structure"),
    "unknown resource type inside": Row(with_resource({"resourceType": "Zebedee"})),
    "unknown resource type contained": Row(
        with_resource({"resourceType": "Basic", "code": {"text": "x"}, "contained": [{"resourceType": "Zebedee"}]})
    ),
    "resource type inside of a wrong type": Row(with_resource({"resourceType": 5})),
    "a resource that is a list": Row(with_resource([]), issue="invalid"),
    "an unknown field": Row(orjson.dumps(changed(SENT, "Patient", Zebedee="Zebedee"))),
    "a wrong type": Row(orjson.dumps(changed(SENT, "Patient", gender=5)), issue="invalid"),
    "an object for a list": Row(orjson.dumps(changed(SENT, "Patient", name={"given": "Zebedee"})), issue="invalid"),
    "an impossible date": Row(orjson.dumps(changed(SENT, "Patient", birthDate="2016-02-30")), issue="invalid"),
    "a date in another order": Row(orjson.dumps(changed(SENT, "Patient", birthDate="30/01/2016")), issue="invalid"),
    "an empty text": Row(orjson.dumps(changed(SENT, "Patient", birthDate="")), issue="invalid"),
    "an instant without a zone": Row(
        orjson.dumps(changed(SENT, "ServiceRequest", meta={"lastUpdated": "2026-09-14T10:00:00"})), issue="invalid"
    ),
    "born tomorrow": Row(with_person(birth_date=date(2026, 9, 20)), issue="value", reason="content"),
    "sent in the far future": Row(
        orjson.dumps(changed(SENT, "Task", meta={"lastUpdated": "9999-12-31T23:59:59Z"})),
        issue="value",
        reason="content",
    ),
    "sent in the year 1": Row(
        orjson.dumps(changed(SENT, "Task", lastModified="0001-01-01T00:00:00Z")), issue="value", reason="content"
    ),
    "an unknown event": Row(
        orjson.dumps(
            changed(
                SENT,
                "MessageHeader",
                eventCoding={"system": "https://fhir.nhs.uk/CodeSystem/message-events-bars", "code": "Zebedee"},
            )
        ),
        422,
        "REC_UNPROCESSABLE_ENTITY",
        "not-supported",
        "event",
    ),
    "an unknown status": Row(
        orjson.dumps(changed(SENT, "ServiceRequest", status="Zebedee")), issue="invariant", reason="workflow"
    ),
    "an NHS number that is a number": Row(with_nhs_number(9990000018), issue="invalid"),
    "an empty NHS number": Row(with_nhs_number(""), issue="invalid"),
}
"""What is refused."""

TAKEN = {
    "an NHS number with a bad check digit": with_nhs_number("9990000019"),
    "an NHS number of repeated digits": with_nhs_number("4444444444"),
    "a ULN in place of the NHS number": with_nhs_number("1000000043"),
    "a UPN in place of the NHS number": with_nhs_number("A825200012001"),
    "no NHS number": with_person(nhs_number=None),
    "nobody's name and date of birth": with_person(given=None, family=None, birth_date=None),
    "a year for a date of birth": orjson.dumps(changed(SENT, "Patient", birthDate="2016")),
}
"""What is good FHIR about somebody doubtful: taken, and a question for people later."""


@pytest.mark.parametrize("name", TABLE)
async def test_bad_input_is_refused_by_name_and_counted(trust: Trust, name, caplog, capfd):
    row = TABLE[name]
    caplog.set_level(logging.DEBUG)
    before = counted("refused", reason=row.reason)
    answer = await trust.post(row.body)
    assert issue(answer) == (row.status, row.code, row.issue)
    assert counted("refused", reason=row.reason) == before + 1
    assert trust.values == []
    assert SECRET not in answer.text + caplog.text + "".join(capfd.readouterr())
    assert (await trust.post(GOOD)).status_code == 200
    assert trust.values == [GOOD]


@pytest.mark.parametrize("name", TAKEN)
async def test_good_fhir_about_somebody_doubtful_is_taken(trust: Trust, name):
    assert (await trust.post(TAKEN[name])).status_code == 200
    assert trust.values == [TAKEN[name]]
