"""A council's own return, as one XML document or as the blades of its two modules."""

import codecs
from collections.abc import Sequence
from typing import NamedTuple

from hub.core.sen2 import blade, message
from hub.core.sen2.entry import Stated
from hub.core.sen2.errors import Problem, Unreadable
from hub.core.sen2.year import Year


class File(NamedTuple):
    """A file's name and what it holds."""

    name: str
    content: bytes

    @property
    def is_xml(self) -> bool:
        """Whether it begins as XML does."""
        return self.content.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<")


class Theirs(NamedTuple):
    """A return as read; `with_assessments` is false where no file has module 3."""

    rows: list[Stated]
    with_assessments: bool


def read(files: Sequence[File], year: Year) -> Theirs:
    """Read a return about a year; raises Unreadable with all that is wrong."""
    documents = [file for file in files if file.is_xml]
    if documents:
        if len(files) > 1:
            raise Unreadable([Problem(files[1].name, "", "one XML document holds a whole return: name it alone")])
        return Theirs(message.stated(*documents[0], year), True)
    tables = [blade.table(*file) for file in files]
    problems = [
        Problem(table.name, "", "neither the requests nor the assessment module: name those two")
        for table in tables
        if not (table.is_requests or table.is_assessments)
    ]
    requests = [table for table in tables if table.is_requests]
    assessments = [table for table in tables if table.is_assessments]
    problems += [Problem(table.name, "", "a second file of its module") for table in requests[1:] + assessments[1:]]
    if assessments and not requests:
        problems.append(Problem(assessments[0].name, "", "the requests module belongs with it: name both"))
    if problems:
        raise Unreadable(problems)
    return Theirs(blade.stated(requests[0], assessments[0] if assessments else None), bool(assessments))
