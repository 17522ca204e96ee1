"""The truth: which records are of one person, as pairs of record ids or as a group for each record."""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from hub.commands.match.mapping import Mapping, Unfit
from hub.commands.match.records import Record
from hub.commands.match.table import Row, read_table
from hub.core.identity.scoring.judging import Pair, groups


class Truth(NamedTuple):
    """Pairs of places that are one person, and for each record the group that they make."""

    pairs: set[Pair]
    groups: list[int]


def read_truth(file: Path, mapping: Mapping, records: Sequence[Record]) -> Truth:
    """The truth about some records; raises Unfit or OSError. With two files only pairs across them count."""
    columns, rows = read_table(file)
    said = mapping.truth
    by_group = said.group or ("cluster" if "cluster" in columns and not said.left else None)
    if by_group:
        return _of_groups(rows, _named(file, columns, said.id or mapping.id), _named(file, columns, by_group), records)
    left, right = said.left or columns[0], said.right or (columns[1] if len(columns) > 1 else None)
    if said.score:
        score = _named(file, columns, said.score)
        rows = [row for row in rows if float(row[score] or 0) >= said.at_least]
    return _of_pairs(rows, _named(file, columns, left), _named(file, columns, right), records)


def _named(file: Path, columns: Sequence[str], name: str | None) -> str:
    if name is None or name not in columns:
        raise Unfit(
            f"{file} has no column {name or 'for the truth'}; it has {', '.join(columns)}. Say under [truth] which are "
            "`left` and `right`, or `id` and `group`"
        )
    return name


def _of_groups(rows: Sequence[Row], id_column: str, column: str, records: Sequence[Record]) -> Truth:
    group_of = {row[id_column]: row[column] for row in rows if row[column]}
    unknown = sum(1 for record in records if record.id not in group_of)
    if unknown:
        raise Unfit(f"the truth says nothing of {unknown} of {len(records)} records")
    first: dict[str, int] = {}
    found = [first.setdefault(group_of[record.id], place) for place, record in enumerate(records)]
    members: dict[int, list[int]] = {}
    for place, lead in enumerate(found):
        members.setdefault(lead, []).append(place)
    pairs = {pair for group in members.values() for pair in combinations(group, 2)}
    return Truth(_across(pairs, records), found)


def _of_pairs(rows: Sequence[Row], left: str, right: str, records: Sequence[Record]) -> Truth:
    places: dict[str, list[int]] = {}
    for place, record in enumerate(records):
        places.setdefault(record.id, []).append(place)
    two_files = len({record.file for record in records}) == 2
    pairs: set[Pair] = set()
    for row in rows:
        one, other = places.get(row[left], []), places.get(row[right], [])
        if not one or not other:
            raise Unfit(f"the truth names a record that is not there ({left} or {right}): are the ids those of `id`?")
        # The same id in both files is two records: the left one is of the first file.
        low, high = (one[0], other[-1]) if two_files else (one[0], other[0])
        if low != high:
            pairs.add((min(low, high), max(low, high)))
    return Truth(_across(pairs, records), groups(len(records), pairs))


def _across(pairs: set[Pair], records: Sequence[Record]) -> set[Pair]:
    if len({record.file for record in records}) == 1:
        return pairs
    return {(one, other) for one, other in pairs if records[one].file != records[other].file}
