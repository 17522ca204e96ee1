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
        rows = [row for row in rows if _number(file, row[score]) >= said.at_least]
    return _of_pairs(rows, _named(file, columns, left), _named(file, columns, right), records)


def _number(file: Path, text: str) -> float:
    try:
        return float(text or 0)
    except ValueError:
        raise Unfit(f"{file}: the column of `score` holds something that is no number") from None


def _named(file: Path, columns: Sequence[str], name: str | None) -> str:
    if name is None or name not in columns:
        raise Unfit(
            f"{file} has no column {name or 'for the truth'}; it has {', '.join(columns)}. Say under [truth] which are "
            "`left` and `right`, or `id` and `group`"
        )
    return name


def _of_groups(rows: Sequence[Row], id_column: str, column: str, records: Sequence[Record]) -> Truth:
    group_of: dict[str, str] = {}
    for row in rows:
        if row[column] and group_of.setdefault(row[id_column], row[column]) != row[column]:
            raise Unfit("the truth gives one id to two groups: with two files whose ids overlap, name pairs instead")
    unknown = sum(1 for record in records if record.id not in group_of)
    if unknown:
        raise Unfit(f"the truth says nothing of {unknown} of {len(records)} records")
    first: dict[str, int] = {}
    found = [first.setdefault(group_of[record.id], place) for place, record in enumerate(records)]
    return Truth(_across(_within(found), records), found)


def _within(found: Sequence[int]) -> set[Pair]:
    """All pairs of one group: if 1 is 2 and 2 is 3, then 1 is 3."""
    members: dict[int, list[int]] = {}
    for place, lead in enumerate(found):
        members.setdefault(lead, []).append(place)
    return {pair for group in members.values() for pair in combinations(group, 2)}


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
    found = groups(len(records), pairs)
    return Truth(_across(_within(found), records), found)


def _across(pairs: set[Pair], records: Sequence[Record]) -> set[Pair]:
    if len({record.file for record in records}) == 1:
        return pairs
    return {(one, other) for one, other in pairs if records[one].file != records[other].file}
