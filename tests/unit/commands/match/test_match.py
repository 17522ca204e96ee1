"""`sendhub match` as a council would use it, wrong files included."""

import json
from datetime import datetime

import pyarrow
import pyarrow.parquet
import pytest
from typer.testing import CliRunner

from hub.cli import app

MAP = """id = "id"
given = "given"
family = "family"
sex = "sex"
postcode = "postcode"
nhs_number = "nhs"
nhs_number_status = "status"
upn = "upn"
[birth_date]
column = "dob"
formats = ["%Y-%m-%d", "%d/%m/%Y"]
"""
HEADER = "id,given,family,dob,sex,postcode,nhs,status,upn"
ROWS = (
    "1,Amy,Example,2016-03-04,F,ZX99 1AA,9990000018,01,",
    "2,AMY,Example,04/03/2016,F,ZX99 1AA,999 000 0018,1,",
    "3,Ben,Ashdown,2016-05-04,M,ZX98 1AA,,,",
    "4,Benjamin,Ashdown,2016-05-04,M,ZX98 1AA,,,",
    "5,Carl,Hallam,2015-06-07,M,ZX97 2BB,,,",
    "6,Carl,Hallam,2015-06-07,M,ZX97 2BB,,,",
    "7,,,,,,,,",
    "8,Dora,Penhale,2012-09-08,F,,9990000018,01,",
    "9,Ben,Ashdown,2016-05-04,M,ZX98 1AB,,,",
    "10,Zofia,Wiśnik,32/13/2016,F,ZX96 1AA,,,",
)
TRUTH = "left,right\n1,2\n3,4\n3,9\n4,9\n5,6\n"


@pytest.fixture
def files(tmp_path):
    (tmp_path / "a.csv").write_text("\n".join([HEADER, *ROWS]) + "\n", "utf-8")
    (tmp_path / "map.toml").write_text(MAP, "utf-8")
    (tmp_path / "truth.csv").write_text(TRUTH, "utf-8")
    return tmp_path


def run(files, command, *more, **changed):
    named = {"records": files / "a.csv", "map": files / "map.toml"} | changed
    arguments = [text for name, value in named.items() for text in (f"--{name.replace('_', '-')}", str(value))]
    return CliRunner().invoke(app, ["match", command, *arguments, *more])


def test_resolve_says_of_each_record_in_order_which_child_and_why(files):
    found = [json.loads(line) for line in run(files, "resolve", "--json").stdout.splitlines()]
    assert [(each["record"], each["child"], each["outcome"]) for each in found] == [
        ("1", "child-1", "none"),
        ("2", "child-1", "match"),
        ("3", "child-2", "none"),
        ("4", "child-3", "potential"),
        ("5", "child-4", "none"),
        ("6", "child-4", "match"),
        ("7", None, "error"),
        ("8", "child-5", "conflict"),
        ("9", "child-6", "many"),
        ("10", "child-7", "none"),
    ]
    assert found[1]["why"] == "the same verified NHS number, with date of birth and given name agreeing"
    assert found[8]["others"] == ["child-2", "child-3"]


def test_resolve_says_how_many_dates_it_could_not_read(files):
    assert "1 dates of birth are in no format of the MAP file" in run(files, "resolve").output


def test_an_id_that_comes_again_is_the_same_source_person(files):
    (files / "a.csv").write_text("\n".join([HEADER, ROWS[0], ROWS[0].replace("Amy", "Zara")]), "utf-8")
    found = [json.loads(line) for line in run(files, "resolve", "--json").stdout.splitlines()]
    assert [each["outcome"] for each in found] == ["none", "conflict"]
    assert "1 ids" in run(files, "evaluate", truth=files / "truth.csv").output


def test_evaluate_prints_one_object(files):
    result = run(files, "evaluate", "--json", truth=files / "truth.csv")
    said = json.loads(result.stdout)
    assert {"precision", "recall", "f1", "threshold"} == set(said["pairwise"]) == set(said["clustered"])
    assert (said["records"], said["true_pairs"], said["false_links"]) == (10, 5, [])
    assert said["links"] == {"precision": 1.0, "recall": 0.4, "f1": pytest.approx(0.571429), "pairs": 2}
    assert said["pairwise"]["f1"] == 1.0
    assert said["potential"] == 3
    assert set(said["latency_ms"]) == {"p50", "p99"}


