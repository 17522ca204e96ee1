"""One conformance suite for the store, on SQLite and on a real PostgreSQL."""

import json
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select, text

from hub.stages.errors import PermanentError, Unavailable
from hub.store import Conflict, NotReached, Projector, SchemaMismatch
from hub.store.engine import open_engine
from hub.store.tables import alerts, children, dead_letter_contents, dead_letters, deadlines, metadata, reviews
from tests.support.readmodel import AT, alert, child, dead_letter, deadline, record, resolution, review

pytest_plugins = ["tests.support.postgres"]


@pytest.fixture
def seen():
    return []


@pytest.fixture
def projector(database_url, seen):
    opened = Projector.open(database_url, seen.append)
    yield opened
    opened.close()


def rows(url, table):
    engine = open_engine(url, read_only=True)
    with engine.connect() as connection:
        found = {row["key"]: dict(row) for row in connection.execute(select(table)).mappings()}
    engine.dispose()
    return found


def position(projector, topic="hub.children", partition=0):
    return projector.positions([(topic, partition)])[topic, partition]


def test_a_position_never_applied_is_nought(projector):
    assert projector.positions([("hub.children", 3), ("hub.alerts", 0)]) == {
        ("hub.children", 3): 0,
        ("hub.alerts", 0): 0,
    }


def test_rows_and_position_move_together(projector, database_url):
    projector.apply("hub.children", 0, [child(4), child(6, "chd-2", open=False)], expected=0, next_offset=7)
    assert position(projector) == 7
    found = rows(database_url, children)
    assert found["chd-1"]["received_on"].isoformat() == "2026-09-14"
    assert (found["chd-1"]["area"], found["chd-1"]["is_open"], found["chd-2"]["is_open"]) == ("825", True, False)
    assert found["chd-1"]["body"].encode() == child(4).value


def test_every_topic_has_its_table(projector, database_url):
    projector.apply("hub.deadlines", 0, [deadline(0)], 0, 1)
    projector.apply("hub.alerts", 0, [alert(0)], 0, 1)
    projector.apply("hub.review", 0, [review(0)], 0, 1)
    projector.apply("hub.deadletter", 0, [dead_letter(0)], 0, 1)
    assert rows(database_url, deadlines)["chd-1|dl-1"]["state"] == "running"
    assert rows(database_url, alerts)["chd-1|al-1"]["threshold"] == "overdue"
    assert rows(database_url, reviews)["rv-1"]["question"] == "conflict"
    (letter,) = rows(database_url, dead_letters).values()
    assert (letter["stage"], letter["source"]) == ("intake", "one-education:825:2022")
    assert rows(database_url, dead_letter_contents)[letter["key"]]["value"] == b"\xff\x00 raw"


def test_the_last_of_a_key_stands_within_a_batch_and_between(projector, database_url):
    projector.apply("hub.alerts", 0, [alert(0), alert(1, state="cleared", reason="met")], 0, 2)
    assert rows(database_url, alerts)["chd-1|al-1"]["state"] == "cleared"
    projector.apply("hub.alerts", 0, [alert(2)], 2, 3)
    assert rows(database_url, alerts)["chd-1|al-1"]["state"] == "open"


def test_an_alert_that_moves_to_another_child_stands_whichever_comes_first(projector, database_url):
    projector.apply("hub.alerts", 0, [alert(0)], 0, 1)
    projector.apply("hub.alerts", 1, [alert(0, child_id="chd-2")], 0, 1)
    projector.apply("hub.alerts", 0, [alert(1, state="cleared", reason="corrected")], 1, 2)
    states = {key: row["state"] for key, row in rows(database_url, alerts).items()}
    assert states == {"chd-1|al-1": "cleared", "chd-2|al-1": "open"}


