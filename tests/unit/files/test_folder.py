import os
from pathlib import Path

import orjson
import pytest

from connectors.council.files.errors import FileRefused, Problem
from connectors.council.files.folder import Folder, StillChanging, plain_name
from connectors.council.files.report import LISTED, Report


class Watch:
    """A folder and a stopwatch."""

    def __init__(self, path: Path) -> None:
        self.now = 0.0
        self.path = path
        self.folder = Folder(path, settle=10.0, monotonic=lambda: self.now)
        self.folder.prepare()

    def look(self, after: float = 5.0) -> list[str]:
        self.now += after
        return [path.name for path in self.folder.settled()]


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(tmp_path / "in")


def test_a_file_counts_once_it_has_not_changed_for_long_enough(watch: Watch) -> None:
    (watch.path / "a.csv").write_bytes(b"1")
    assert watch.look() == []
    assert watch.look() == []
    assert watch.look() == ["a.csv"]


def test_a_file_that_grows_or_is_written_anew_waits(watch: Watch) -> None:
    path = watch.path / "a.csv"
    path.write_bytes(b"1")
    watch.look()
    path.write_bytes(b"12")
    assert watch.look(10.0) == []
    os.utime(path, ns=(1, 1))
    assert watch.look(10.0) == []
    assert watch.look(10.0) == ["a.csv"]


def test_even_without_a_settling_time_two_looks_must_agree(tmp_path: Path) -> None:
    folder = Folder(tmp_path, settle=0.0, monotonic=lambda: 0.0)
    folder.prepare()
    (tmp_path / "a.csv").write_bytes(b"1")
    assert folder.settled() == []
    (tmp_path / "a.csv").write_bytes(b"12")
    assert folder.settled() == []
    assert folder.settled() == [tmp_path / "a.csv"]


@pytest.mark.parametrize("name", [".a.csv", "~$a.csv", "a.csv.part", "a.tmp", "A.FILEPART", "Thumbs.db", "desktop.ini"])
def test_what_copying_programs_leave_is_passed_over(watch: Watch, name: str) -> None:
    (watch.path / name).write_bytes(b"1")
    watch.look()
    assert watch.look(20.0) == []
    assert watch.folder.waiting() == 0


def test_released_files_are_found_too(watch: Watch) -> None:
    (watch.path / "release" / "a.csv").write_bytes(b"1")
    watch.look()
    assert watch.look(20.0) == ["a.csv"]
    assert watch.folder.released(watch.path / "release" / "a.csv")
    assert not watch.folder.released(watch.path / "a.csv")


def test_reading_refuses_what_is_too_large(watch: Watch) -> None:
    path = watch.path / "a.csv"
    path.write_bytes(b"12345")
    assert watch.folder.read(path, 5) == b"12345"
    with pytest.raises(FileRefused):
        watch.folder.read(path, 4)


def test_a_file_that_changes_while_it_is_read_is_left_for_later(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    path = watch.path / "a.csv"
    path.write_bytes(b"12345")
    real = Path.open

    def slow(self: Path, *args: object, **more: object) -> object:
        file = real(self, *args, **more)  # type: ignore[arg-type, call-overload]
        os.utime(path, ns=(1, 1))
        return file

    monkeypatch.setattr(Path, "open", slow)
    with pytest.raises(StillChanging):
        watch.folder.read(path, 10)


def test_nothing_is_overwritten_and_the_report_lies_beside_the_file(watch: Watch) -> None:
    for content in (b"1", b"2", b"3"):
        path = watch.path / "a.b.csv"
        path.write_bytes(content)
        watch.folder.put_away(path, Report("rejected", "empty", "the file is empty"))
    rejected = watch.path / "rejected"
    names = ["a.b.csv", "a~2.b.csv", "a~3.b.csv"]
    assert [(rejected / name).read_bytes() for name in names] == [b"1", b"2", b"3"]
    assert sorted(path.name for path in rejected.iterdir()) == sorted([*names, *(f"{n}.report.json" for n in names)])
    assert [plain_name(rejected / name) for name in names] == ["a.b.csv"] * 3
    assert list(watch.path.glob("*.csv")) == []


def test_a_file_taken_without_a_hitch_gets_no_report(watch: Watch) -> None:
    path = watch.path / "a.csv"
    path.write_bytes(b"1")
    watch.folder.put_away(path, Report("done", "taken", "1 of 1 rows were taken", rows=1, sent=1))
    assert [found.name for found in (watch.path / "done").iterdir()] == ["a.csv"]


def test_a_report_counts_what_it_does_not_list() -> None:
    many = tuple(Problem(line, "DOB", "wrong") for line in range(LISTED + 5))
    found = orjson.loads(Report("rejected", "bad-rows", "…", problems=many).json("a.csv"))
    assert (len(found["problems"]), found["problems_not_listed"]) == (LISTED, 5)


def test_releasing_moves_a_held_file_only(watch: Watch) -> None:
    held = watch.path / "held" / "a.csv"
    held.write_bytes(b"1")
    (watch.path / "b.csv").write_bytes(b"1")
    assert watch.folder.release("a.csv").read_bytes() == b"1"
    assert not held.exists()
    for name in ("a.csv", "b.csv", "../b.csv"):
        with pytest.raises(FileNotFoundError):
            watch.folder.release(name)


@pytest.mark.parametrize("name", ["x" * 250 + ".csv", "x" * 255, "é" * 125 + ".csv"])
def test_a_name_too_long_for_a_report_beside_it_is_cut(watch: Watch, name: str) -> None:
    for _ in range(2):
        (watch.path / name).write_bytes(b"1")
        target = watch.folder.put_away(watch.path / name, Report("rejected", "no-mapping", ""))
        assert target.read_bytes() == b"1"
        assert target.suffix == Path(name).suffix
        assert (target.parent / f"{target.name}.report.json").exists()
    assert len(list((watch.path / "rejected").iterdir())) == 4


def test_a_file_that_cannot_be_moved_leaves_nothing_behind(watch: Watch) -> None:
    with pytest.raises(FileNotFoundError):
        watch.folder.put_away(watch.path / "gone.csv", Report("done", "taken", ""))
    assert list((watch.path / "done").iterdir()) == []
