import pytest

from connectors.council.files.errors import FileRefused
from connectors.council.files.mapping import Mapping
from connectors.council.files.table import read_table


def mapping(**more: object) -> Mapping:
    content = {
        "feed": "list",
        "source": "early-help:825:2021",
        "kind": "people",
        "files": r"list-(?P<date>\d{8})\.csv",
        "extract": {"format": "%Y%m%d"},
        "person": {"given": "Given", "family": "Family"},
        "ignore": ["Note*"],
    }
    return Mapping.model_validate({**content, **more})


def cells(content: bytes, **more: object) -> list[dict[str, str]]:
    return [row.cells for row in read_table(content, mapping(**more), 100).rows]


@pytest.mark.parametrize(
    ("content", "more"),
    [
        (b"Given,Family\nAda,Example\n", {}),
        (b"\xef\xbb\xbfGiven,Family\r\nAda,Example\r\n", {}),
        (b"Family;Given\nExample;Ada\n", {"delimiter": ";"}),
        (b"Given\tFamily\nAda\tExample\n", {"delimiter": "\t"}),
        (b"Given,Family,\nAda,Example,\n", {}),
        (b"Given,Family\nAda,Example,,\n", {}),
        (b'"Given","Family"\n"Ada","Example"\n', {}),
        (b"Given , Family\n Ada , Example\n", {}),
        (b"Given,Family\n\n,\nAda,Example\n", {}),
        (b"Given,Family\nAda,Example", {"ends_with_newline": False}),
        ("Given,Family\nAda,Example\n".encode("utf-16"), {"encoding": "utf-16"}),
    ],
)
def test_the_quirks_of_csv_make_no_difference(content: bytes, more: dict[str, object]) -> None:
    assert cells(content, **more) == [{"Given": "Ada", "Family": "Example"}]


def test_quoted_commas_quotes_and_newlines_belong_to_the_cell_and_the_line_is_the_last() -> None:
    rows = read_table(b'Given,Family\n"A,\n""da""","Ex\r\nample"\nBea,Example\n', mapping(), 100).rows
    assert rows[0].cells == {"Given": 'A,\n"da"', "Family": "Ex\r\nample"}
    assert [row.line for row in rows] == [4, 5]


def test_a_formula_is_text() -> None:
    assert cells(b"Given,Family\n=1+1,@SUM(A1)\n") == [{"Given": "=1+1", "Family": "@SUM(A1)"}]


def test_text_in_the_other_encoding_is_read_when_the_mapping_says_so() -> None:
    assert cells("Given,Family\nZoë,Núñez\n".encode("cp1252"), encoding="cp1252")[0]["Given"] == "Zoë"


@pytest.mark.parametrize(
    ("content", "more", "code"),
    [
        (b"", {}, "empty"),
        (b"Given,Family\nAda,Exam", {}, "half-written"),
        (b"Given,Family\nAda,Example", {}, "half-written"),
        ("Given,Family\nZoë,Núñez\n".encode("cp1252"), {}, "encoding"),
        ("Given,Family\nZoë,Núñez\n".encode(), {"encoding": "cp1252"}, "encoding"),
        ("Given,Family\nAda,Example\n".encode("utf-16"), {}, "encoding"),
        (b"Given,Family\nAda,Example\n", {"encoding": "utf-16"}, "encoding"),
        (b"Given,Family\nA\0da,Example\n", {}, "encoding"),
        (b'Given,Family\nAda,"Example\n', {}, "not-csv"),
        (b'Given,Family\nAda,"Exa"mple\n', {}, "not-csv"),
        (b"Given,Family\nAda," + b"x" * 200_000 + b"\n", {}, "not-csv"),
        (b"Given\nAda\n", {}, "columns"),
        (b"Given,Family,Diagnosis\nAda,Example,x\n", {}, "columns"),
        (b"Given,Family,Given\nAda,Example,Ada\n", {}, "columns"),
        (b"Given,Family\nAda,Example\n", {"delimiter": ";"}, "columns"),
        (b"given,family\nAda,Example\n", {}, "columns"),
        (b"Ada,Example\n", {}, "columns"),
        (b"Given,Family\n" + b"Ada,Example\n" * 101, {}, "too-large"),
        (b"PK\x03\x04\n", {}, "columns"),
    ],
)
def test_a_file_that_is_wrong_as_a_whole(content: bytes, more: dict[str, object], code: str) -> None:
    with pytest.raises(FileRefused) as caught:
        read_table(content, mapping(**more), 100)
    assert caught.value.code == code
    assert "Example" not in str(caught.value)
    assert "Example" not in str(caught.value.problems)


def test_every_wrong_column_is_named_at_once_unknown_ones_by_place() -> None:
    with pytest.raises(FileRefused) as caught:
        read_table(b"Secret,Note1,Other\na,b,c\n", mapping(), 100)
    assert [problem.column for problem in caught.value.problems] == ["Family", "Given", "#1", "#3"]


@pytest.mark.parametrize("row", [b"Bea", b"Bea,Example,more", b"Bea,Example,,x", b"Bea," + b"x" * 10_001])
def test_a_ragged_row_is_left_out_by_line(row: bytes) -> None:
    table = read_table(b"Given,Family\nAda,Example\n" + row + b"\nCy,Example\n", mapping(), 100)
    assert [row.cells["Given"] for row in table.rows] == ["Ada", "Cy"]
    assert [problem.line for problem in table.bad] == [3]
    assert table.count == 3


def test_a_filled_cell_under_no_name_is_a_bad_row() -> None:
    table = read_table(b"Given,Family,\nAda,Example,\nBea,Example,x\n", mapping(), 100)
    assert [problem.line for problem in table.bad] == [3]
