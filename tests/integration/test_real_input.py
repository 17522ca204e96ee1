"""Real input through every process on a real Kafka: councils' lists of people, and trusts' answers by BaRS."""

import csv
import io
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from hub.embedded.system import System
from hub.simulator import bars
from hub.simulator.council_csv import drop
from schemas.people import Person
from schemas.topics import FACTS
from tests.integration.conftest import COUNCIL, EARLY_HELP, SOCIAL_CARE, TRUST
from tests.support.client import Client, client, event
from tests.support.files import put_away
from tests.support.streams import read_all
from tests.support.trust import send

pytestmark = pytest.mark.asyncio(loop_scope="session")

AT = datetime(2026, 11, 10, 10, 0, tzinfo=UTC)
ASKED = "2026-11-02"


async def dropped(hub: System, name: str, content: bytes) -> str:
    """Drop a file; the folder where it is once it is put away."""
    drop(hub.deployment.inbox, name, content)
    return await put_away(hub.deployment.inbox, name)


async def reviews(council: Client, **wanted: Any) -> list[dict[str, Any]]:
    """The questions with these fields, open or not, once everything is worked off."""
    await council.hub.pipeline.drained()
    found = await council.read("/reviews")
    return [each for each in found if all(each[name] == value for name, value in wanted.items())]


def people(rows: Iterable[tuple[str, str, str, str]]) -> bytes:
    """A social care list (id, given name, family name, date of birth) with placeholder columns, as such lists have."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["Column1", "SourceID", "DOB", "Surname", "Forename", "Gender", "PostCode", "NHSNumber"])
    writer.writerows(["", own, born, family, given, "Female", "ZZ99 3VZ", ""] for own, given, family, born in rows)
    return text.getvalue().encode()


class TestCouncilFiles:
    async def test_two_people_under_one_source_id_are_one_question_and_nobodys_names(self, hub: System) -> None:
        rows = [
            ("77001", "Ondine", "Vexworth", "03/02/2014"),
            ("77002", "Perpetua", "Vexworth", "03/02/2014"),
            ("77002", "Quillon", "Marksby", "19/07/2012"),
        ]
        async with client(hub) as council:
            assert await dropped(hub, "reconciliation_own_2026-03-03.csv", people(rows)) == "done"
            (question,) = await reviews(council, question="conflict", source=SOCIAL_CARE)
            assert question["state"] == "open"
            names = ("Perpetua", "Quillon", "Marksby", "Vexworth", "77002")
            assert not [word for word in names if word in str(question)]
            assert await dropped(hub, "reconciliation_own_2026-03-04.csv", people(rows)) == "done"
            assert await reviews(council, question="conflict", source=SOCIAL_CARE) == [question]

    async def test_the_published_lists_of_people(self, hub: System, shared: Path) -> None:
        async with client(hub) as council:
            known = await reviews(council, question="conflict", source=SOCIAL_CARE)
            places: dict[str, list[str]] = {}
            for path in sorted((shared / "council").glob("*.csv")):
                place = await dropped(hub, f"{path.stem}_2026-03-02.csv", path.read_bytes())
                places.setdefault(place, []).append(path.stem)
            assert places.pop("rejected") == ["test_fail_validation"]
            assert {place: len(stems) for place, stems in places.items()} == {"done": 6}
            asked = await reviews(council, question="conflict", source=SOCIAL_CARE)
            assert len(asked) == len(known) + 1, "the two people under one SourceID"
            waiting = await reviews(council, question="unmatched-input", source=EARLY_HELP)
            assert len(waiting) >= 299, "nobody of a source that makes no children is a child"
            facts = (await read_all(hub.kafka, [FACTS.name]))[FACTS.name]
            assert facts
            assert not [record for record in facts if EARLY_HELP.encode() in record.value]


def child(number: int, given: str) -> dict[str, Any]:
    """A person whom council and trust both know by a verified NHS number."""
    numbers = ("9990100012", "9990100020", "9990100039", "9990100047")
    return {
        "nhs_number": numbers[number],
        "nhs_number_status": "01",
        "given": given,
        "family": "Throckley",
        "birth_date": f"2015-06-1{number}",
    }


def told(who: dict[str, Any], request: str, *advice: str) -> list[dict[str, Any]]:
    """The council's events: a request for an assessment, and medical advice asked of the trust, once for each."""
    person = {"id": f"P-{request}"} | who
    asked = {"heading": "medical", "service": "speech-and-language", "asked": {"role": "trust", "ods": "RXQ"}}
    events = [event("assessment.requested", request, person, ASKED, data={"case_reference": request})]
    return events + [
        event("advice.requested", each, person, ASKED, subject={"request": request, "advice": each}, data=asked)
        for each in advice
    ]