def test_a_tombstone_removes_and_a_later_record_brings_back(projector, database_url):
    gone = record("hub.deadlines", 1, "chd-1|dl-1", None)
    projector.apply("hub.deadlines", 0, [deadline(0)], 0, 1)
    projector.apply("hub.deadlines", 0, [gone], 1, 2)
    assert rows(database_url, deadlines) == {}
    projector.apply(
        "hub.deadlines", 0, [deadline(2), record("hub.deadlines", 3, "chd-1|dl-1", None), deadline(4)], 2, 5
    )
    assert set(rows(database_url, deadlines)) == {"chd-1|dl-1"}


def test_a_stale_twin_is_refused_and_writes_nothing(projector, database_url):
    twin = Projector.open(database_url, lambda _: None)
    assert position(twin) == position(projector) == 0
    projector.apply("hub.children", 0, [child(0)], 0, 1)
    with pytest.raises(Conflict):
        twin.apply("hub.children", 0, [child(0, "chd-9")], 0, 1)
    projector.apply("hub.children", 0, [child(1)], 1, 2)
    with pytest.raises(Conflict):
        twin.apply("hub.children", 0, [child(1, "chd-9")], 1, 2)
    assert set(rows(database_url, children)) == {"chd-1"}
    assert position(twin) == 2
    twin.close()


def test_of_two_at_the_same_time_one_wins(database_url):
    twins = [Projector.open(database_url, lambda _: None) for _ in range(2)]
    start, outcomes = threading.Barrier(2), []

    def run(twin):
        for number in range(20):
            start.wait()
            try:
                twin.apply("hub.children", 0, [child(number)], number, number + 1)
                outcomes.append("won")
            except Conflict:
                outcomes.append("refused")

    threads = [threading.Thread(target=run, args=(twin,)) for twin in twins]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (outcomes.count("won"), outcomes.count("refused")) == (20, 20)
    assert position(twins[0]) == 20
    for twin in twins:
        twin.close()


def test_a_position_ahead_of_the_database_is_a_conflict(projector):
    with pytest.raises(Conflict):
        projector.apply("hub.children", 0, [child(5)], 5, 6)
    with pytest.raises(Conflict):
        projector.apply("hub.children", 0, [child(5)], 0, 5)
    assert position(projector) == 0


def test_a_record_given_up_is_passed_by_an_empty_batch(projector):
    projector.apply("hub.children", 0, [], 0, 1)
    projector.apply("hub.deadletter", 0, [], 0, 1)
    assert position(projector) == 1
    assert position(projector, "hub.deadletter") == 1


@pytest.mark.parametrize(
    "poison",
    [
        record("hub.children", 1, "chd-2", b"{"),
        record("hub.children", 1, "chd-2", b"[]"),
        record("hub.children", 1, "chd-2", b"\xff"),
        child(1, "x" * 201),
        child(1, "a\0b"),
        child(1, ""),
        record("hub.children", 1, "chd-2", child(1, "chd-3").value),
        child(1, "chd-2", received_on="not a day"),
        record("hub.deadlines", 1, "chd-1|dl-1", {"id": "dl-1"}),
        record("hub.deadlines", 1, "chd-1|dl-2", deadline(1).value),
        record("hub.alerts", 1, "", None),
        record("hub.review", 1, "rv-2", review(1).value),
        record("hub.deadletter", 1, "council.events", b"no headers"),
    ],
)
def test_poison_is_permanent_and_takes_nothing_with_it(projector, database_url, poison):
    good = {"hub.children": child, "hub.deadlines": deadline, "hub.alerts": alert, "hub.review": review}
    first = good.get(poison.topic, dead_letter)(0)
    with pytest.raises(PermanentError):
        projector.apply(poison.topic, 0, [first, poison], 0, 2)
    assert position(projector, poison.topic) == 0
    assert not any(rows(database_url, table) for table in (children, deadlines, alerts, reviews, dead_letters))


def test_odd_but_valid_text_is_kept(projector, database_url):
    odd = child(0, area="a\0b", case_reference="R" * 5_000)
    projector.apply("hub.children", 0, [odd], 0, 1)
    (found,) = rows(database_url, children).values()
    assert json.loads(found["body"])["area"] == "a\0b"
    assert len(found["case_reference"]) == 200


