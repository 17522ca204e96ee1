"""Nothing is left out of the change feed, whoever writes at the same time and however its readers break off; on SQLite
and on a real PostgreSQL."""

import json
import random
import threading
import time

import pytest
from sqlalchemy import event, text

from hub.stages.stage import Record
from hub.store import Projector, changes
from hub.store.changes import Gone, View
from hub.store.changes_log import KEPT_DAYS
from hub.store.engine import open_engine
from hub.store.readmodel import ReadModel
from schemas.topics import DAY_MS
from tests.support.readmodel import alert, child, deadline, record

pytest_plugins = ["tests.support.postgres"]

ALL = View(None, named=True)
AREA = View(frozenset({"825"}), named=False)


@pytest.fixture
def projector(database_url):
    opened = Projector.open(database_url, lambda _: None)
    yield opened
    opened.close()


@pytest.fixture
def reader(database_url, projector):
    engine = open_engine(database_url, read_only=True)
    yield Reader(ReadModel(engine))
    engine.dispose()


class Reader:
    """Follows the feed, and keeps what it says."""

    def __init__(self, model, view=ALL):
        self.model, self.view, self.held, self.told = model, view, {}, []
        self.place = None

    def as_seen_by(self, view):
        return Reader(self.model, view)

    def begin(self):
        with self.model.connection() as connection:
            self.place = changes.beginning(connection)
        return self

    def read(self, limit=1_000):
        """One answer; what it told, by key."""
        with self.model.connection() as connection:
            found = changes.after(connection, self.place, self.view, limit)
        told = {(item["topic"], item["key"]): item["value"] for item in map(json.loads, found.items)}
        self.held |= told
        self.place = found.place
        return {key: value for (_, key), value in told.items()}

    def read_all(self, limit=7):
        while True:
            with self.model.connection() as connection:
                if changes.heads(connection) == self.place.numbers:
                    return self
            self.read(limit)

    @property
    def standing(self):
        return {key: value for key, value in self.held.items() if value is not None}


def test_a_reader_is_told_of_each_row_as_it_is_now(projector, reader):
    reader.begin()
    projector.apply("hub.children", 0, [child(0), child(1, "chd-2"), child(2, standing=3)], 0, 3)
    projector.apply("hub.deadlines", 1, [deadline(0)], 0, 1)
    projector.apply("hub.alerts", 2, [alert(0)], 0, 1)
    assert {key: (value or {}).get("standing") for key, value in reader.read().items()} == {
        "chd-1": 3,
        "chd-2": 0,
        "chd-1|dl-1": None,
        "chd-1|al-1": None,
    }
    assert reader.read() == {}
    projector.apply("hub.deadlines", 1, [record("hub.deadlines", 1, "chd-1|dl-1", None, partition=1)], 1, 2)
    assert reader.read() == {"chd-1|dl-1": None}
    merged = {"child_id": "chd-2", "event": "child.merged", "surviving": "chd-1", "on": "2026-10-20"}
    projector.apply("hub.children", 0, [record("hub.children", 3, "chd-2", merged)], 3, 4)
    assert reader.read() == {"chd-2": merged}
    late = reader.as_seen_by(ALL).begin().read_all()
    assert set(late.held) == {("hub.children", "chd-1"), ("hub.children", "chd-2"), ("hub.alerts", "chd-1|al-1")}


def test_a_record_that_is_written_again_is_told(projector, reader):
    """One that was given up, and is put into the read model behind the position."""
    projector.apply("hub.children", 0, [child(1, "chd-2")], 0, 2)
    reader.begin().read_all()
    projector.reapply(child(0, "chd-given-up"), 2)
    assert set(reader.read()) == {"chd-given-up"}


