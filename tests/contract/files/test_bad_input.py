"""Bad files: each has its answer, the connector goes on, and the next good file passes."""

import asyncio
import random
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from prometheus_client import REGISTRY

from hub.simulator.council_csv import advice_csv, file_name, people_csv, requests_csv
from tests.support.files import Desk, advice_row, person_row, request_row

DAY = date(2026, 3, 2)
NEXT = date(2026, 3, 3)
HEADER = requests_csv([])
ROW = requests_csv([request_row()]).removeprefix(HEADER)
GOOD = [request_row(number) for number in range(10, 20)]
PEOPLE = [person_row(number) for number in range(10, 20)]


def requests(*rows: Any) -> bytes:
    return requests_csv(rows)


def random_bytes() -> bytes:
    return random.Random(7).randbytes(5_000)


REJECTED: list[tuple[str, bytes, str]] = [
    ("empty", b"", "empty"),
    ("header only", HEADER, "no-rows"),
    ("truncated in a row", (HEADER + ROW * 3)[:-20], "half-written"),
    ("truncated at a line end", HEADER + ROW[:-2], "half-written"),
    ("truncated in a quoted cell", HEADER + ROW + b'"REQ-0002\r\n', "not-csv"),
    ("not UTF-8", HEADER + ROW.replace(b"Ada", b"Zo\xeb"), "encoding"),
    ("UTF-16", requests(request_row()).decode().encode("utf-16"), "encoding"),
    ("random bytes", random_bytes(), "half-written|encoding|not-csv|columns"),
    ("a workbook, not CSV", b"PK\x03\x04" + b"\0" * 100 + b"\n", "encoding"),
    ("JSON, 10,000 deep", b"[" * 10_000 + b"]" * 10_000 + b"\n", "columns"),
    ("10,000 open quotes", HEADER + b'"' * 10_001 + b"\n", "not-csv"),
    ("20 MB", HEADER + ROW * (20_971_520 // len(ROW)), "too-large"),
    ("one cell of 1 MB", HEADER + b"x" * 1_000_000 + b"\r\n", "not-csv"),
    ("an unknown column", HEADER.replace(b"PlanID", b"Diagnosis") + ROW, "columns"),
    ("a column too many", HEADER.replace(b"\r\n", b",Notes\r\n") + ROW.replace(b"\r\n", b",x\r\n"), "columns"),
    ("a column twice", HEADER.replace(b"PlanID", b"UPN") + ROW, "columns"),
    ("no header", ROW * 3, "columns"),
    ("another delimiter", (HEADER + ROW).replace(b",", b";"), "columns"),
    ("wrong types in every row", HEADER + ROW.replace(b"2026-Jan-12", b"soon") * 3, "bad-rows"),
    ("months and days swapped", HEADER + ROW.replace(b"2026-Jan-12 00:00:00", b"12/01/2026") * 3, "bad-rows"),
    ("only impossible dates", HEADER + ROW.replace(b"Jan-12", b"Feb-30") * 3, "bad-rows"),
    ("only future dates", requests(request_row(ReceivedDate=date(2026, 3, 3))), "bad-rows"),
    ("only ragged rows", HEADER + b"REQ-0001,P00001\r\n", "bad-rows"),
    ("NHS numbers as case references", requests(request_row(RequestID="9990000018")), "bad-rows"),
    ("ULNs as case references", requests(request_row(RequestID="9276308686")), "bad-rows"),
    ("UPNs as case references", requests(request_row(RequestID="B801200005001")), "bad-rows"),
    ("names as case references", requests(request_row(RequestID="EXAMPLE, Ada 1")), "bad-rows"),
    ("ids left blank", requests(request_row(RequestID="")), "bad-rows"),
    ("an unknown code in every row", requests(request_row(RequestOutcome="Maybe")), "bad-rows"),
]


@pytest.mark.parametrize(("content", "codes"), [case[1:] for case in REJECTED], ids=[case[0] for case in REJECTED])
def test_a_file_wrong_as_a_whole_is_rejected_with_a_report_and_the_next_passes(
    desk: Desk, content: bytes, codes: str
) -> None:
    name = file_name("requests", DAY)
    before = {code: _refused(code) for code in codes.split("|")}
    desk.take(name, content)
    assert desk.listing("rejected") == [name]
    assert (desk.folder / "rejected" / name).read_bytes() == content
    assert desk.events() == []
    report = desk.report("rejected", name)
    assert report["code"] in before
    assert _refused(report["code"]) == before[report["code"]] + 1
    text = (desk.folder / "rejected" / f"{name}.report.json").read_text()
    assert not [secret for secret in ("Ada", "EXAMPLE", "9990000018", "9276308686", "B801200005001") if secret in text]
    _next_passes(desk)


BAD_ROWS: list[tuple[str, Callable[[], bytes], str]] = [
    ("a text for a date", lambda: requests(*GOOD) + ROW.replace(b"2026-Jan-12", b"soon"), "ReceivedDate"),
    ("a date that is none", lambda: requests(*GOOD) + ROW.replace(b"Jan-12", b"Feb-30"), "ReceivedDate"),
    (
        "a spreadsheet's number",
        lambda: requests(*GOOD) + ROW.replace(b"2026-Jan-12 00:00:00", b"46034"),
        "ReceivedDate",
    ),
    ("a future date", lambda: requests(*GOOD, request_row(ReceivedDate=NEXT)), "ReceivedDate"),
    ("a birth to come", lambda: requests(*GOOD, request_row(DOB=date(2031, 1, 1))), "DOB"),
    ("a birth long ago", lambda: requests(*GOOD) + ROW.replace(b"2018-May-04", b"1018-May-04"), "DOB"),
    ("too few cells", lambda: requests(*GOOD) + b"REQ-0001,P00001\r\n", ""),
    ("too many cells", lambda: requests(*GOOD) + ROW.replace(b"\r\n", b",more\r\n"), ""),
    (
        "a date that a system writes for none",
        lambda: requests(*GOOD) + ROW.replace(b"2026-Jan-12", b"1900-Jan-02"),
        "ReceivedDate",
    ),
    ("an unknown outcome", lambda: requests(*GOOD, request_row(RequestOutcome="Q")), "RequestOutcome"),
    ("an unknown source", lambda: requests(*GOOD, request_row(RequestSource="Q")), "RequestSource"),
    ("a reason that is none", lambda: requests(*GOOD, request_row(CeaseDate=DAY, CeaseReason=10)), "CeaseReason"),
    ("an end without a reason", lambda: requests(*GOOD, request_row(CeaseDate=DAY)), "CeaseReason"),
    ("an NHS number as id", lambda: requests(*GOOD, request_row(RequestID="999 000 0018")), "RequestID"),
    ("a UPN as id", lambda: requests(*GOOD, request_row(RequestID="B80120000500A")), "RequestID"),
    ("a name as id", lambda: requests(*GOOD, request_row(RequestID="Ada Example")), "RequestID"),
    ("a blank id", lambda: requests(*GOOD, request_row(RequestID="")), "RequestID"),
    ("an id with a slash", lambda: requests(*GOOD, request_row(RequestID="SEN/26/1")), "RequestID"),
    ("an id too long", lambda: requests(*GOOD, request_row(RequestID="1" * 41)), "RequestID"),
    ("a name too long", lambda: requests(*GOOD, request_row(Surname="x" * 300)), "Surname"),
    ("nobody", lambda: requests(*GOOD, request_row(PersonID="", Forename="", Surname="", DOB=None)), ""),
]


@pytest.mark.parametrize(("content", "column"), [case[1:] for case in BAD_ROWS], ids=[case[0] for case in BAD_ROWS])
def test_a_bad_row_is_listed_and_the_good_ones_pass(desk: Desk, content: Callable[[], bytes], column: str) -> None:
    name = file_name("requests", DAY)
    before = _refused("bad-row")
    desk.take(name, content())
    assert {event["record"] for event in desk.events()} == {row.RequestID for row in GOOD}
    report = desk.report("done", name)
    assert {(problem["line"], problem["column"]) for problem in report["problems"]} == {(12, column)}
    assert _refused("bad-row") == before + 1
    _next_passes(desk)


@pytest.mark.parametrize(
    "number",
    ["9990000019", "1111111111", "0000000000", "9999999999", "9276308686", "B801200005001", "N/K", "=9990000018"],
)
def test_a_doubtful_nhs_number_is_passed_on_as_received_for_identity_to_judge(desk: Desk, number: str) -> None:
    desk.take(file_name("people", DAY), people_csv([*PEOPLE, person_row(1, NHSNumber=number)]))
    assert desk.events()[-1]["person"]["nhs_number"] == number


@pytest.mark.parametrize("own", ["9990000018", "B801200005001", "Ada Example"])
def test_a_person_list_keyed_by_an_identifier_gets_hashed_records(desk: Desk, own: str) -> None:
    desk.take(file_name("people", DAY), people_csv([person_row(PersonID=own)]))
    (event,) = desk.events()
    assert own not in event["record"]
    assert len(event["record"]) == 24


def test_an_nhs_number_status_outside_the_list_is_a_bad_row(desk: Desk) -> None:
    name = file_name("people", DAY)
    desk.take(name, people_csv([*PEOPLE, person_row(1, NHSNumberStatus="1")]))
    assert [problem["column"] for problem in desk.report("done", name)["problems"]] == ["NHSNumberStatus"]


@pytest.mark.parametrize("stamps", [("02/03/2026 09:00", "02/03/2026 09:01"), ("2 March", "2 March"), ("", "")])
def test_an_extract_must_name_one_date_in_its_column(desk: Desk, stamps: tuple[str, str]) -> None:
    lines = [advice_csv([advice_row(number)], desk.clock.now()).decode() for number in (1, 2)]
    rows = [f"{line.splitlines()[1].rpartition(',')[0]},{stamp}\r\n" for line, stamp in zip(lines, stamps, strict=True)]
    desk.take("advice-tracker.csv", (lines[0].splitlines()[0] + "\r\n" + "".join(rows)).encode())
    assert desk.report("rejected", "advice-tracker.csv")["code"] == "extract-date"


@pytest.mark.parametrize(
    "name",
    [
        "letters.docx",
        "one-education-requests.csv",
        "one-education-requests-2026-02-30.csv",
        "One-Education-Requests-2026-03-02.csv",
        "copy of one-education-requests-2026-03-02.csv",
    ],
)
def test_a_name_that_tells_nothing_is_rejected(desk: Desk, name: str) -> None:
    desk.take(name, requests(request_row()))
    assert desk.report("rejected", name)["code"] in ("no-mapping", "extract-date")
    _next_passes(desk)


def test_a_feed_of_a_source_that_is_not_registered_is_rejected(desk: Desk) -> None:
    (desk.root / "sources.toml").write_text("sources = []")
    desk.start()
    name = file_name("requests", DAY)
    desk.take(name, requests(request_row()))
    assert desk.report("rejected", name)["code"] == "no-source"


def test_rows_have_a_limit(desk: Desk) -> None:
    desk.limits["files_row_limit"] = 9
    desk.start()
    name = file_name("requests", DAY)
    desk.take(name, requests(*GOOD))
    assert desk.report("rejected", name)["code"] == "too-large"


def test_a_file_still_growing_is_left_alone(desk: Desk) -> None:
    name = file_name("requests", DAY)
    path = desk.folder / name

    async def grow() -> None:
        for part in (HEADER, HEADER + ROW[:9], HEADER + ROW):
            path.write_bytes(part)
            await desk.poll()
            assert path.exists()
        await desk.poll()

    asyncio.run(grow())
    assert desk.listing("done") == [name]
    assert len(desk.events()) == 1


def test_other_folders_in_the_folder_are_left_alone(desk: Desk) -> None:
    (desk.folder / "somebody").mkdir()
    desk.take(file_name("requests", DAY), requests(request_row()))
    assert (desk.folder / "somebody").is_dir()


def _next_passes(desk: Desk) -> None:
    before = len(desk.events())
    desk.take(file_name("requests", NEXT), requests(*[request_row(number) for number in range(20, 31)]))
    assert len(desk.events()) == before + 11


def _refused(reason: str) -> float:
    labels = {"connector": "files", "source": "one-education:825:2022", "reason": reason}
    return REGISTRY.get_sample_value("sendhub_connector_messages_refused_total", labels) or 0.0
