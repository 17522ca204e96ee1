"""Where a council's own return and the hub's differ: rows that one lacks, and fields in which they disagree."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from hub.core.sen2.cells import plain
from hub.core.sen2.entry import Entry, Stated
from hub.core.sen2.joining import Pair, join
from hub.core.sen2.returning import Return
from hub.core.sen2.rows import ASSESSMENT_FIELDS, REQUEST_FIELDS, Assessment, Field, Request, asked, value

OUTCOMES_AND_DATES = frozenset({"RequestOutcome", "RequestOutcomeDate", "AssessmentOutcome", "AssessmentOutcomeDate"})


class Difference(NamedTuple):
    """A field in which a request differs; blank is an empty text, `place` is None where the file has no such row."""

    entry: Entry
    place: str
    field: str
    here: str
    there: str


class Comparison(NamedTuple):
    """The result. `historical` rows say that both decisions are older than the year, of requests that the hub lacks.

    `uncompared` counts, by field, the joined requests in which one side does not tell it at all.
    """

    rows_here: int
    rows_there: int
    pairs: list[Pair]
    differences: list[Difference]
    missing_here: list[Stated]
    missing_there: list[Entry]
    absorbed: list[tuple[Entry, Stated]]
    historical: int
    uncompared: dict[str, int]

    @property
    def is_equal(self) -> bool:
        """Whether nothing differs."""
        return not (self.differences or self.missing_here or self.missing_there or self.absorbed)

    @property
    def by_field(self) -> dict[str, int]:
        """How many requests differ in each field, most first."""
        return dict(Counter(difference.field for difference in self.differences).most_common())


def compared(ours: Return, theirs: Sequence[Stated], with_assessments: bool = True) -> Comparison:
    """Compare the hub's return with a council's; without assessments where the file has none of that module."""
    joined = join(ours.entries, theirs)
    differences: list[Difference] = []
    uncompared: Counter[str] = Counter()
    for pair in joined.pairs:
        differences += _fields(pair, pair.here.request, pair.there.request, pair.there.place, uncompared)
        if with_assessments:
            differences += _results(pair, uncompared)
    missing = [row for row in joined.there if not _is_historical(row)]
    return Comparison(
        rows_here=len(ours.entries),
        rows_there=len(theirs),
        pairs=joined.pairs,
        differences=sorted(differences, key=_order),
        missing_here=missing,
        missing_there=joined.here,
        absorbed=joined.absorbed,
        historical=len(joined.there) - len(missing),
        uncompared=_in_order(uncompared),
    )


def _is_historical(row: Stated) -> bool:
    """A row of a plan older than the year: it says nothing about the year, and the hub may be younger."""
    return row.request.outcome == "H" and (row.assessment is None or row.assessment.outcome == "H")


def _results(pair: Pair, uncompared: Counter[str]) -> list[Difference]:
    here, there = pair.here.assessment, pair.there.assessment
    place = pair.there.assessment_place or pair.there.place
    if here is not None and there is not None:
        return _fields(pair, here, there, place, uncompared)
    if here is None and there is None:
        return []
    return [
        Difference(pair.here, place, field.name, ours, theirs)
        for field in ASSESSMENT_FIELDS
        if field.name in OUTCOMES_AND_DATES and (ours := _shown(here, field)) != (theirs := _shown(there, field))
    ]


def _fields(
    pair: Pair,
    here: Request | Assessment,
    there: Request | Assessment,
    place: str,
    uncompared: Counter[str],
) -> list[Difference]:
    """The fields that differ. Of different outcomes only the dates are compared: the rest follows from them."""
    fields = REQUEST_FIELDS if isinstance(here, Request) else ASSESSMENT_FIELDS
    wanted = asked(here)
    if here.outcome != there.outcome:
        wanted = (wanted - _decided(wanted)) | (asked(there) | wanted) & OUTCOMES_AND_DATES
    unknown = here.unknown | there.unknown
    uncompared.update(wanted & unknown)
    found = []
    for field in fields:
        ours, theirs = _shown(here, field), _shown(there, field)
        if field.name in wanted and field.name not in unknown and ours != theirs:
            found.append(Difference(pair.here, place, field.name, ours, theirs))
    return found


def _decided(wanted: frozenset[str]) -> frozenset[str]:
    return wanted - {"ReceivedDate", "RequestSource", "RYA", "Exported"}


def _shown(module: Request | Assessment | None, field: Field) -> str:
    return "" if module is None else plain(value(module, field))


def _order(difference: Difference) -> tuple[Any, ...]:
    names = [field.name for field in (*REQUEST_FIELDS, *ASSESSMENT_FIELDS)]
    entry = difference.entry
    return entry.request.received_on, entry.child_id, entry.id, names.index(difference.field)


def _in_order(counts: Counter[str]) -> dict[str, int]:
    names = (field.name for field in (*REQUEST_FIELDS, *ASSESSMENT_FIELDS))
    return {name: counts[name] for name in names if counts[name]}
