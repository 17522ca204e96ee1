"""A return as the two files that a council gets back from the collection, and as XML: written, read, and refused."""

from datetime import date

import pytest

from hub.core.sen2 import blade, message
from hub.core.sen2.entry import Stated
from hub.core.sen2.errors import Problem, Unreadable
from hub.core.sen2.files import File, read
from hub.core.sen2.rows import Assessment, Request
from hub.core.sen2.year import Year
from schemas.records import ChallengeRecord
from tests.unit.sen2.making import YEAR, assessed, case, child, deadline, entries, issued

REQUESTS = "requeststableid,NativeId,receiveddate,requestoutcomedate,requestoutcome,requestmediation,exported\n"
ASSESSMENTS = "assessmenttableid,requeststableid,assessmentoutcome,assessmentoutcomedate,week20\n"
ROW = "7,EHC-1,2026-Mar-02 00:00:00,2026-Apr-10 00:00:00,Y,0,\n"


def made():
    """Three children, four requests, all kinds of cells."""
    plan = issued("2026-04-13", "2026-07-20", challenges=(ChallengeRecord(decision="request", tribunal=False),))
    moved = case("2026-05-01", "REQ-2", ended_on="2026-06-01", outcome="moved-away", case_reference="EHC-2")
    older = assessed("2025-12-12", received="2025-11-03", id_="REQ-3", case_reference=None)
    return entries(
        child(plan, deadlines=[deadline(plan.id, exemptions=("accepted",))]),
        child(moved, case("2026-08-01", "REQ-4", by=None), child_id="chd-2"),
        child(older, child_id="chd-3"),
    )


def given(text: str, name: str = "a.csv", encoding: str = "utf-8") -> File:
    return File(name, text.encode(encoding))


def rows(*files: File, year: Year = YEAR) -> list[Stated]:
    return read(files, year).rows


def refused(*files: File, year: Year = YEAR) -> list[Problem]:
    with pytest.raises(Unreadable) as caught:
        read(files, year)
    return caught.value.problems


def test_the_files_are_named_and_headed_as_the_collection_does():
    assert blade.names(date(2027, 1, 9)) == (
        "Blade-Export_09-01-2027_requests.csv",
        "Blade-Export_09-01-2027_assessment.csv",
    )
    requests, assessments = blade.written(made())
    assert requests.splitlines()[0] == (
        "requeststableid,NativeId,requestsorderseqcolumn,sourceid,persontableid,receiveddate,requestsource,rya,"
        "requestoutcomedate,requestoutcome,requestmediation,requesttribunal,exported"
    )
    assert assessments.splitlines()[0] == (
        "assessmenttableid,NativeId,assessmentorderseqcolumn,sourceid,requeststableid,assessmentoutcome,"
        "assessmentoutcomedate,assessmentmediation,assessmenttribunal,othermediation,othertribunal,week20"
    )


def test_each_row_carries_references_in_place_of_a_person():
    requests, assessments = blade.written(made())
    assert requests.splitlines()[1:] == [
        "REQ-3,,1,one-education:825:2022,chd-3,2025-Nov-03 00:00:00,1,,,H,,,",
        "REQ-1,EHC-1,2,one-education:825:2022,chd-1,2026-Mar-02 00:00:00,1,,2026-Apr-13 00:00:00,Y,1,0,",
        "REQ-2,EHC-2,3,one-education:825:2022,chd-2,2026-May-01 00:00:00,1,,,W,,,1",
        "REQ-4,EHC-1,4,one-education:825:2022,chd-2,2026-Aug-01 00:00:00,,,,A,,,",
    ]
    assert assessments.splitlines()[1:] == [
        "REQ-3,,1,one-education:825:2022,REQ-3,A,,,,,,",
        "REQ-1,EHC-1,2,one-education:825:2022,REQ-1,Y,2026-Jul-20 00:00:00,0,0,0,0,1",
    ]


def test_an_id_that_two_sources_use_stands_in_full():
    here = case()
    other = here.model_copy(update={"id": "tracker:825:2026/REQ-1"})
    requests, _ = blade.written(entries(child(here), child(other, child_id="chd-2")))
    assert [line.split(",")[0] for line in requests.splitlines()[1:]] == [
        "one-education:825:2022/REQ-1",
        "tracker:825:2026/REQ-1",
    ]


def test_one_request_told_of_two_children_keeps_its_rows_apart():
    written = entries(child(assessed("2026-04-13")), child(assessed("2026-04-13"), child_id="chd-2"))
    requests, assessments = blade.written(written)
    found = rows(given(requests), given(assessments, "b.csv"))
    assert [row.ids[0] for row in found] == [
        "one-education:825:2022/REQ-1/chd-1",
        "one-education:825:2022/REQ-1/chd-2",
    ]