def test_receipt_is_observed_after_the_commit_and_only_then(projector, seen):
    headers = [("received_at", b"2026-10-20T09:30:00Z")]
    with pytest.raises(Conflict):
        projector.apply("hub.children", 0, [child(8, headers=headers)], 8, 9)
    assert seen == []
    others = [
        child(1),
        child(2, headers=[("received_at", b"soon")]),
        child(3, headers=[("received_at", b"2026-10-20")]),
    ]
    projector.apply("hub.children", 0, [child(0, headers=headers), *others], 0, 4)
    assert seen == [AT]


@pytest.mark.parametrize("together", [True, False])
def test_a_resolution_keeps_what_is_known_and_drops_the_bytes(projector, database_url, together):
    letter, other = dead_letter(0), dead_letter(1)
    said = resolution(2, letter, how="replayed", offset=9, returns_as="next")
    if together:
        projector.apply("hub.deadletter", 0, [letter, other, said], 0, 3)
    else:
        projector.apply("hub.deadletter", 0, [letter, other], 0, 2)
        projector.apply("hub.deadletter", 0, [said], 2, 3)
    found = {json.loads(row["body"])["offset"]: row for row in rows(database_url, dead_letters).values()}
    assert {offset: row["status"] for offset, row in found.items()} == {0: "replayed", 1: "open"}
    assert json.loads(found[0]["body"])["resolution"]["by"] == "ops"
    assert set(rows(database_url, dead_letter_contents)) == {found[1]["key"]}


@pytest.mark.parametrize("together", [True, False])
def test_a_letter_that_is_written_twice_stays_resolved(projector, database_url, together):
    letter = dead_letter(0)
    said = [letter, resolution(1, letter), replace(letter, offset=2)]
    if together:
        projector.apply("hub.deadletter", 0, said, 0, 3)
    else:
        for offset, record in enumerate(said):
            projector.apply("hub.deadletter", 0, [record], offset, offset + 1)
    (row,) = rows(database_url, dead_letters).values()
    assert row["status"] == "resolved"
    assert rows(database_url, dead_letter_contents) == {}


def test_a_record_that_was_passed_by_is_written_later(projector, database_url):
    projector.apply("hub.children", 0, [], 0, 5)
    projector.reapply(child(3, area="826"), read_to=5)
    assert rows(database_url, children)["chd-1"]["area"] == "826"
    assert position(projector) == 5


def test_a_record_is_not_written_over_what_nobody_looked_at(projector, database_url):
    projector.apply("hub.children", 0, [], 0, 5)
    projector.apply("hub.children", 0, [child(5, area="827")], 5, 6)
    with pytest.raises(Conflict):
        projector.reapply(child(3, area="826"), read_to=5)
    assert rows(database_url, children)["chd-1"]["area"] == "827"


def test_a_record_that_is_still_to_come_is_left_to_the_projection(projector, database_url):
    with pytest.raises(NotReached):
        projector.reapply(child(0), read_to=9)
    projector.apply("hub.children", 0, [], 0, 3)
    with pytest.raises(NotReached):
        projector.reapply(child(3), read_to=9)
    assert rows(database_url, children) == {}


def test_the_projection_waits_while_an_old_record_is_written(projector, database_url):
    """Held between the look at the position and the row: whatever comes meanwhile is written after it."""
    projector.apply("hub.children", 0, [], 0, 5)
    other = Projector.open(database_url, lambda _: None)
    looked, go_on, ended = threading.Event(), threading.Event(), []

    @event.listens_for(projector._engine, "before_cursor_execute")
    def hold(_connection, _cursor, statement, *_rest):
        if statement.startswith("INSERT INTO children"):
            looked.set()
            assert go_on.wait(20)

    def newer():
        other.apply("hub.children", 0, [child(5, area="827")], 5, 6)
        ended.append("newer")

    old = threading.Thread(target=lambda: (projector.reapply(child(3, area="826"), 5), ended.append("old")))
    new = threading.Thread(target=newer)
    old.start()
    assert looked.wait(20)
    new.start()
    new.join(0.5)
    assert ended == []
    go_on.set()
    old.join()
    new.join()
    assert rows(database_url, children)["chd-1"]["area"] == "827"
    other.close()


