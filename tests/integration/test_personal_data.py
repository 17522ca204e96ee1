"""Names, numbers, postcodes and dates of birth stay left of the identity stage, whatever is sent and however it fails;
and left of it they are sealed.

One family of made-up people is sent through every connector, well and badly. Then every place is searched for them:
topics as they are and, left of identity, opened; the read model, the API, logs, metrics, and every file on the disk.
"""

import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer, ConsumerRecord

from hub.embedded.kafka import Kafka
from hub.embedded.system import System
from hub.platform.settings import Settings
from hub.runtime.partitions import to_record
from hub.runtime.programs import PARTS
from hub.simulator import bars
from hub.simulator.council_csv import drop, file_name, people_csv
from schemas import heartbeats
from schemas.envelope import Envelope
from schemas.people import Person
from schemas.topics import (
    COUNCIL_EVENTS,
    DEADLETTER,
    IDENTITY_STATE,
    NHS_MESSAGES,
    OBSERVATIONS,
    TOPICS,
)
from tests.integration.conftest import COUNCIL, TRUST
from tests.support.client import Client, client, event
from tests.support.files import person_row, put_away
from tests.support.sealed import in_clear, seal
from tests.support.streams import read_all
from tests.support.trust import send

pytestmark = pytest.mark.asyncio(loop_scope="session")

LEFT = {topic.name for topic in (COUNCIL_EVENTS, NHS_MESSAGES, OBSERVATIONS, IDENTITY_STATE, DEADLETTER)}
"""Topics whose values hold a person here, sealed (nobody is traced); no topic's keys or headers may."""

BY_HAND = b"by-hand"
LISTS = ("/children", "/deadlines", "/alerts", "/reviews", "/dead-letters")
AT = datetime(2026, 11, 10, 10, 0, tzinfo=UTC)
PERSON = {
    "id": "P-MARK-1",
    "nhs_number": "9990777004",
    "nhs_number_status": "01",
    "upn": "G825400122001",
    "given": "Zebulon",
    "family": "Quixwold",
    "birth_date": "2013-02-17",
    "postcode": "ZZ99 7QX",
}
STRANGER = PERSON | {"id": "P-MARK-2", "nhs_number": "9990777012", "given": "Zenobia", "upn": None}
NAMES = "zebulon|quixwold|zenobia|999.?077.?7004|999.?077.?7012|999.?077.?7013|g825400122001|zz99.?7qx"
MARKS = re.compile(NAMES, re.IGNORECASE)
BORN = re.compile("2013-?02-?17|17/?02/?2013")
HASH = re.compile("[0-9a-f]{24,}")
"""Of millions of these some have the eight digits of a date in a row; none has a name or one of the numbers."""


def marks(content: str | bytes | None) -> set[str]:
    """The marks found in a text."""
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else content or ""
    return {*MARKS.findall(text), *BORN.findall(HASH.sub(" ", text))}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def told(hub: System) -> System:
    """The hub, once it has worked off all that is sent here."""
    async with client(hub) as council:
        await _webhook(council)
        await _bars(council)
    await _files(hub)
    await _unreadable(hub)
    await hub.pipeline.drained()
    return hub


async def _webhook(council: Client) -> None:
    requested = event("assessment.requested", "MARK-1", PERSON, data={"case_reference": "MARK-1"})
    asked = event("advice.requested", "MARK-ADV", PERSON, subject={"request": "MARK-1", "advice": "MARK-ADV"})
    asked["data"] = {"heading": "medical", "asked": {"role": "trust", "ods": "RXQ"}}
    good = [
        requested,
        asked,
        event("advice.returned", "MARK-ADV", PERSON, subject={"advice": "MARK-ADV"}, data={"reason": "wrong body"}),
        event("assessment.requested", "MARK-2", PERSON | {"given": "Zenobia"}, data={"case_reference": "MARK-2"}),
    ]
    bad: list[Any] = [
        event("assessment.requested", "Zebulon Quixwold", PERSON),
        event("assessment.requested", "MARK-9990777004", PERSON),
        event("assessment.requested", "MARK-3", PERSON, subject={"request": f"{COUNCIL}/9990777012"}),
        event("advice.returned", "MARK-3", PERSON, data={"reason": "Zebulon Quixwold, 17/02/2013, did not come"}),
        event("child.moved", "MARK-3", PERSON, data={"to_area": "ZZ99 7QX"}),
        event("assessment.requested", "MARK-3", PERSON | {"birth_date": "17/02/2013", "sex": 5}),
        event("assessment.requested", "MARK-3", PERSON, **{"Zebulon": 1, "9990777004": 2}),
        {**requested, "effective_on": "2026-11-03"},
    ]
    # One after the other: each request has a partition of its own, and who comes first under an id has it.
    for each in good:
        assert (await council.tell(COUNCIL, each)).status_code == 202
        await council.hub.pipeline.drained()
    answers = [await council.tell(COUNCIL, each) for each in bad]
    assert [answer.status_code for answer in answers] == [422] * (len(bad) - 1) + [409]
    assert not [found for answer in answers if (found := marks(answer.text + str(answer.headers)))]


