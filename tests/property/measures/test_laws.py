"""No order, repetition or split of children changes a figure, and figures hang together as their definitions say."""

from collections import defaultdict
from datetime import timedelta
from random import Random

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.core.measures.figures import Figure, Report
from hub.core.measures.joining import joined, outcomes_of
from hub.core.measures.look import Look
from hub.core.measures.narrow import narrow_deadline, narrow_record
from hub.core.measures.outcome import Outcomes
from hub.core.measures.tally import Tally
from tests.property.measures.strategies import children, looks
from tests.unit.measures.filling import evaluated
from tests.unit.measures.rows import YEAR

LAW = settings(max_examples=80, deadline=None)
many = st.lists(children(), max_size=5)
DAY = YEAR.as_of
PEOPLE = evaluated(12, DAY)


def counted(report: Report) -> dict[tuple[object, ...], Figure]:
    return {
        (measure.id, figure.cohort, figure.basis, figure.service, figure.weeks): figure
        for measure, figures in report.measures
        for figure in figures
    }


@LAW
@given(many, looks(), st.randoms(use_true_random=False))
def test_order_changes_nothing(known: list[Outcomes], look: Look, random: Random) -> None:
    last = {child.child_id: child for child in known}
    shuffled = list(last.values())
    random.shuffle(shuffled)
    assert Tally(shuffled).report(look) == Tally(last.values()).report(look)


@LAW
@given(many, looks(), st.data())
def test_of_a_child_told_twice_the_last_counts(known: list[Outcomes], look: Look, data: st.DataObject) -> None:
    last = list({child.child_id: child for child in known}.values())
    assert Tally([*known, *last]).report(look) == Tally(last).report(look)


@LAW
@given(many, looks(), st.integers(2, 4))
def test_shards_merged_are_the_whole(known: list[Outcomes], look: Look, shards: int) -> None:
    parts = [Tally() for _ in range(shards)]
    for child in known:
        parts[sum(child.child_id.encode()) % shards].add(child)
    whole = Tally()
    for part in parts:
        whole.merge(part)
    assert whole.report(look) == Tally(known).report(look)
    assert len(whole) == sum(map(len, parts))


@LAW
@given(many, looks(), st.integers(0, 5))
def test_what_was_told_later_counts_also_when_merged(known: list[Outcomes], look: Look, cut: int) -> None:
    whole = Tally(known[:cut])
    whole.merge(Tally(known[cut:]))
    assert whole.report(look) == Tally(known).report(look)


@LAW
@given(many, looks())
def test_the_bases_hang_together(known: list[Outcomes], look: Look) -> None:
    """Excluding counts no more than including, and including no more than the dates alone."""
    figures = counted(Tally(known).report(look))
    for (measure, cohort, basis, *of), figure in figures.items():
        if basis == "excluding":
            including = figures[(measure, cohort, "including", *of)]
            assert figure.denominator <= including.denominator
            assert figure.numerator <= including.numerator
        if basis == "including" and (measure, cohort, "clock-only", *of) in figures:
            alone = figures[(measure, cohort, "clock-only", *of)]
            assert figure.denominator <= alone.denominator


@LAW
@given(many, looks())
def test_every_plan_is_in_one_length(known: list[Outcomes], look: Look) -> None:
    figures = counted(Tally(known).report(look))
    for cohort in ("receipt", "outcome"):
        for basis in ("including", "excluding", "clock-only"):
            place = (cohort, basis, None, None)
            parts = [figures[(name, *place)] for name in ("plan-20w", "plan-20-52w", "plan-over-52w")]
            assert sum(part.numerator for part in parts) == parts[0].denominator
            assert {part.denominator for part in parts} == {figures[("plan-mean-weeks", *place)].denominator}


@LAW
@given(many, looks())
def test_services_add_up(known: list[Outcomes], look: Look) -> None:
    report = Tally(known).report(look)
    for measure, figures in report.measures:
        if not measure.by_service:
            continue
        totals: dict[tuple[object, ...], list[int]] = defaultdict(lambda: [0, 0])
        for figure in figures:
            if figure.service is not None:
                place = totals[figure.cohort, figure.basis, figure.weeks]
                place[0] += figure.numerator or 0
                place[1] += figure.denominator or 0
        for figure in figures:
            if figure.service is None:
                place = totals[figure.cohort, figure.basis, figure.weeks]
                assert place == [figure.numerator or 0, figure.denominator or 0]


@LAW
@given(many, looks(), st.integers(0, 400))
def test_periods_add_up(known: list[Outcomes], look: Look, first_days: int) -> None:
    """What is counted in a period is counted in one part of it: nothing twice, nothing in between. Open ones apart."""
    cut = min(look.from_on + timedelta(days=first_days), look.to_on)
    tally = Tally(known)
    first = counted(tally.report(look._replace(to_on=cut)))
    second = counted(tally.report(look._replace(from_on=cut + timedelta(days=1))))
    for place, figure in counted(tally.report(look)).items():
        if place[1] == "open":
            continue
        parts = [part[place] for part in (first, second) if place in part]
        assert sum(part.denominator or 0 for part in parts) == (figure.denominator or 0)
        if figure.numerator is not None:
            assert sum(part.numerator for part in parts) == figure.numerator


@LAW
@given(many, looks())
def test_what_comes_after_the_day_is_not_known(known: list[Outcomes], look: Look) -> None:
    """Dates after the day may as well be absent."""

    def cut(value: object) -> object:
        if isinstance(value, tuple) and hasattr(value, "_replace"):
            return value._replace(**{name: cut(each) for name, each in value._asdict().items() if _may_go(name)})
        return None if hasattr(value, "year") and value > look.as_of else value

    def _may_go(name: str) -> bool:
        return name not in ("starts_on", "due_on", "plain_due_on", "received_on", "sent_on", "existing")

    blind = [
        child._replace(
            cases=tuple(map(cut, child.cases)),
            advice=tuple(map(cut, child.advice)),
            reviews=tuple(map(cut, child.reviews)),
        )
        for child in known
    ]
    assert Tally(blind).report(look) == Tally(known).report(look)


@LAW
@given(st.sampled_from(PEOPLE), st.randoms(use_true_random=False))
def test_parts_come_in_any_order_and_as_json(child: object, random: Random) -> None:
    """What the read model keeps, as text and in any order, is what an evaluation gives."""
    deadlines = [deadline.to_json(child.child_id, DAY) for deadline in child.deadlines]
    wanted = outcomes_of(child.child_id, child.record, deadlines)
    random.shuffle(deadlines)
    parts = [narrow_deadline(orjson.loads(orjson.dumps(deadline))) for deadline in deadlines]
    kept = [orjson.loads(orjson.dumps(part)) for part in parts if part is not None]
    record = narrow_record(orjson.loads(orjson.dumps(child.record)))
    assert joined(child.child_id, orjson.loads(orjson.dumps(record)), kept) == wanted