def test_the_truth_may_be_a_group_for_each_record(files):
    (files / "truth.csv").write_text("id,cluster\n1,a\n2,a\n3,b\n4,b\n9,b\n5,c\n6,c\n7,d\n8,e\n10,f\n", "utf-8")
    said = json.loads(run(files, "evaluate", "--json", truth=files / "truth.csv").stdout)
    assert (said["true_pairs"], said["clustered"]["f1"]) == (5, 1.0)


def test_of_two_files_only_pairs_across_count_though_ids_are_the_same(files):
    (files / "b.csv").write_text("\n".join([HEADER, ROWS[5].replace("6,", "5,", 1), ROWS[2]]), "utf-8")
    (files / "truth.csv").write_text("a,b\n5,5\n3,3\n", "utf-8")
    said = json.loads(run(files, "evaluate", "--json", truth=files / "truth.csv", records_b=files / "b.csv").stdout)
    assert (said["records"], said["true_pairs"], said["pairwise"]["recall"]) == (12, 2, 1.0)
    assert said["links"]["pairs"] == 3


def test_a_false_link_is_listed(files):
    (files / "truth.csv").write_text("left,right\n1,2\n", "utf-8")
    result = run(files, "evaluate", truth=files / "truth.csv")
    assert "FALSE LINKS, joined without anybody being asked: 1" in result.stdout
    assert "5  6" in result.stdout


def test_records_may_be_parquet(files):
    names = HEADER.split(",")
    columns = list(zip(*(row.split(",") for row in ROWS), strict=True))
    table = pyarrow.table(
        {name: [value or None for value in column] for name, column in zip(names, columns, strict=True)}
    )
    pyarrow.parquet.write_table(table, files / "a.parquet")
    csv, parquet = (run(files, "resolve", "--json", records=files / name).stdout for name in ("a.csv", "a.parquet"))
    assert csv == parquet


def test_the_curve_is_a_picture(files):
    result = run(files, "evaluate", "--json", truth=files / "truth.csv", curve=files / "curve.png")
    assert result.exit_code == 0
    assert (files / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_a_threshold_of_ones_own(files):
    said = json.loads(run(files, "evaluate", "--json", "--threshold", "1", truth=files / "truth.csv").stdout)
    assert said["potential"] == 0
    assert (said["pairwise"]["threshold"], said["pairwise"]["recall"]) == (1.0, said["links"]["recall"])


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("a.csv", "", "is empty: its first line has to name the columns"),
        ("a.csv", HEADER.replace("given", "forename") + "\n" + ROWS[0], "has no column given; it has id,"),
        ("a.csv", HEADER + "\n", "there are no records"),
        ("a.csv", HEADER + "\n" + ROWS[0] + ",and,more", "line 2: 11 values for 9 columns"),
        ("a.csv", HEADER + ",id\n", "more than one column called id"),
        ("map.toml", "id = ", "is not TOML"),
        ("map.toml", 'identity = "id"', "identity: Extra inputs are not permitted"),
        ("map.toml", 'id = "id"\n[also.x]\ncolumns = "given"\nkind = "name"', "also.x.kind"),
        ("truth.csv", "left,right\n1,99\n", "names a record that is not there"),
        ("truth.csv", "id,cluster\n1,a\n", "says nothing of 9 of 10 records"),
        ("truth.csv", "left\n1\n", "Say under [truth] which are"),
    ],
)
def test_a_file_that_does_not_fit_is_said_to_be(files, file, text, said):
    (files / file).write_text(text, "utf-8")
    result = run(files, "evaluate", truth=files / "truth.csv")
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())


def test_a_file_that_is_not_there_is_named(files):
    result = run(files, "resolve", records=files / "missing.csv")
    assert result.exit_code == 2
    assert "missing.csv: No such file or directory" in result.output