def test_what_was_numbered_first_and_committed_last_is_told(postgres_url):
    """The loss that one sequence for all has: a reader who has seen the later number asks for what is after it. (SQLite
    has one writer at a time.)"""
    projector, slow = (Projector.open(postgres_url, lambda _: None) for _ in range(2))
    _number_all_alike(postgres_url)
    engine = open_engine(postgres_url, read_only=True)
    naive, reader = Naive(engine), Reader(ReadModel(engine)).begin()
    writing, go_on = threading.Event(), threading.Event()

    @event.listens_for(slow._engine, "commit")
    def stand_still(_connection):
        writing.set()
        assert go_on.wait(20)

    thread = threading.Thread(target=lambda: slow.apply("hub.children", 0, [child(0, "chd-slow")], 0, 1))
    thread.start()
    assert writing.wait(20)
    projector.apply("hub.children", 1, [child(0, "chd-fast")], 0, 1)
    assert set(reader.read()) == {"chd-fast"}
    assert naive.read() == {"chd-fast"}
    go_on.set()
    thread.join()
    assert set(reader.read()) == {"chd-slow"}
    assert naive.read() == set(), "so this is what the lanes are for"
    for each in (projector, slow):
        each.close()
    engine.dispose()


def _number_all_alike(url):
    """What the feed does not do: a number for each change from one sequence."""
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE SEQUENCE alike"))
        connection.execute(text("ALTER TABLE changes ADD COLUMN alike bigint"))
        body = "BEGIN NEW.alike := nextval('alike'); RETURN NEW; END"
        connection.execute(text(f"CREATE FUNCTION alike() RETURNS trigger LANGUAGE plpgsql AS $${body}$$"))
        connection.execute(
            text("CREATE TRIGGER alike BEFORE INSERT OR UPDATE ON changes FOR EACH ROW EXECUTE FUNCTION alike()")
        )
    engine.dispose()


class Naive:
    """A reader of what is after the highest number that it has seen."""

    def __init__(self, engine):
        self._engine, self._after = engine, 0

    def read(self):
        with self._engine.connect() as connection:
            query = text("SELECT alike, item FROM changes WHERE alike > :after")
            rows = connection.execute(query, {"after": self._after}).all()
        self._after = max((row.alike for row in rows), default=self._after)
        return {row.item for row in rows}


@pytest.mark.parametrize("step", range(6))
def test_what_is_committed_between_two_questions_of_one_answer_is_told(database_url, projector, reader, step):
    """PostgreSQL shows each statement what was committed before it: an answer is not of one moment."""
    projector.apply("hub.children", 0, [child(0)], 0, 1)
    reader.begin()
    asked = []

    @event.listens_for(reader.model._engine, "after_cursor_execute")
    def meanwhile(*_):
        asked.append(step)
        if len(asked) == step + 1:
            projector.apply("hub.children", 0, [child(1, "chd-meanwhile")], 1, 2)

    reader.read(), reader.read()
    event.remove(reader.model._engine, "after_cursor_execute", meanwhile)
    assert len(asked) > step, "the write was between two of them"
    assert set(reader.read_all().standing) == {("hub.children", "chd-1"), ("hub.children", "chd-meanwhile")}