def letter_at(offset, at):
    return replace(dead_letter(offset, at=at), timestamp=int(AT.timestamp() * 1000))


def test_dead_letters_are_forgotten_with_their_topic(projector, database_url):
    old, other = letter_at(0, AT - timedelta(days=91)), letter_at(1, AT - timedelta(days=89))
    projector.apply("hub.deadletter", 0, [old, other], 0, 2)
    assert len(rows(database_url, dead_letters)) == 2
    projector.apply("hub.deadletter", 0, [letter_at(2, AT)], 2, 3)
    assert len(rows(database_url, dead_letters)) == len(rows(database_url, dead_letter_contents)) == 2


def test_a_letter_from_a_clock_that_runs_ahead_makes_no_other_one_old(projector, database_url):
    projector.apply("hub.deadletter", 0, [letter_at(0, AT)], 0, 1)
    projector.apply("hub.deadletter", 0, [letter_at(1, AT + timedelta(days=400))], 1, 2)
    assert len(rows(database_url, dead_letters)) == len(rows(database_url, dead_letter_contents)) == 2


CRASH = """
import os, signal, sys
from sqlalchemy import event
from hub.store import Projector
from tests.support.readmodel import child
projector = Projector.open(sys.argv[1], lambda _: None)
projector.apply("hub.children", 0, [child(0)], 0, 1)
event.listen(projector._engine, "commit", lambda connection: os.kill(os.getpid(), signal.SIGKILL))
projector.apply("hub.children", 0, [child(1, "chd-2"), child(2, "chd-3")], 1, 3)
"""


def test_a_crash_before_the_commit_leaves_neither_rows_nor_position(database_url):
    done = subprocess.run([sys.executable, "-c", CRASH, database_url], capture_output=True, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr
    after = Projector.open(database_url, lambda _: None)
    assert position(after) == 1
    assert set(rows(database_url, children)) == {"chd-1"}
    after.apply("hub.children", 0, [child(1, "chd-2"), child(2, "chd-3")], 1, 3)
    assert set(rows(database_url, children)) == {"chd-1", "chd-2", "chd-3"}
    after.close()


def test_a_failure_between_position_and_rows_undoes_both(projector, database_url):
    def fail(connection, clauseelement, *_):
        if getattr(getattr(clauseelement, "table", None), "name", "") == "children":
            raise RuntimeError("power cut")

    event.listen(projector._engine, "before_execute", fail)
    with pytest.raises(RuntimeError):
        projector.apply("hub.children", 0, [child(0)], 0, 1)
    event.remove(projector._engine, "before_execute", fail)
    assert position(projector) == 0
    assert rows(database_url, children) == {}


@pytest.mark.parametrize(("version", "said"), [(0, "an older"), (99, "a newer")])
def test_another_schema_is_refused(database_url, version, said):
    Projector.open(database_url, lambda _: None).close()
    engine = open_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE schema_version SET version = {version}"))
    engine.dispose()
    with pytest.raises(SchemaMismatch, match=said):
        Projector.open(database_url, lambda _: None)


def test_foreign_tables_of_the_same_name_are_refused(database_url):
    engine = open_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE children (name text)"))
    engine.dispose()
    with pytest.raises(SchemaMismatch, match="without a version"):
        Projector.open(database_url, lambda _: None)


def test_two_may_make_the_tables_letter_at(database_url):
    failures = []

    def run():
        try:
            Projector.open(database_url, lambda _: None).close()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    engine = open_engine(database_url)
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(metadata.tables["schema_version"])).scalar() == 1
    engine.dispose()


def test_a_reader_cannot_write(projector, database_url):
    reader = Projector(open_engine(database_url, read_only=True), lambda _: None)
    with pytest.raises(Unavailable):
        reader.apply("hub.children", 0, [child(0)], 0, 1)
    reader.close()
    assert position(projector) == 0
