from pathlib import Path

import pytest

from connectors.council.files.errors import BadMapping
from connectors.council.files.mapping import load, load_all
from connectors.council.files.settings import SHIPPED_MAPPINGS

GOOD = r"""
source = "one-education:825:2022"
kind = "requests"
files = 'r-(?P<date>\d{8})\.csv'
id = "Number"

[extract]
format = "%Y%m%d"

[codes]
Outcome = ["Y", "N", "H"]

[person]
given = "Given"
birth_date = { column = "Born", format = "%d/%m/%Y" }

[[facts]]
kind = "assessment.decided"
date = { column = "On", format = "%d/%m/%Y" }
when = { Outcome = ["Y"] }
silent = { Outcome = ["H"] }
data = { outcome = { value = "assess" } }
"""


def write(folder: Path, content: str) -> Path:
    path = folder / "decisions.toml"
    path.write_text(content, "utf-8")
    return path


def test_a_mapping_has_its_files_name_and_knows_its_columns(tmp_path: Path) -> None:
    mapping = load(write(tmp_path, GOOD))
    assert mapping.feed == "decisions"
    assert mapping.columns == {"Number", "Given", "Born", "On", "Outcome"}
    assert (mapping.encoding, mapping.delimiter, mapping.rows_fall_percent) == ("utf-8", ",", 10)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('format = "%Y%m%d"', 'format = "%y%m%d"', "two-digit year"),
        ('format = "%d/%m/%Y" }\nwhen', 'format = "%d/%m" }\nwhen', "names day"),
        (', format = "%d/%m/%Y" }\nwhen', " }\nwhen", "needs a column and a format"),
        (', format = "%d/%m/%Y" }\n\n[[facts]]', " }\n\n[[facts]]", "person.birth_date: needs a format"),
        (r"(?P<date>\d{8})", r"\d{8}", "needs a group"),
        (r"(?P<date>\d{8})", r"(?P<date>\d{8}", "not a regular expression"),
        ('id = "Number"', "", "only a people feed may be without"),
        ('id = "Number"', 'id = "Number"\ndelimter = ";"', "delimter"),
        ('id = "Number"', 'id = "Number"\nencoding = "guess"', "encoding"),
        ("assessment.decided", "assessment.decidd", "unknown event kind"),
        ("assessment.decided", "advice.received", "a requests feed does not state advice.received"),
        ('Outcome = ["Y", "N", "H"]', 'Outcome = ["Y", "N"]', "codes: Outcome lacks a code"),
        ('Outcome = ["Y", "N", "H"]', "", "codes: list every code of Outcome"),
        ("given = ", "nickname = ", "person.nickname: unknown"),
        ('{ value = "assess" }', '{ value = "assess", column = "X" }', "either a column or a value"),
        ('{ value = "assess" }', '{ value = "assess", format = "%d%m%Y" }', "takes no other field"),
        ('{ value = "assess" }', '{ column = "X", format = "%d%m%Y", values = { a = 1 } }', "either a date"),
        ('{ value = "assess" }', '{ column = "X", may_be_future = true }', "may_be_future is for dates"),
        ("[codes]", "[subject]\ninvoice = 'X'\n[codes]", "unknown subject invoice"),
        ("[[facts]]", "[[fact]]", "fact: Extra inputs"),
        ("[extract]", "[extract", "not TOML"),
    ],
)
def test_a_slip_in_a_mapping_is_named_with_its_file(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in GOOD
    with pytest.raises(BadMapping) as caught:
        load(write(tmp_path, GOOD.replace(old, new, 1)))
    assert "decisions.toml" in str(caught.value)
    assert says in str(caught.value)


def test_a_fact_may_be_stated_twice_only_under_two_occurrences(tmp_path: Path) -> None:
    twice = GOOD + GOOD[GOOD.index("[[facts]]") :]
    with pytest.raises(BadMapping, match="is there twice"):
        load(write(tmp_path, twice))
    load(write(tmp_path, twice.replace("[[facts]]", "[[facts]]\noccurrence = 'second'", 1)))


def test_a_feed_must_state_something(tmp_path: Path) -> None:
    with pytest.raises(BadMapping, match="a feed must state something"):
        load(write(tmp_path, GOOD[: GOOD.index("[[facts]]")]))


def test_a_folder_without_mappings_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(BadMapping, match="no mapping"):
        load_all(tmp_path)


def test_the_shipped_mappings_load_and_take_different_file_names() -> None:
    mappings = load_all(SHIPPED_MAPPINGS)
    names = [
        "one-education-people-2026-03-01.csv",
        "one-education-requests-2026-03-01.csv",
        "advice-tracker-2026-03-01.csv",
        "reconciliation_test_data_2026-03-01.csv",
        "single_match_2026-03-01.csv",
        "single_match_from_dbs_headers_2026-03-01.csv",
        "sui_batch_search_queries_small_2026-03-01.csv",
    ]
    takers = [[mapping.feed for mapping in mappings if mapping.pattern.fullmatch(name)] for name in names]
    assert [len(found) for found in takers] == [1] * len(names)
    assert len({found[0] for found in takers}) == len(mappings)