async def _bars(council: Client) -> None:
    known, stranger = (
        Person.model_validate({**each, "id": "T" + each["id"], "birth_date": date(2013, 2, 17)})
        for each in (PERSON, STRANGER)
    )
    about = bars.Conversation(guid=bars.conversation_guid("mark"), person=known, trust="RXQ")
    unmatched = replace(about, guid=bars.conversation_guid("mark-2"), person=stranger)
    doubtful = replace(
        about,
        guid=bars.conversation_guid("mark-3"),
        person=stranger.model_copy(update={"id": "T3", "nhs_number": "9990777013"}),
    )
    echo = replace(unmatched, guid=bars.conversation_guid("mark-4"), advice="x/9990777012", request="x/Quixwold")
    good = [bars.sent(about, AT), bars.sent(unmatched, AT), bars.sent(doubtful, AT), bars.allocated(echo, AT)]
    assert [(await send(council, TRUST, each)).status_code for each in good] == [200] * len(good)
    wrong = bars.sent(about, AT)
    wrong["entry"][3]["resource"] |= {"Zebulon": "Quixwold", "birthDate": "17/02/2013"}
    for body in (wrong, bars.sent(about, AT) | {"meta": {"versionId": "Zebulon"}}, b'{"Zebulon": "Quixwold'):
        answer = await send(council, TRUST, body)
        assert answer.status_code in (400, 422)
        assert not marks(answer.text)


async def _files(hub: System) -> None:
    """A good list; one with a bad row among good ones; one that is wrong as a whole."""
    row = person_row(
        PersonID="P-MARK-3",
        UPN=PERSON["upn"],
        Forename="Zebulon",
        Surname="Quixwold",
        DOB=date(2013, 2, 17),
        PostCode=PERSON["postcode"],
        NHSNumber=PERSON["nhs_number"],
    )
    others = [person_row(number, NHSNumber=None, NHSNumberStatus=None) for number in range(800, 812)]
    bad = replace(row, NHSNumberStatus="Zebulon")
    names = [file_name("people", date(2026, 2, day)) for day in (2, 3, 4)]
    contents = [people_csv([row, *others]), people_csv([bad, *others]), people_csv([bad, bad, bad])]
    places = ("done", "done", "rejected")
    for name, content, place in zip(names, contents, places, strict=True):
        drop(hub.deployment.inbox, name, content)
        assert await put_away(hub.deployment.inbox, name) == place
    reports = list(hub.deployment.inbox.glob("*/*.report.json"))
    assert len([report for report in reports if report.name.startswith(tuple(names))]) == 2
    assert not [found for report in reports if (found := marks(report.read_bytes()))]


