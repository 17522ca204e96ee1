"""What casework writes is what the read model takes: the two stages meet without a broker."""

import json

import pytest

from hub.stages.stage import Record
from hub.store import Projector, reader
from hub.store.engine import open_engine
from hub.store.readmodel import ReadModel
from tests.unit.casework.facts import about_advice, about_request, asked, requested
from tests.unit.casework.stage import Bench, reached

CASE = [
    requested("2026-09-01", data={"case_reference": "EHC-1"}),
    about_request("assessment.decided", "2026-10-01", data={"outcome": "assess"}),
    asked("2026-10-02"),
    about_advice("advice.delivered", "2026-10-05"),
    about_advice("advice.received", "2026-10-09", advice="ADV-9"),
]


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/read-model.db"


def applied(url, outputs):
    """Apply a stage's outputs as records; the instants of receipt that were observed."""
    seen = []
    projector = Projector.open(url, seen.append)
    for topic in {output.topic for output in outputs}:
        own = [output for output in outputs if output.topic == topic]
        records = [Record(topic, 0, n, output.key, output.value, output.headers) for n, output in enumerate(own)]
        projector.apply(topic, 0, records, 0, len(records))
    projector.close()
    return seen


def bodies(url, listing, **filters):
    engine = open_engine(url, read_only=True)
    with ReadModel(engine).connection() as connection:
        found = reader.page(connection, listing, filters, None, 500).bodies
    engine.dispose()
    return [json.loads(body) for body in found]


def by_id(values):
    return sorted(values, key=lambda value: value["id"])


def test_a_case_stands_in_the_read_model_as_casework_said_it(url):
    bench = Bench()
    for batch in ([fact] for fact in CASE):
        bench.feed(batch)
    bench.feed([reached("2026-10-30"), reached("2026-11-17")])
    seen = applied(url, bench.outputs)
    assert bodies(url, reader.CHILDREN, is_open=True, area="825") == list(bench.topics["hub.children"].values())
    assert by_id(bodies(url, reader.DEADLINES)) == by_id(bench.topics["hub.deadlines"].values())
    assert by_id(bodies(url, reader.ALERTS, state="open")) == by_id(bench.open_alerts().values())
    assert by_id(bodies(url, reader.REVIEWS)) == by_id(bench.topics["hub.review"].values())
    assert bench.open_alerts()
    assert len(seen) > 1


def test_what_is_taken_back_is_gone_from_the_read_model(url):
    bench = Bench()
    bench.feed(CASE[:4])
    bench.feed([asked("2026-10-02", version=2, retracted=True)])
    applied(url, bench.outputs)
    stands = bench.topics["hub.deadlines"].values()
    assert by_id(bodies(url, reader.DEADLINES)) == by_id(stands)
    assert "advice-6w" not in {deadline["clock"] for deadline in stands}