@pytest.mark.parametrize("seed", range(2))
def test_writers_at_once_and_readers_that_break_off(database_url, projector, reader, seed):
    """Six lanes are written at once, with pauses between numbering and commit; two readers ask for a few at a time,
    forget answers they had, and go on from an earlier place. In the end they hold what is there."""
    lanes = [(topic, number) for topic in ("hub.children", "hub.deadlines", "hub.alerts") for number in (0, 1)]
    stop = threading.Event()
    # SQLite has one writer: threads that share a projector take turns.
    ours = None if database_url.startswith("postgresql") else projector
    writers = [threading.Thread(target=_write, args=(database_url, ours, lane, 25, seed)) for lane in lanes]
    readers = [reader.as_seen_by(ALL).begin() for _ in range(2)]
    reading = [threading.Thread(target=_follow, args=(each, stop, seed + n)) for n, each in enumerate(readers)]
    for thread in (*reading, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in reading:
        thread.join()
    late = reader.as_seen_by(ALL).begin().read_all()
    assert len(late.standing) > 20
    for each in readers:
        assert each.read_all().standing == late.standing


def _write(url, shared, lane, batches, seed):
    topic, number = lane
    dice, at = random.Random(f"{lane} {seed}"), 0
    projector = shared or Projector.open(url, lambda _: None)
    if shared is None:
        event.listen(projector._engine, "commit", lambda _: time.sleep(dice.choice((0, 0, 0.004, 0.01))))
    make = {"hub.children": _child, "hub.deadlines": _deadline, "hub.alerts": _alert}[topic]
    for _ in range(batches):
        count = dice.randint(1, 4)
        records = [make(dice, at + n, number) for n in range(count)]
        projector.apply(topic, number, records, at, at + count)
        at += count
    if shared is None:
        projector.close()


def _child(dice, offset, lane):
    key = f"chd-{lane}-{dice.randint(0, 9)}"
    return record("hub.children", offset, key, None) if dice.random() < 0.2 else child(offset, key, standing=offset)


def _deadline(dice, offset, lane):
    name = f"dl-{dice.randint(0, 9)}"
    if dice.random() < 0.2:
        return record("hub.deadlines", offset, f"chd-{lane}|{name}", None)
    return deadline(offset, f"chd-{lane}", name, law=str(offset))


def _alert(dice, offset, lane):
    return alert(offset, f"al-{dice.randint(0, 9)}", child_id=f"chd-{lane}", service=str(offset))


def _follow(reader, stop, seed):
    dice = random.Random(seed)
    kept = [(reader.place, dict(reader.held))]
    while not stop.is_set():
        reader.read(dice.randint(1, 6))
        kept = [*kept[-5:], (reader.place, dict(reader.held))]
        if dice.random() < 0.3:  # what was kept last is all that a reader still has
            reader.place, held = dice.choice(kept)
            reader.held = dict(held)


def test_who_may_see_a_row_no_longer_is_told_once(projector, reader):
    area = reader.as_seen_by(AREA).begin()
    projector.apply("hub.children", 0, [child(0), child(1, "chd-elsewhere", area="826")], 0, 2)
    projector.apply("hub.deadlines", 0, [deadline(0)], 0, 1)
    assert set(area.read()) == {"chd-1", "chd-1|dl-1"}
    projector.apply("hub.deadlines", 0, [deadline(1, restricted=True)], 1, 2)
    projector.apply("hub.children", 0, [child(2, restricted=True)], 2, 3)
    assert area.read() == {"chd-1|dl-1": None, "chd-1": {"child_id": "chd-1", "restricted": True}}
    projector.apply("hub.deadlines", 0, [deadline(2, restricted=True, state="overdue")], 2, 3)
    projector.apply("hub.children", 0, [child(3, restricted=True, standing=1)], 3, 4)
    assert area.read() == {}, "what happens to it from then on is not theirs to know"
    late = reader.as_seen_by(AREA).begin()
    assert late.read() == {"chd-1": {"child_id": "chd-1", "restricted": True}}
    projector.apply("hub.children", 0, [child(4), child(5, "chd-2")], 4, 6)
    assert set(area.read()) == {"chd-1", "chd-2"}
    projector.apply("hub.deadlines", 1, [deadline(0, "chd-3", restricted=True)], 0, 1)
    assert area.read() == {}, "it was never theirs"
    projector.apply("hub.deadlines", 1, [deadline(1, "chd-3")], 1, 2)
    assert set(area.read()) == {"chd-3|dl-1"}
    projector.apply("hub.children", 0, [child(6, "chd-2", area="826")], 6, 7)
    assert area.read() == {"chd-2": None}
    projector.apply("hub.children", 0, [child(7, "chd-2", area="826", standing=1)], 7, 8)
    assert area.read() == {}
    assert set(reader.begin().read_all().standing) == {
        ("hub.children", "chd-1"),
        ("hub.children", "chd-2"),
        ("hub.children", "chd-elsewhere"),
        ("hub.deadlines", "chd-1|dl-1"),
        ("hub.deadlines", "chd-3|dl-1"),
    }


def test_an_alert_from_before_its_child_was_restricted_is_withheld_and_told_again_when_that_ends(projector, reader):
    """It is not written again: what it says of itself is what it said then. Whoever held it is told that it is gone."""
    area, named = reader.as_seen_by(AREA).begin(), reader.as_seen_by(ALL).begin()
    projector.apply("hub.children", 0, [child(0)], 0, 1)
    made = [alert(0, state="cleared", reason="met"), alert(1, "al-2"), alert(2, "al-3", child_id="chd-other")]
    projector.apply("hub.alerts", 0, made, 0, 3)
    assert set(area.read()) == {"chd-1", "chd-1|al-1", "chd-1|al-2", "chd-other|al-3"}
    projector.apply("hub.children", 0, [child(1, restricted=True)], 1, 2)
    projector.apply("hub.alerts", 0, [alert(3, "al-2", state="cleared", reason="restricted")], 3, 4)
    projector.apply("hub.alerts", 0, [alert(4, "al-9", audience="restricted")], 4, 5)
    withheld = {"child_id": "chd-1", "restricted": True}
    assert area.read() == {"chd-1": withheld, "chd-1|al-1": None, "chd-1|al-2": None}
    late = reader.as_seen_by(AREA).begin()
    assert late.read() == {"chd-1": withheld, "chd-other|al-3": json.loads(made[2].value)}
    assert set(named.read_all().standing) == {
        ("hub.children", "chd-1"),
        *(("hub.alerts", key) for key in ("chd-1|al-1", "chd-1|al-2", "chd-1|al-9", "chd-other|al-3")),
    }
    projector.apply("hub.alerts", 0, [alert(5, "al-2", state="open")], 5, 6)
    assert area.read() == {}, "the child's own record is yet to come"
    assert late.read() == {}
    projector.apply("hub.children", 0, [child(2)], 2, 3)
    for each in (area, late):
        told = each.read()
        assert set(told) == {"chd-1", "chd-1|al-1", "chd-1|al-2"}
        assert None not in told.values()
        assert each.read() == {}


def test_alerts_that_come_under_a_restricted_child_by_merges_are_told_gone_and_come_back(projector, reader):
    area = reader.as_seen_by(AREA).begin()
    projector.apply("hub.children", 0, [child(0), child(1, "chd-2"), child(2, "chd-3", restricted=True)], 0, 3)
    projector.apply("hub.alerts", 0, [alert(0, state="cleared", reason="moved")], 0, 1)
    assert area.read()["chd-1|al-1"] is not None
    projector.apply("hub.children", 0, [_turned(3, "chd-1", "chd-2")], 3, 4)
    assert set(area.read()) == {"chd-1", "chd-1|al-1"}, "under another who is not restricted"
    projector.apply("hub.children", 0, [_turned(4, "chd-2", "chd-3")], 4, 5)
    assert area.read() == {"chd-2": json.loads(_turned(4, "chd-2", "chd-3").value), "chd-1|al-1": None}
    assert set(reader.as_seen_by(AREA).begin().read()) == {"chd-3"}
    projector.apply("hub.children", 0, [child(5, "chd-3")], 5, 6)
    told = area.read()
    assert set(told) == {"chd-3", "chd-1|al-1"}
    assert told["chd-1|al-1"] is not None


def _turned(offset, old, surviving):
    value = {"child_id": old, "event": "child.merged", "surviving": surviving, "on": "2026-10-20"}
    return record("hub.children", offset, old, value)


def test_who_was_away_while_an_end_was_forgotten_begins_anew(projector, reader):
    later = 1_792_000_000_000 + (KEPT_DAYS + 1) * DAY_MS
    projector.apply("hub.children", 0, [child(0), child(1, "chd-2")], 0, 2)
    away, here = reader.begin().read_all().as_seen_by(ALL), reader
    away.place, away.held = here.place, dict(here.held)
    projector.apply("hub.children", 0, [record("hub.children", 2, "chd-1", None)], 2, 3)
    assert here.read() == {"chd-1": None}
    begun = reader.as_seen_by(ALL).begin()
    projector.apply("hub.children", 0, [_at(child(3, "chd-3"), later)], 3, 4)
    with pytest.raises(Gone):
        away.read()
    assert set(here.read()) == {"chd-3"}
    assert set(begun.read(1)) | set(begun.read(1)) == {"chd-2", "chd-3"}, "an end from before it began is nothing to it"


def _at(made, timestamp):
    return Record(made.topic, made.partition, made.offset, made.key, made.value, made.headers, timestamp)


def test_a_place_of_another_filling_or_of_a_later_day_is_gone(projector, reader):
    projector.apply("hub.children", 0, [child(0)], 0, 1)
    reader.begin().read_all()
    place = reader.place
    for wrong in (place._replace(epoch="another"), place._replace(numbers=(99, *place.numbers[1:]))):
        reader.place = wrong
        with pytest.raises(Gone):
            reader.read()
