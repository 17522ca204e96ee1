"""Reading behaves the same on SQLite and on PostgreSQL."""

from datetime import date

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from hub.api.collector import DomainCollector
from hub.store import Projector, reader
from hub.store.engine import open_engine
from hub.store.readmodel import ReadModel
from tests.support.readmodel import alert, child, dead_letter, deadline

pytest_plugins = ["tests.support.postgres"]


@pytest.fixture
def model(database_url):
    projector = Projector.open(database_url, lambda _: None)
    deadlines = [
        deadline(n, f"chd-{n}", f"dl-{n:02}", due_on=f"2026-10-2{n % 3}", state=["running", "overdue"][n % 2])
        for n in range(30)
    ]
    projector.apply("hub.deadlines", 0, deadlines, 0, 30)
    projector.apply("hub.children", 0, [child(n, f"chd-{n}", area=None if n else "825") for n in range(30)], 0, 30)
    projector.apply("hub.alerts", 0, [alert(n, f"al-{n:02}", since=f"2026-10-2{n % 3}") for n in range(30)], 0, 30)
    projector.apply("hub.deadletter", 0, [dead_letter(0, b"\xff\x00")], 0, 1)
    projector.close()
    engine = open_engine(database_url, read_only=True)
    yield ReadModel(engine)
    engine.dispose()


def walk(model, listing, filters, limit):
    """All rows of a listing as (order values), page by page."""
    places, after = [], None
    while True:
        with model.connection() as connection:
            page = reader.page(connection, listing, filters, after, limit)
        places.append(len(page.bodies))
        if page.last is None:
            return places
        after = page.last


@pytest.mark.parametrize("listing", [reader.CHILDREN, reader.DEADLINES, reader.ALERTS])
@pytest.mark.parametrize("limit", [1, 7, 15, 30, 500])
def test_pages_end_where_the_next_begin(model, listing, limit):
    assert sum(walk(model, listing, {}, limit)) == 30


def test_pages_keep_one_order(model):
    with model.connection() as connection:
        whole = reader.page(connection, reader.ALERTS, {}, None, 500).bodies
        first = reader.page(connection, reader.ALERTS, {}, None, 11)
        second = reader.page(connection, reader.ALERTS, {}, first.last, 500)
    assert first.bodies + second.bodies == whole
    assert '"al-29"' in whole[0]


def test_filters_by_value_and_range(model):
    window = {"due_on_from": date(2026, 10, 21), "due_on_to": date(2026, 10, 21), "state": "overdue"}
    assert walk(model, reader.DEADLINES, window, 2) == [2, 2, 1]
    assert walk(model, reader.CHILDREN, {"is_open": True, "area": "825"}, 2) == [1]


def test_a_dead_letter_keeps_its_bytes(model):
    with model.connection() as connection:
        (key,) = reader.page(connection, reader.DEAD_LETTERS, {}, None, 1).bodies
        letter = key.split('"id":"')[1][:24]
        content = reader.content(connection, letter)
        assert reader.content(connection, "none") is None
    assert (content.key, content.value) == (b"k", b"\xff\x00")
    assert content.headers == '[["ce_source","b25lLWVkdWNhdGlvbjo4MjU6MjAyMg=="],["ce_id","/g=="]]'


def test_gauges_can_be_read(model):
    registry = CollectorRegistry()
    registry.register(DomainCollector(model, lambda: date(2026, 10, 20)))
    text = generate_latest(registry).decode()
    assert 'sendhub_open_cases{area="unknown",weeks="0-6"} 29.0' in text
    assert 'sendhub_advice_deadlines{area="825",service="speech-and-language",state="overdue"} 15.0' in text
    assert "sendhub_read_model_up 1.0" in text