def test_a_file_of_another_encoding_is_said_to_be(files):
    (files / "a.csv").write_bytes("id,given\n1,José".encode("latin-1"))
    assert "is not UTF-8: save it as CSV UTF-8" in run(files, "resolve").output


def test_the_policy_can_be_printed_and_read_again(files):
    printed = CliRunner().invoke(app, ["match", "policy", "--json"]).stdout
    (files / "policy.json").write_text(printed, "utf-8")
    both = [run(files, "resolve", "--json", *more).stdout for more in ((), ("--policy", str(files / "policy.json")))]
    assert both[0] == both[1] != ""


def test_a_row_without_an_id_is_somebody_of_its_own(files):
    (files / "a.csv").write_text(
        "\n".join([HEADER, ROWS[4].replace("5,", "3,", 1), ROWS[2], ROWS[4].replace("5,", ",", 1)]), "utf-8"
    )
    found = [json.loads(line) for line in run(files, "resolve", "--json").stdout.splitlines()]
    assert [each["record"] for each in found] == ["3", "3", "row 3"]
    assert [each["child"] for each in found] == ["child-1", None, "child-1"]


def test_what_is_held_back_is_given_to_nobody(files):
    (files / "a.csv").write_text("\n".join([HEADER, ROWS[0], ROWS[0].replace("Amy", "Zara")]), "utf-8")
    second = json.loads(run(files, "resolve", "--json").stdout.splitlines()[1])
    assert (second["child"], second["outcome"]) == (None, "conflict")


def test_pairs_of_the_truth_are_closed_one_is_two_and_two_is_three(files):
    (files / "truth.csv").write_text("left,right\n1,2\n3,4\n4,9\n5,6\n", "utf-8")
    assert json.loads(run(files, "evaluate", "--json", truth=files / "truth.csv").stdout)["true_pairs"] == 5


def test_an_id_in_two_groups_is_refused(files):
    (files / "truth.csv").write_text("id,cluster\n1,a\n1,b\n", "utf-8")
    assert "gives one id to two groups" in run(files, "evaluate", truth=files / "truth.csv").output


def test_two_verified_numbers_are_not_asked_about(files):
    rows = ("1,Amy,Example,2016-03-04,F,ZX99 1AA,9990000018,01,", "2,Amy,Example,2016-03-04,F,ZX99 1AA,9990000026,01,")
    (files / "a.csv").write_text("\n".join([HEADER, *rows]), "utf-8")
    (files / "truth.csv").write_text("id,cluster\n1,a\n2,b\n", "utf-8")
    said = json.loads(run(files, "evaluate", "--json", truth=files / "truth.csv").stdout)
    assert (said["potential"], said["links"]["pairs"], said["pairwise"]["precision"]) == (0, 0, 1.0)


def test_short_rows_and_ids_that_look_like_markup_are_taken(files):
    (files / "a.csv").write_text("\n".join([HEADER, "[/b],Amy"]), "utf-8")
    assert "[/b]" in run(files, "resolve").stdout
    (files / "truth.csv").write_text("left,right\n1\n", "utf-8")
    assert "names a record that is not there" in run(files, "evaluate", truth=files / "truth.csv").output


def test_numbers_that_are_none_are_counted(files):
    (files / "a.csv").write_text("\n".join([HEADER, ROWS[0].replace("9990000018", "9990000019")]), "utf-8")
    assert "1 NHS numbers are none" in run(files, "resolve").output


def test_parquet_dates_and_numbers_read_as_csv_has_them(files):
    table = pyarrow.table(
        {
            **{name: [None, None] for name in HEADER.split(",")},
            "id": [1, 2],
            "given": ["Amy ", "Amy"],
            "family": ["Example", "Example"],
            "dob": [*[datetime.fromisoformat("2016-03-04")] * 2],
            "nhs": [9990000018.0, float("nan")],
            "status": ["01", None],
            "postcode": ["ZX99 1AA", "ZX99 1AA"],
        }
    )
    pyarrow.parquet.write_table(table, files / "a.parquet")
    result = run(files, "resolve", "--json", records=files / "a.parquet")
    assert [json.loads(line)["outcome"] for line in result.stdout.splitlines()] == ["none", "match"]
    assert "count as not known" not in result.output
