"""What holds of every return, whatever the records."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.core.sen2 import blade, message
from hub.core.sen2.comparing import compared
from hub.core.sen2.errors import Unreadable
from hub.core.sen2.files import File, read
from hub.core.sen2.returning import Child, Return, returned
from hub.core.sen2.rows import ASSESSMENT_FIELDS, REQUEST_FIELDS, asked, value
from hub.core.sen2.stages import gone_by
from hub.core.sen2.year import Year
from tests.property.sen2.strategies import children

years = st.sampled_from([Year(number) for number in range(2023, 2030)])


@given(children(), years)
def test_each_case_has_at_most_one_row_and_one_as_long_as_it_is_open(made: list[Child], year: Year):
    cases = {case.id: case for child in made for case in child.record.cases}
    rows = [entry.id for entry in returned(made, year).entries]
    assert len(rows) == len(set(rows))
    waiting = {
        id_
        for id_, case in cases.items()
        if case.received_on <= year.last and (case.ended_on is None or case.ended_on > year.last)
    }
    assert waiting <= set(rows) <= {id_ for id_, case in cases.items() if case.received_on <= year.last}


@given(children(), years)
def test_each_decision_is_told_with_its_day_in_the_return_of_one_year_at_most(made: list[Child], year: Year):
    cases = {case.id: case for child in made for case in child.record.cases}
    for entry in returned(made, year).entries:
        request, assessment, case = entry.request, entry.assessment, cases[entry.id]
        for module in filter(None, (request, assessment)):
            if module.outcome_on is not None:
                assert year.first <= module.outcome_on <= year.last
                assert module.outcome_on >= case.received_on
        if request.outcome == "H":
            assert assessment is not None
        if request.outcome in ("A", "W"):
            assert assessment is None
        if assessment is not None and assessment.outcome == "H":
            assert case.issued_on is not None
        if request.outcome == "Y" and request.outcome_on is None:
            assert "RequestOutcomeDate" in request.unknown
        if "W" in (request.outcome, assessment.outcome if assessment else None):
            assert gone_by(case, year.last) is not None


@given(children(), st.integers(2023, 2028))
def test_an_outcome_with_a_day_stays_and_is_historical_or_gone_in_the_next_year(made: list[Child], number: int):
    now = {entry.id: entry for entry in returned(made, Year(number)).entries}
    following = {entry.id: entry for entry in returned(made, Year(number + 1)).entries}
    for id_, entry in now.items():
        if id_ not in following:
            continue
        if entry.request.outcome in ("N", "H") or entry.request.outcome_on:
            assert following[id_].request.outcome == "H"
        was, is_ = entry.assessment, following[id_].assessment
        if was is not None and (was.outcome == "H" or was.outcome_on):
            assert is_ is not None
            assert is_.outcome == "H"


@given(children(), years)
def test_only_what_the_guide_asks_for_is_filled_and_the_rest_is_blank(made: list[Child], year: Year):
    for entry in returned(made, year).entries:
        for module, fields in ((entry.request, REQUEST_FIELDS), (entry.assessment, ASSESSMENT_FIELDS)):
            if module is None:
                continue
            assert module.unknown <= asked(module)
            for field in fields:
                if field.name not in asked(module) or field.name in module.unknown:
                    assert value(module, field) is None


@given(children(), years)
def test_exported_is_said_only_of_what_was_gone_before_it_was_finished(made: list[Child], year: Year):
    cases = {case.id: case for child in made for case in child.record.cases}
    for entry in returned(made, year).entries:
        request, case = entry.request, cases[entry.id]
        if request.exported or "Exported" in request.unknown:
            assert gone_by(case, year.last) is not None
            last = entry.assessment or request
            assert last.outcome == "W" or (last.outcome == "Y" and last.outcome_on is None)
        if "Exported" in request.unknown:
            assert case.withdrawn_on is not None
            assert case.withdrawn_reason is None


@given(children(), years, st.randoms(use_true_random=False))
def test_no_order_of_children_or_deadlines_matters(made: list[Child], year: Year, chance: random.Random):
    shuffled = [child._replace(deadlines=chance.sample(child.deadlines, len(child.deadlines))) for child in made]
    chance.shuffle(shuffled)
    assert returned(shuffled, year) == returned(made, year)


@given(children(), years)
def test_areas_share_the_whole_out(made: list[Child], year: Year):
    whole = returned(made, year)
    parts = [entry for area in ("825", "826") for entry in returned(made, year, area).entries]
    assert sorted(parts, key=lambda entry: entry.id) == sorted(whole.entries, key=lambda entry: entry.id)


@settings(deadline=None)
@given(children(), years, st.sampled_from(["csv", "xml"]), st.randoms(use_true_random=False))
def test_what_is_exported_has_no_differences_in_any_order_of_rows(
    made: list[Child], year: Year, form: str, chance: random.Random
):
    found = returned(made, year)
    if not found.entries:
        return
    theirs = read(_files(found, form), year)
    chance.shuffle(theirs.rows)
    result = compared(found, theirs.rows)
    assert result.is_equal
    assert [pair.by for pair in result.pairs] == ["id"] * len(found.entries)


@given(children(), years, st.data())
def test_one_changed_outcome_is_found_where_it_is(made: list[Child], year: Year, data: st.DataObject):
    found = returned(made, year)
    if not found.entries:
        return
    theirs = read(_files(found, "csv"), year).rows
    chosen = data.draw(st.integers(0, len(theirs) - 1))
    request = theirs[chosen].request
    other = "A" if request.outcome == "W" else "W"
    theirs[chosen] = theirs[chosen]._replace(request=request._replace(outcome=other))
    differing = compared(found, theirs).differences
    assert [(each.entry.bare, each.field, each.there) for each in differing] == [
        (theirs[chosen].ids[0], "RequestOutcome", other)
    ]


def _files(found: Return, form: str) -> list[File]:
    if form == "xml":
        return [File("a.xml", message.written(found.entries, found.year, "825").encode())]
    requests, assessments = blade.written(found.entries)
    return [File("a.csv", requests.encode()), File("b.csv", assessments.encode())]


HEADERS = b"requeststableid,NativeId,receiveddate,requestoutcome,requestoutcomedate,exported\r\n"
XML = b"<Message><Persons><Person><Requests><ReceivedDate>%b</ReceivedDate></Requests></Person></Persons></Message>"


@given(
    st.binary(max_size=60),
    st.sampled_from([b"%b", HEADERS + b"%b", HEADERS + b"1,2,%b", b"\xef\xbb\xbf<%b", XML]),
    st.booleans(),
)
def test_whatever_a_file_holds_it_is_read_or_refused(noise: bytes, frame: bytes, twice: bool):
    content = frame.replace(b"%b", noise)
    files = [File("a.csv", content)] * (2 if twice else 1)
    refused = None
    try:
        read(files, Year(2026))
    except Unreadable as error:
        refused = error
    assert refused is None or (refused.problems and str(refused))
