"""Of a child that was purged the read model keeps nothing, in whatever order the topics are read."""

import json
from itertools import permutations

import pytest
from sqlalchemy import select

from hub.api.access import Principal
from hub.api.messages import restricted_among
from hub.api.pages.messages_story import story
from hub.store import Projector
from hub.store.changes_tables import changes
from hub.store.engine import open_engine
from hub.store.tables import message_steps, metadata, purged_children
from schemas.trail import WITHHELD, ObservationTaken, message_key
from tests.support.readmodel import AT, alert, child, deadline, record, review

OTHER = "chd-2"


def took(offset, child_id):
    step = ObservationTaken(
        message=message_key("feed", f"m-{child_id}"), observation=message_key("feed", f"o-{child_id}"), source="feed",
        kind="assessment.requested", received_at=AT, outcome="taken", child_id=child_id,
    )  # fmt: skip
    return record("hub.trail", offset, step.message, step.model_dump_json().encode())


LOGS = {
    "hub.children": [child(0), child(1, OTHER), record("hub.children", 2, "chd-1", None)],
    "hub.deadlines": [deadline(0), deadline(1, OTHER, "dl-2"), record("hub.deadlines", 2, "chd-1|dl-1", None)],
    "hub.alerts": [
        alert(0), alert(1, "al-2", child_id=OTHER), alert(2, state="cleared", reason="moved"),
        record("hub.alerts", 3, "chd-1", None),
    ],
    "hub.review": [review(0, child_id="chd-1"), review(1, "rv-2", child_id=OTHER)],
    "hub.trail": [took(0, "chd-1"), took(1, OTHER)],
}  # fmt: skip


@pytest.fixture
def engine(tmp_path):
    found = open_engine(f"sqlite:///{tmp_path}/read-model.db")
    yield found
    found.dispose()


def projector(engine):
    return Projector.open(str(engine.url), lambda _: None)


def said(engine):
    """Every row but positions and the version, as text."""
    with engine.connect() as connection:
        return {
            table.name: [str(tuple(row)) for row in connection.execute(select(table))]
            for table in metadata.tables.values()
            if table.name not in ("offsets", "schema_version", "changes")
        }


def told(engine):
    """What the change feed says of the purged child: that it is gone, or nothing."""
    with engine.connect() as connection:
        rows = connection.execute(select(changes.c.item, changes.c.gone)).all()
        return {gone for item, gone in rows if "chd-1" in item}


def steps(engine, child_id):
    """Whose the step of a child's message is, by the row and by what it says."""
    with engine.connect() as connection:
        wanted = select(message_steps).where(message_steps.c.message == message_key("feed", f"m-{child_id}"))
        return [(row.child_id, json.loads(row.body)["child_id"]) for row in connection.execute(wanted)]


@pytest.mark.parametrize("order", list(permutations(LOGS))[::7])
def test_in_any_order_of_the_topics(engine, order):
    applied = projector(engine)
    for topic in order:
        for each in LOGS[topic]:
            applied.apply(topic, 0, [each], each.offset, each.offset + 1)
    found = said(engine)
    assert found.pop("purged_children") == ["('chd-1',)"]
    assert not [row for rows in found.values() for row in rows if "chd-1" in row]
    for table in ("children", "deadlines", "alerts", "reviews"):
        assert [OTHER in row for row in found[table]] == [True], table
    assert steps(engine, OTHER) == [(OTHER, OTHER)]
    assert steps(engine, "chd-1") == [(WITHHELD, WITHHELD)]
    assert told(engine) <= {True}
    applied.close()


def test_in_one_batch_with_what_was_said_before(engine):
    applied = projector(engine)
    for topic, log in LOGS.items():
        applied.apply(topic, 0, log, 0, len(log))
    assert not [
        row for table, rows in said(engine).items() if table != "purged_children" for row in rows if "chd-1" in row
    ]
    applied.close()


def test_what_was_given_up_and_is_put_back_later_stays_away(engine):
    applied = projector(engine)
    log = LOGS["hub.alerts"]
    applied.apply("hub.alerts", 0, log[1:], 0, len(log))
    applied.reapply(log[0], len(log))
    with engine.connect() as connection:
        assert connection.scalars(select(purged_children.c.key)).all() == ["chd-1"]
    assert [OTHER in row for row in said(engine)["alerts"]] == [True]
    applied.close()


@pytest.mark.parametrize("restricted", [True, False])
def test_what_was_received_of_it_is_for_the_named_alone(engine, restricted):
    applied = projector(engine)
    who = Principal(actor="a", kind="person", how="session", grants=(), restricted=restricted)
    with engine.connect() as connection:
        assert restricted_among(connection, [WITHHELD, OTHER], who) == (frozenset() if restricted else {WITHHELD})
    applied.close()


def test_a_page_links_nobody_to_it():
    step = json.loads(took(0, WITHHELD).value)
    (part,) = [part for part in story([step], [], [], ()) if part.stage == "identity"]
    assert (part.child, part.hidden) == (None, True)