def test_the_document_has_the_envelope_and_each_childs_requests_together():
    assert message.name(YEAR) == "SEN2_2027_requests-assessments.xml"
    text = message.written(made(), YEAR, "825")
    assert "<Year>2027</Year>" in text
    assert "<LEA>825</LEA>" in text
    assert [text.count(f"<{tag}") for tag in ("Person ", "Requests ", "Assessment>")] == [3, 4, 2]
    assert '<Requests hub:request="one-education:825:2022/REQ-1" hub:case-reference="EHC-1">' in text
    assert "<ReceivedDate>2026-03-02</ReceivedDate>" in text
    assert "RYA" not in text  # what is not known is not there


@pytest.mark.parametrize("form", ["csv", "xml"])
def test_what_is_written_is_read_again_as_it_was(form):
    written = made()
    if form == "csv":
        requests, assessments = blade.written(written)
        found = rows(given(assessments, "b.csv"), given(requests))
    else:
        found = rows(given(message.written(written, YEAR, "825"), "a.xml"))
    by_day = sorted(found, key=lambda row: row.request.received_on)
    for entry, row in zip(written, by_day, strict=True):
        assert row.request == entry.request._replace(unknown=row.request.unknown)
        assert (row.assessment is None) == (entry.assessment is None)
        if entry.assessment is not None and row.assessment is not None:
            assert row.assessment == entry.assessment._replace(unknown=frozenset())


def test_the_councils_own_spellings_are_read():
    text = (
        "\ufeffRequestsTableId,ReceivedDate,RequestOutcomeDate,RequestOutcome,RequestMediation,RequestTribunal,Exported,"
        "surname\r\n"
        '1,2026-03-02,2026-04-10T00:00:00,Y,True,n,,"O""Hara, A"\r\n'
        "2,2026-Feb-28,,W,,,826,x\r\n"
        "3,2026-Feb-28 00:00:00,,A,,,0,x\r\n\r\n"
    )
    first, second, third = rows(given(text))
    assert first.request == Request(
        date(2026, 3, 2), "Y", date(2026, 4, 10), mediation=True, tribunal=False,
        unknown=frozenset({"RequestSource", "RYA"}),
    )  # fmt: skip
    assert (first.place, second.place) == ("a.csv row 2", "a.csv row 3")
    assert [each.request.exported for each in (first, second, third)] == [None, True, None]
    assert read([given(text)], YEAR).with_assessments is False


def test_an_assessment_belongs_to_the_request_that_its_row_names():
    found = rows(given(REQUESTS + ROW), given(ASSESSMENTS + "1,7,Y,2026-Jul-20 00:00:00,1\n", "b.csv"))
    (row,) = found
    assert row.ids == ("7", "EHC-1")
    assert row.assessment_place == "b.csv row 2"
    assert row.assessment == Assessment(
        "Y", date(2026, 7, 20), week20=True,
        unknown=frozenset({"AssessmentMediation", "AssessmentTribunal", "OtherMediation", "OtherTribunal"}),
    )  # fmt: skip


SECRET = "Zebedee"