def conversation(who: dict[str, Any], **echo: str) -> bars.Conversation:
    """The trust's, with or without an echo of our references."""
    born = date.fromisoformat(who["birth_date"])
    person = Person.model_validate({"id": f"T-{who['given']}", **who, "birth_date": born})
    return bars.Conversation(guid=bars.conversation_guid(who["given"]), person=person, trust="RXQ", **echo)


async def states(council: Client, request: str) -> dict[str, str]:
    """The state of each piece of advice of a case, by our reference."""
    record = await council.child(request)
    assert record is not None
    return {each["id"].rpartition("/")[2]: each["state"] for case in record["cases"] for each in case["advice"]}


class TestBars:
    async def test_an_echo_of_our_reference_says_which_advice_it_is(self, hub: System) -> None:
        who = child(0, "Isolde")
        async with client(hub) as council:
            await council.tell(COUNCIL, told(who, "BARS-1", "BARS-1-A", "BARS-1-B"))
            about = conversation(who, advice=f"{COUNCIL}/BARS-1-B", request=f"{COUNCIL}/BARS-1")
            assert (await send(council, TRUST, bars.acknowledged(about, AT))).status_code == 200
            assert await states(council, "BARS-1") == {"BARS-1-A": "sent", "BARS-1-B": "acknowledged"}
            assert (await send(council, TRUST, bars.sent(about, AT.replace(hour=15)))).status_code == 200
            assert await states(council, "BARS-1") == {"BARS-1-A": "sent", "BARS-1-B": "received"}

    async def test_without_an_echo_the_only_advice_that_fits_is_meant(self, hub: System) -> None:
        who = child(1, "Balthazar")
        async with client(hub) as council:
            await council.tell(COUNCIL, told(who, "BARS-2", "BARS-2-A"))
            assert (await send(council, TRUST, bars.sent(conversation(who), AT))).status_code == 200
            assert await states(council, "BARS-2") == {"BARS-2-A": "received"}

    async def test_without_an_echo_two_that_fit_are_a_question_until_a_later_message_echoes(self, hub: System) -> None:
        who = child(2, "Clementia")
        async with client(hub) as council:
            await council.tell(COUNCIL, told(who, "BARS-3", "BARS-3-A", "BARS-3-B"))
            about = conversation(who)
            assert (await send(council, TRUST, bars.sent(about, AT, document=False))).status_code == 200
            assert set((await states(council, "BARS-3")).values()) == {"sent"}
            (asked,) = await reviews(council, question="which-case", record=about.guid)
            assert (asked["state"], len(asked["candidates"])) == ("open", 2)
            assert "Clementia" not in str(asked)
            again = bars.sent(conversation(who, advice=f"{COUNCIL}/BARS-3-A"), AT.replace(hour=12), document=False)
            assert (await send(council, TRUST, again)).status_code == 200
            assert await states(council, "BARS-3") == {"BARS-3-A": "sent-by-body", "BARS-3-B": "sent"}
            (answered,) = await reviews(council, question="which-case", record=about.guid)
            assert answered["state"] == "resolved"

    async def test_advice_about_nobody_known_waits_and_counts_once_the_councils_record_comes(self, hub: System) -> None:
        who = child(3, "Dorothea")
        async with client(hub) as council:
            about = conversation(who, advice=f"{COUNCIL}/BARS-4-A")
            assert (await send(council, TRUST, bars.sent(about, AT))).status_code == 200
            waiting = await reviews(council, question="unmatched-input", record=about.guid)
            assert {each["state"] for each in waiting} == {"open"}
            assert "Dorothea" not in str(waiting)
            await council.tell(COUNCIL, told(who, "BARS-4", "BARS-4-A"))
            assert await states(council, "BARS-4") == {"BARS-4-A": "received"}
            after = await reviews(council, question="unmatched-input", record=about.guid)
            assert {each["state"] for each in after} == {"resolved"}
            assert {each["id"] for each in after} == {each["id"] for each in waiting}
