"""The file connector as a process on the real Kafka, also when it is killed in the middle of a file."""

import contextlib
import sqlite3
from datetime import date

from aiokafka import ConsumerRecord

from hub.embedded.kafka import Kafka
from hub.runtime import topics
from hub.simulator.council_csv import drop, file_name, people_csv
from schemas.envelope import Envelope
from schemas.topics import COUNCIL_EVENTS
from tests.integration.files.conftest import MODULE, Place
from tests.support.files import person_row
from tests.support.processes import running
from tests.support.streams import read_until

NAME = file_name("people", date(2024, 3, 2))
NUMBER = 8_000


def remembered(place: Place) -> int:
    """How many records the process has noted so far."""
    with contextlib.closing(sqlite3.connect(place.root / "ledger.db")) as database:
        try:
            return int(database.execute("SELECT count(*) FROM files_seen").fetchone()[0])
        except sqlite3.OperationalError:
            return 0


async def published(broker: Kafka, place: Place, at_least: int) -> list[Envelope]:
    """The envelopes of this test's own source."""

    def ours(records: list[ConsumerRecord]) -> list[Envelope]:
        found = [Envelope.of(tuple(record.headers)) for record in records]
        return [each for each in found if each.source == place.source]

    return ours(await read_until(broker.bootstrap, COUNCIL_EVENTS.name, lambda found: len(ours(found)) >= at_least))


async def test_each_person_of_a_file_is_there_once_acked_even_if_the_process_is_killed(
    broker: Kafka, place: Place
) -> None:
    await topics.create(broker.bootstrap, 1)
    environment = place.env(broker.bootstrap, SENDHUB_ACK_TIMEOUT="10")
    drop(place.folder, NAME, people_csv(person_row(number) for number in range(NUMBER)))
    with running(MODULE, env=environment, log=place.log) as process:
        place.until(lambda: remembered(place))
        process.kill()
        process.wait()
    assert 0 < remembered(place) < NUMBER, "it was in the middle of the file"
    with running(MODULE, env=environment, log=place.log):
        place.until(lambda: (place.folder / "done" / NAME).exists() and (place.folder / "done" / NAME).stat().st_size)
    assert not (place.folder / NAME).exists()
    found = await published(broker, place, NUMBER)
    assert len({each.id for each in found}) == NUMBER
    assert len(found) <= NUMBER + 200, "only what was in flight is repeated"
    assert {each.type for each in found} == {"sendhub.council.row"}
