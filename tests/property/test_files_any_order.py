"""Any split of rows into extracts, taken in any order and any number of times, ends with the same standing facts."""

import asyncio
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.simulator.council_csv import RequestRow, file_name, requests_csv
from tests.support.files import Desk, request_row, standing

FIRST = date(2026, 3, 2)

_dates = st.sampled_from([None, date(2026, 2, 1), date(2026, 2, 2)])
_row = st.builds(
    lambda number, outcome, decided, drafted: request_row(
        number, RequestOutcome=outcome, RequestOutcomeDate=decided, DraftSentDate=drafted
    ),
    number=st.integers(1, 3),
    outcome=st.sampled_from(["Y", "N", "A", "W"]),
    decided=_dates,
    drafted=_dates,
)
_extract = st.lists(_row, min_size=1, max_size=3, unique_by=lambda row: row.RequestID)
_extracts = st.lists(_extract, min_size=1, max_size=5)

Fact = tuple[str, str, str, str | None, str]


def expected(extracts: list[list[RequestRow]]) -> set[Fact]:
    """What the newest extract of each request says, worked out without the connector."""
    newest = {row.RequestID: row for extract in extracts for row in extract}
    facts: set[Fact] = set()
    for row in newest.values():
        facts.add((row.RequestID, "assessment.requested", "", "2026-01-12", ""))
        if row.DraftSentDate:
            facts.add((row.RequestID, "plan.draft-sent", "", row.DraftSentDate.isoformat(), ""))
        if row.RequestOutcomeDate and row.RequestOutcome in ("Y", "N"):
            outcome = {"Y": "assess", "N": "refuse"}[row.RequestOutcome]
            facts.add((row.RequestID, "assessment.decided", "", row.RequestOutcomeDate.isoformat(), outcome))
        if row.RequestOutcomeDate and row.RequestOutcome == "W":
            facts.add((row.RequestID, "assessment.withdrawn", "", row.RequestOutcomeDate.isoformat(), ""))
    return facts


def standing_facts(events: list[dict[str, Any]]) -> set[Fact]:
    found = standing(events)
    assert all(len(versions) == 1 for versions in found.values())
    return {
        (record, kind, occurrence, each["effective_on"], each["data"].get("outcome", ""))
        for (record, kind, occurrence), (each,) in found.items()
    }


@settings(max_examples=40, deadline=None)
@given(extracts=_extracts, data=st.data())
def test_any_order_of_files_gives_the_same_standing_facts(
    extracts: list[list[RequestRow]], data: st.DataObject
) -> None:
    numbers = list(range(len(extracts)))
    order = data.draw(st.permutations(numbers)) + data.draw(st.lists(st.sampled_from(numbers), max_size=2))
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder))
        desk.mappings = tuple(each.model_copy(update={"rows_fall_percent": 100}) for each in desk.mappings)
        desk.start()
        for number in order:
            desk.drop(file_name("requests", FIRST + timedelta(days=number)), requests_csv(extracts[number]))
            asyncio.run(desk.settle())
        assert desk.listing("rejected") == []
        events = desk.events()
        desk.memory.close()
    assert standing_facts(events) == expected(extracts)