@pytest.mark.parametrize(
    ("cells", "column", "what"),
    [
        ("8,E,28/09/2022,,A,,", "ReceivedDate", "not a date like 2022-Sep-28 00:00:00 or 2022-09-28"),
        ("8,E,44832,,A,,", "ReceivedDate", "not a date like 2022-Sep-28 00:00:00 or 2022-09-28"),
        ("8,E,2026-Mar-02 13:00:00,,A,,", "ReceivedDate", "not a date like 2022-Sep-28 00:00:00 or 2022-09-28"),
        ("8,E,2026-Feb-30 00:00:00,,A,,", "ReceivedDate", "a date that does not exist"),
        ("8,E,2026-Mrz-02 00:00:00,,A,,", "ReceivedDate", "a date that does not exist"),
        ("8,E,2026-13-01,,A,,", "ReceivedDate", "a date that does not exist"),
        ("8,E,1900-Jan-01 00:00:00,,A,,", "ReceivedDate", "a date outside 1990 to 2099"),
        ("8,E,,,A,,", "ReceivedDate", "blank, which it may not be"),
        ("8,E,2026-03-02,,,,", "RequestOutcome", "blank, which it may not be"),
        ("8,E,2026-03-02,,y,,", "RequestOutcome", "not one of Y, N, A, W, H"),
        (f"8,E,2026-03-02,,{SECRET},,", "RequestOutcome", "not one of Y, N, A, W, H"),
        ("8,E,2026-03-02,,A,2,", "RequestMediation", "not 1 or 0"),
        (f"8,E,2026-03-02,,A,,{SECRET}", "Exported", "not a short code"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_and_never_repeated(cells, column, what):
    problems = refused(given(REQUESTS + ROW + cells + "\n"))
    assert problems == [Problem("a.csv row 3", column, what)]
    assert SECRET not in str(problems[0])


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ([given(REQUESTS + ROW + ROW)], Problem("a.csv row 3", "requeststableid", "an earlier row has the same id")),
        ([given(REQUESTS + "7,E\n")], Problem("a.csv row 2", "", "2 cells where the header has 7")),
        ([given(REQUESTS + '7,"E\n')], Problem("a.csv row 2", "", "not CSV: a quote is left open or a cell too long")),
        ([given("")], Problem("a.csv", "", "neither the requests nor the assessment module: name those two")),
        (
            [given("persontableid,surname\n1,Zebedee\n")],
            Problem("a.csv", "", "neither the requests nor the assessment module: name those two"),
        ),
        ([given("receiveddate\n")], Problem("a.csv", "requestoutcome", "the column is missing")),
        (
            [given("receiveddate,RequestOutcome,requestoutcome\n")],
            Problem("a.csv", "requestoutcome", "the column is there twice"),
        ),
        ([given(REQUESTS), given(REQUESTS, "b.csv")], Problem("b.csv", "", "a second file of its module")),
        (
            [given(ASSESSMENTS, "b.csv")],
            Problem("b.csv", "", "the requests module belongs with it: name both"),
        ),
        (
            [given(REQUESTS + ROW), given(ASSESSMENTS + "1,8,A,,\n", "b.csv")],
            Problem("b.csv row 2", "requeststableid", "no request has this id"),
        ),
        (
            [given(REQUESTS + ROW), given(ASSESSMENTS + "1,7,A,,\n2,7,A,,\n", "b.csv")],
            Problem("b.csv row 3", "requeststableid", "a second assessment of one request"),
        ),
        (
            [given(REQUESTS + ROW), given(ASSESSMENTS + "1,,A,,\n", "b.csv")],
            Problem("b.csv row 2", "requeststableid", "blank, which it may not be"),
        ),
        (
            [File("a.csv", "receiveddate,requestoutcome\n\xe9".encode("latin-1"))],
            Problem("a.csv", "", "not text in UTF-8"),
        ),
        ([File("a.xlsx", b"PK\x03\x04\xff")], Problem("a.xlsx", "", "not text in UTF-8")),
        (
            [given("<Message/>", "a.xml"), given(REQUESTS)],
            Problem("a.csv", "", "one XML document holds a whole return: name it alone"),
        ),
        ([given("<Message>", "a.xml")], Problem("a.xml line 1", "", "not well-formed XML")),
        ([given("<Message/>", "a.xml")], Problem("a.xml", "Persons", "there is no person in the file")),
        (
            [given('<!DOCTYPE x [<!ENTITY e "e">]><Message>&e;</Message>', "a.xml")],
            Problem("a.xml", "", "it declares a document type, which a return does not need"),
        ),
        (
            [
                given(
                    "<Message><Header><CollectionDetails><Year>2026</Year></CollectionDetails></Header></Message>",
                    "a.xml",
                )
            ],
            Problem("a.xml", "Year", "not 2027, the collection about 2026"),
        ),
    ],
)
def test_a_file_that_is_no_return_is_refused_with_the_reason(files, problem):
    assert refused(*files)[:1] == [problem]


def test_all_that_is_wrong_is_told_at_once():
    problems = refused(given(REQUESTS + "7,E,x,y,A,,\n8,E,2026-03-02,,Z,,\n"))
    assert [(each.place, each.column) for each in problems] == [
        ("a.csv row 2", "ReceivedDate"),
        ("a.csv row 2", "RequestOutcomeDate"),
        ("a.csv row 3", "RequestOutcome"),
    ]


def test_in_a_document_the_place_is_counted():
    request = "<Requests><ReceivedDate>{}</ReceivedDate><RequestOutcome>{}</RequestOutcome>{}</Requests>"
    person = "<Person><Surname>Zebedee</Surname>{}</Person>"
    good = request.format("2026-03-02", "A", "")
    bad = request.format("02/03/2026", "Y", "<Assessment/><Assessment/>")
    text = f"<Message><Persons>{person.format(good)}{person.format(good + bad)}</Persons></Message>"
    problems = refused(given(text, "a.xml"))
    assert [str(each) for each in problems] == [
        "a.xml Person 2, Requests 2, ReceivedDate: not a date like 2022-Sep-28 00:00:00 or 2022-09-28",
        "a.xml Person 2, Requests 2, Assessment: a second assessment of one request",
        "a.xml Person 2, Requests 2, Assessment, AssessmentOutcome: blank, which it may not be",
    ]


def test_a_document_in_a_namespace_with_comments_and_no_request_source_is_read():
    text = (
        '<?xml version="1.0" encoding="UTF-8"?><!-- made --><Message xmlns="urn:x"><Persons><Person><!-- one -->'
        "<Requests><ReceivedDate>2026-03-02</ReceivedDate><RequestOutcome>A</RequestOutcome></Requests>"
        "</Person></Persons></Message>"
    )
    (row,) = rows(given(text, "a.xml"))
    assert row.ids == ()
    assert row.request == Request(date(2026, 3, 2), "A", unknown=frozenset({"RequestSource"}))