async def _unreadable(hub: System) -> None:
    """What no connector lets through, put on the topic all the same."""
    producer = AIOKafkaProducer(bootstrap_servers=hub.kafka, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        for number, value in enumerate(
            [b'{"Zebulon": "Quixwold"', b'{"Quixwold": 1, "person": {"given": ["Zebulon"]}}']
        ):
            envelope = Envelope(id=f"mark-{number}", source=COUNCIL, type="sendhub.council.event", time=AT)
            sealed = seal(COUNCIL_EVENTS.name, value, envelope.headers(), hub.deployment.folder / "ring")
            await producer.send_and_wait(COUNCIL_EVENTS.name, sealed, key=BY_HAND, headers=list(envelope.headers()))
    finally:
        await producer.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def records(told: System) -> dict[str, list[ConsumerRecord]]:
    """Everything on every topic, by topic."""
    return await read_all(told.kafka, [topic.name for topic in TOPICS])


@pytest.mark.parametrize("topic", [topic.name for topic in TOPICS])
async def test_no_topic_has_anybody_in_clear(records: dict[str, list[ConsumerRecord]], topic: str) -> None:
    found = records[topic]
    assert not [each.key for each in found if marks(each.key)]
    assert not [each.headers for each in found if any(marks(name) or marks(value) for name, value in each.headers)]
    assert not [each.value for each in found if marks(each.value)]


async def test_left_of_identity_whoever_has_the_key_finds_them(
    told: System, records: dict[str, list[ConsumerRecord]]
) -> None:
    logs = {topic: [to_record(each) for each in found] for topic, found in records.items()}
    settings = Settings(kafka=told.kafka, key_ring_file=told.deployment.folder / "ring")
    clear = await in_clear(logs, settings)
    inside = {topic for topic, found in clear.items() if any(marks(each.value) for each in found)}
    assert LEFT <= inside <= {topic.name for topic in TOPICS if topic.sealed}


async def test_no_file_of_the_broker_or_of_the_hub_holds_anybody_but_those_that_the_council_put_there(
    told: System, broker: Kafka
) -> None:
    # Kafka's index files hold offsets and instants, and are ten million zeros each.
    files = [path for folder in (broker.data, told.deployment.folder) for path in folder.rglob("*") if path.is_file()]
    files = [path for path in files if path.suffix not in (".index", ".timeindex")]
    segments = {path.parent.name.rpartition("-")[0] for path in files if path.suffix == ".log"}
    assert segments >= {topic.name for topic in TOPICS}
    inside = {path for path in files if _named_in(path)}
    assert {path for path in inside if told.deployment.inbox not in path.parents} == set()
    assert inside, "the search finds what is there"


def _named_in(path: Path) -> bool:
    """Whether a file names anybody; one that Kafka has taken away since it was listed names nobody."""
    try:
        return re.search(NAMES.encode(), path.read_bytes().lower()) is not None
    except FileNotFoundError:
        return False


async def test_the_keys_of_raw_topics_are_digests(records: dict[str, list[ConsumerRecord]]) -> None:
    keys = {each.key for topic in (COUNCIL_EVENTS, NHS_MESSAGES) for each in records[topic.name]}
    keys -= {BY_HAND, heartbeats.KEY}
    assert keys
    assert not [key for key in keys if not re.fullmatch(rb"[0-9a-f]{24}", key)]


async def test_no_log_and_no_metric_names_anybody(told: System) -> None:
    logs = sorted(told.deployment.logs.iterdir())
    assert len(logs) >= len(PARTS)
    assert not [path.name for path in logs if marks(path.read_bytes())]
    async with client(told) as reader:
        texts = {part.name: await reader.metrics(part.name) for part in PARTS}
    assert not [name for name, text in texts.items() if marks(text)]


async def test_neither_read_model_nor_ledger_holds_anybody(told: System) -> None:
    for name in ("readmodel.db", "ledger.db"):
        with closing(sqlite3.connect(f"file:{told.deployment.folder / name}?mode=ro", uri=True)) as database:
            rows = dict(_rows(database))
        assert any(rows.values())
        assert not [table for table, cells in rows.items() if any(map(marks, cells))]


def _rows(database: sqlite3.Connection) -> Iterable[tuple[str, list[str]]]:
    for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        found = database.execute(f'SELECT * FROM "{table}"').fetchall()
        cells = [cell for row in found for cell in row]
        yield table, [cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell) for cell in cells]


async def test_the_api_names_nobody(told: System) -> None:
    async with client(told) as reader:
        lists = {path: await reader.read(path) for path in LISTS}
    assert [each for each in lists["/children"] if each["case_reference"] == "MARK-1"]
    assert {each["question"] for each in lists["/reviews"]} >= {"conflict", "data", "unmatched-input"}
    assert len([each for each in lists["/dead-letters"] if each["stage"] == "intake"]) >= 2
    assert not [path for path, items in lists.items() if marks(str(items))]
