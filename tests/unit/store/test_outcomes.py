"""What measures need is kept with the rows it comes from, and is read again only when something changed."""

import pytest
from sqlalchemy import event, select

from hub.core.measures.joining import outcomes_of
from hub.core.measures.tally import Tally
from hub.store import Projector
from hub.store.engine import open_engine
from hub.store.outcomes import REPORTS_KEPT, Measures
from hub.store.readmodel import ReadModel
from hub.store.tables import outcomes
from tests.support.readmodel import advice_value, case_value, child, deadline, deadline_value, record
from tests.unit.measures.rows import YEAR

ADVICE = {"state": "met", "met_on": "2026-10-20"}
CASE = case_value(advice=[advice_value(received_on="2026-10-20", state="received")])


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/read-model.db"


@pytest.fixture
def projector(url):
    opened = Projector.open(url, lambda _: None)
    yield opened
    opened.close()


@pytest.fixture
def engine(url, projector):
    opened = open_engine(url, read_only=True)
    yield opened
    opened.dispose()


def report(engine, measures, look=YEAR):
    with ReadModel(engine).connection() as connection:
        return measures.report(connection, look)


def expected(*children):
    return Tally(children).report(YEAR)


WHOLE = outcomes_of("chd-1", {"cases": [CASE]}, [deadline_value(source="one-education:825:2022", **ADVICE)])


@pytest.mark.parametrize("record_first", [True, False])
def test_parts_are_joined_in_whatever_order_they_come(engine, projector, record_first):
    def write_record():
        projector.apply("hub.children", 0, [child(0, cases=[CASE])], 0, 1)

    def write_deadline():
        projector.apply("hub.deadlines", 0, [deadline(0, source="one-education:825:2022", **ADVICE)], 0, 1)

    first, second = (write_record, write_deadline) if record_first else (write_deadline, write_record)
    first()
    second()
    assert report(engine, Measures()) == expected(WHOLE)


def test_what_is_not_measured_is_not_kept(engine, projector):
    projector.apply("hub.children", 0, [child(0)], 0, 1)
    projector.apply("hub.deadlines", 0, [deadline(0, clock="review-report-2w")], 0, 1)
    with engine.connect() as connection:
        assert connection.execute(select(outcomes)).all() == []


def test_what_is_gone_counts_no_more(engine, projector):
    measures = Measures()
    projector.apply("hub.children", 0, [child(0, cases=[CASE])], 0, 1)
    projector.apply("hub.deadlines", 0, [deadline(0, source="one-education:825:2022", **ADVICE)], 0, 1)
    assert report(engine, measures) == expected(WHOLE)
    projector.apply("hub.deadlines", 0, [record("hub.deadlines", 1, "chd-1|dl-1", None)], 1, 2)
    assert report(engine, measures) == expected(outcomes_of("chd-1", {"cases": [CASE]}, []))
    projector.apply("hub.children", 0, [record("hub.children", 1, "chd-1", None)], 1, 2)
    assert report(engine, measures) == expected()


def test_a_case_that_was_taken_back_counts_no_more(engine, projector):
    projector.apply("hub.children", 0, [child(0, cases=[CASE])], 0, 1)
    projector.apply("hub.children", 0, [child(1)], 1, 2)
    assert report(engine, Measures()) == expected()


def test_nothing_is_read_again_while_nothing_changed(engine, projector):
    measures, asked = Measures(), []
    event.listen(engine, "before_cursor_execute", lambda _c, _cursor, statement, *_: asked.append(statement))
    projector.apply("hub.children", 0, [child(0, cases=[CASE])], 0, 1)
    first = report(engine, measures)

    def reads():
        found = sum("FROM outcomes" in statement for statement in asked)
        asked.clear()
        return found

    assert reads() == 1
    assert report(engine, measures) is first
    assert report(engine, measures, YEAR._replace(area="825")) is not first
    assert reads() == 0
    projector.apply("hub.alerts", 0, [], 0, 3)
    assert report(engine, measures) is first
    projector.apply("hub.children", 0, [child(1, "chd-2", cases=[CASE])], 1, 2)
    assert report(engine, measures) != first
    assert reads() == 1


def test_a_record_written_apart_from_the_position_is_seen(engine, projector):
    """As when a record that was refused is written later."""
    measures = Measures()
    projector.apply("hub.children", 0, [], 0, 1)
    assert report(engine, measures) == expected()
    projector.reapply(child(0, cases=[CASE]), 1)
    assert report(engine, measures) == expected(outcomes_of("chd-1", {"cases": [CASE]}, []))


def test_few_reports_are_kept(engine, projector):
    measures = Measures()
    for number in range(3 * REPORTS_KEPT):
        report(engine, measures, YEAR._replace(area=str(number)))
    assert len(measures._reports) == REPORTS_KEPT
