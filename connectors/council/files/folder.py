"""The watched folder: which files are whole, and where they go. By polling, since network shares tell nobody.

in.csv           dropped here
release/in.csv   moved here by a person: take it although it has few rows
done/ rejected/ held/   moved here by the connector, with a report beside it; nothing is ever deleted or overwritten
"""

import fnmatch
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from connectors.council.files.errors import FileRefused
from connectors.council.files.report import Report

RELEASE = "release"
_PLACES = ("done", "rejected", "held", RELEASE)
_PASSED_OVER = (".*", "~*", "*.tmp", "*.part", "*.partial", "*.filepart", "*.crdownload", "thumbs.db", "desktop.ini")
"""Names that copying programs and file managers use for what is no file yet, or none of ours."""

_LONGEST_NAME = 200
"""Bytes of a name that we give: file systems take 255, and a number and `.report.json` must fit."""

Mark = tuple[int, int]


class StillChanging(Exception):
    """The file changed while it was read: look again at a later poll."""


@dataclass
class Folder:
    """One watched folder. `settle` is how many seconds a file's size and time must stay the same."""

    path: Path
    settle: float
    monotonic: Callable[[], float]
    _marks: dict[Path, tuple[Mark, float]] = field(default_factory=dict)
    _seen: dict[Path, float] = field(default_factory=dict)
    _shut: float | None = None

    def look(self) -> list[Path]:
        """As `settled`, in folders that are made where they are not there; raises OSError."""
        try:
            self.prepare()
            found = self.settled()
        except OSError:
            self._shut = self.monotonic() if self._shut is None else self._shut
            raise
        self._shut = None
        return found

    def prepare(self) -> None:
        """Make the folders that are not there; raises OSError."""
        for place in _PLACES:
            (self.path / place).mkdir(parents=True, exist_ok=True)

    def settled(self) -> list[Path]:
        """The files that have stopped changing, by name; raises OSError when the folder cannot be read.

        A file counts only when an earlier poll saw it with the same size and time, `settle` seconds ago or more.
        """
        now = self.monotonic()
        old, self._marks = self._marks, {}
        for path in self._files():
            mark = _mark(path)
            if mark is not None:
                known = old.get(path)
                self._marks[path] = known if known and known[0] == mark else (mark, now)
        self._seen = {path: self._seen.get(path, now) for path in self._marks}
        return [
            path for path, seen in sorted(self._marks.items()) if seen == old.get(path) and now - seen[1] >= self.settle
        ]

    def waiting(self) -> int:
        """How many files the last poll saw."""
        return len(self._marks)

    def waited(self) -> float:
        """For how many seconds the oldest file that the last poll saw has been here, changing or not, or the folder
        could not be looked into.
        """
        now = self.monotonic()
        return now - min((*self._seen.values(), now if self._shut is None else self._shut), default=now)

    def released(self, path: Path) -> bool:
        """Whether a person has let this file pass."""
        return path.parent.name == RELEASE

    def read(self, path: Path, limit: int) -> bytes:
        """A file's bytes; raises FileRefused when larger than `limit`, StillChanging, OSError."""
        before = _mark(path)
        with path.open("rb") as file:
            content = file.read(limit + 1)
        if len(content) > limit:
            raise FileRefused("too-large", f"larger than {limit} bytes")
        after = _mark(path)
        if before is None or before != after or len(content) != before[0]:
            raise StillChanging
        return content

    def put_away(self, path: Path, report: Report) -> Path:
        """Move a file to its place, its report first, under a name that nothing there has; raises OSError."""
        target = _claim(self.path / report.place, _fitting(path.name))
        try:
            if report.needed:
                note = target.with_name(f"{target.name}.report.json")
                draft = note.with_name(f".{note.name}.tmp")
                draft.write_bytes(report.json(path.name))
                draft.replace(note)
            path.replace(target)
        except OSError:
            # The next poll claims anew: without this each would leave an empty file.
            target.unlink(missing_ok=True)
            raise
        self._marks.pop(path, None)
        self._seen.pop(path, None)
        return target

    def release(self, name: str) -> Path:
        """Move a held file to release/; raises FileNotFoundError."""
        held = self.path / "held" / Path(name).name
        if not held.is_file():
            raise FileNotFoundError("there is no such file in held/")
        return held.replace(_claim(self.path / RELEASE, held.name))

    def _files(self) -> list[Path]:
        found = [*self.path.iterdir(), *(self.path / RELEASE).iterdir()]
        return [path for path in found if not _passed_over(path.name) and path.is_file()]


def plain_name(path: Path) -> str:
    """The name a file was dropped under: without the number it got where its name was taken."""
    return re.sub(r"~\d+(?=\.|$)", "", path.name)


def _passed_over(name: str) -> bool:
    return any(fnmatch.fnmatchcase(name.casefold(), pattern) for pattern in _PASSED_OVER)


def _mark(path: Path) -> Mark | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_size, found.st_mtime_ns)


def _fitting(name: str) -> str:
    """The name, cut in its middle where it is too long."""
    stem, dot, rest = name.rpartition(".")
    room = _LONGEST_NAME - len(os.fsencode(dot + rest))
    if len(os.fsencode(name)) <= _LONGEST_NAME or room < 1:
        return os.fsencode(name)[:_LONGEST_NAME].decode(errors="ignore")
    return os.fsencode(stem)[:room].decode(errors="ignore") + dot + rest


def _claim(folder: Path, name: str) -> Path:
    """A path in the folder that is now ours: made empty, so that nobody else can take it between looking and moving."""
    stem, dot, rest = name.partition(".")
    number = 1
    while True:
        path = folder / (name if number == 1 else f"{stem}~{number}{dot}{rest}")
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            number += 1
        else:
            return path
