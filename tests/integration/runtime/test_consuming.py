"""The worked example of docs/consuming.md, run as it is written there, on a real Kafka."""

import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from hub.embedded import kafka
from hub.runtime import topics
from schemas.versions import versioned
from tests.support.processes import PROJECT
from tests.support.readmodel import alert, child, deadline

MERGED = {"child_id": "chd-2", "event": "child.merged", "surviving": "chd-3", "on": "2026-10-20"}


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory):
    """A broker of its own: what this writes is nobody else's to read."""
    running = kafka.start(PROJECT, tmp_path_factory.mktemp("consuming"))
    try:
        yield running.bootstrap
    finally:
        running.stop()


@pytest.fixture
async def write(own_broker):
    """Writes records as the hub does, in one transaction each, or gives it up."""
    await topics.create(own_broker, 1)
    producer = AIOKafkaProducer(bootstrap_servers=own_broker, transactional_id="hub")
    await producer.start()

    async def say(*records, given_up=False, **headers):
        await producer.begin_transaction()
        for each in records:
            said = versioned(each.topic, tuple((name, value.encode()) for name, value in headers.items()))
            await producer.send_and_wait(each.topic, each.value, key=each.key, headers=said)
        await (producer.abort_transaction() if given_up else producer.commit_transaction())

    yield say
    await producer.stop()


def programs() -> list[str]:
    """The page's programs: of the topics, and of the change feed."""
    return re.findall(r"```python\n(.*?)```", (PROJECT / "docs" / "consuming.md").read_text(), re.DOTALL)


class Reader:
    """The page's program, with a file of its own."""

    def __init__(self, bootstrap: str, folder: Path) -> None:
        code = programs()[0]
        self.program, self.file, self._bootstrap = folder / "reader.py", folder / "copy.db", bootstrap
        self.program.write_text(code)

    def run(self) -> tuple[int, list[str], str]:
        command = [sys.executable, str(self.program), self._bootstrap, str(self.file), "--once"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout.splitlines(), done.stderr.strip()

    def ask(self, query: str) -> list:
        with closing(sqlite3.connect(self.file)) as copy, copy:
            return copy.execute(query).fetchall()

    def whose(self, child_id: str) -> str:
        code = f"import reader; print(reader.whose(reader.open_copy({str(self.file)!r}), {child_id!r}))"
        command = [sys.executable, "-c", code]
        return subprocess.check_output(command, cwd=self.program.parent, text=True).strip()


async def test_the_worked_example_runs_as_written(own_broker, write, tmp_path):
    reader = Reader(own_broker, tmp_path)
    three = [child(0, f"chd-{n}") for n in (1, 2, 3)]
    await write(*three, deadline(0, "chd-1"), deadline(0, "chd-2"), alert(0), something="new")
    await write(child(0, "chd-9"), given_up=True)
    assert reader.run() == (0, ["overdue for coordinator: dl-1"], "")
    assert reader.ask("SELECT id FROM children ORDER BY id") == [("chd-1",), ("chd-2",), ("chd-3",)]
    assert reader.ask("SELECT key FROM deadlines ORDER BY key") == [("chd-1|dl-1",), ("chd-2|dl-1",)]
    assert reader.run()[1] == [], "nothing twice"

    gone = deadline(0, "chd-2")
    known = json.loads(child(0, "chd-2").value)
    await write(
        type(gone)(gone.topic, 0, 0, gone.key, None),
        type(gone)("hub.children", 0, 0, b"chd-2", json.dumps(MERGED).encode()),
        child(0, "chd-1", restricted=True),
        alert(0, state="cleared", reason="moved"),
        alert(0, child_id="chd-3", moved=True),
        alert(0, "al-2", audience="restricted"),
        alert(0, "al-3", threshold="something-new", something="new"),
    )
    assert reader.run() == (0, ["something-new for coordinator: dl-1"], "")
    assert reader.ask("SELECT id, restricted, record FROM children WHERE id = 'chd-1'") == [
        ("chd-1", 1, '{"child_id": "chd-1", "restricted": true}')
    ]
    assert reader.ask("SELECT * FROM deadlines") == []
    assert (reader.whose("chd-2"), reader.whose("chd-1")) == ("chd-3", "chd-1")

    split = MERGED | {"event": "child.split"}
    await write(
        type(gone)("hub.children", 0, 0, b"chd-2", json.dumps(split).encode()),
        child(0, "chd-2", moving=["lnk-1"]),
        type(gone)("hub.children", 0, 0, b"chd-3", None),
    )
    assert reader.run()[0] == 0
    assert reader.ask("SELECT id, moving FROM children ORDER BY id") == [("chd-1", 0), ("chd-2", 1)]
    assert reader.whose("chd-2") == "chd-2"
    assert json.loads(reader.ask("SELECT record FROM children WHERE id = 'chd-2'")[0][0]) == known | {
        "moving": ["lnk-1"]
    }


async def test_nothing_is_left_of_a_child_that_was_adopted(own_broker, write, tmp_path):
    reader, gone = Reader(own_broker, tmp_path), type(child(0))
    await write(child(0, "chd-8"), deadline(0, "chd-8"), alert(0, "al-8", child_id="chd-8"), schema="1")
    reader.program.write_text(reader.program.read_text().replace('"hub.children": {1}', '"hub.children": {1, 2}'))
    assert reader.run()[0] == 0
    told = [("hub.children", b"chd-8"), ("hub.deadlines", b"chd-8|dl-1"), ("hub.alerts", b"chd-8")]
    await write(*(gone(topic, 0, 0, key, None) for topic, key in told))
    assert reader.run()[0] == 0
    with closing(sqlite3.connect(reader.file)) as copy:
        assert "chd-8" not in "\n".join(copy.iterdump())


async def test_a_version_that_is_not_known_stops_it_and_loses_nothing(own_broker, write, tmp_path):
    reader = Reader(own_broker, tmp_path)
    await write(child(0, "chd-5"), schema="2")
    status, _, said = reader.run()
    assert (status, said) == (1, "hub.children now has version 2: take a newer reader")
    assert reader.ask("SELECT count(*) FROM children WHERE id = 'chd-5'") == [(0,)]
    reader.program.write_text(reader.program.read_text().replace('"hub.children": {1}', '"hub.children": {1, 2}'))
    assert reader.run()[0] == 0
    assert reader.ask("SELECT count(*) FROM children WHERE id = 'chd-5'") == [(1,)]


async def test_who_was_away_for_long_begins_anew(own_broker, write, tmp_path):
    reader = Reader(own_broker, tmp_path)
    await write(child(0, "chd-7"))
    reader.program.write_text(reader.program.read_text().replace('"hub.children": {1}', '"hub.children": {1, 2}'))
    assert reader.run()[0] == 0
    reader.ask("INSERT INTO children VALUES ('chd-ended-meanwhile', 0, 0, '{}')")
    assert reader.run()[1] == []
    assert reader.ask("SELECT id FROM children WHERE id = 'chd-ended-meanwhile'") == [("chd-ended-meanwhile",)]
    reader.ask("UPDATE seen SET at = at - 72001")
    assert reader.run()[1] == [], "alerts that were told stay told"
    assert reader.ask("SELECT id FROM children WHERE id IN ('chd-ended-meanwhile', 'chd-7')") == [("chd-7",)]
