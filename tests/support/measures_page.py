"""docs/measures.md, made from the catalogue: `python -m tests.support.measures_page` writes it."""

from collections.abc import Iterable, Mapping

from hub.core.measures.catalogue import (
    ADVICE_MEASURES,
    BASES,
    CASE_MEASURES,
    COHORTS,
    NATIONAL,
    OPEN_CASES,
    Measure,
)
from tests.support.processes import PROJECT

PAGE = PROJECT / "docs" / "measures.md"

INTRO = """# Measures

How timely decisions, plans, advice and reviews are, for a period and as of a day. The definitions below are the
code's own (`hub/core/measures/catalogue.py`). Made by `python -m tests.support.measures_page`; a test says when it is
out of date.

```
sendhub measures --from 2026-01-01 --to 2026-12-31                                  # from the read model, as of today
sendhub measures --from 2026-01-01 --to 2026-12-31 --as-of 2027-01-21 --csv         # one figure a line
sendhub measures --from 2026-01-01 --to 2026-03-31 --facts FILE --as-of 2026-03-31  # as it was known on 31 March
sendhub measures --from 2026-01-01 --to 2026-03-31 --facts FILE --as-of 2026-03-31 --known-at now --json
```

| outlet | gives |
|---|---|
| `sendhub measures`, `--json`, `--csv` | any period, from the read model or from a file of facts |
| `GET /measures?from=&to=&as_of=&area=` | any period; the same bytes as `--json` from the read model |
| Prometheus, `sendhub_measure_…` | the running calendar year as of today, all areas; names in [api.md](api.md) |

All three derive each digit by one function from whole numbers, and a test compares them. A percentage, and a mean,
has one decimal, halves up. A percentile is a value that was observed (nearest rank). A value is empty where nothing
was counted.

## Read this first

* **Only issued plans count** for the measures of 20 weeks. They get worse while a backlog is cleared and look good
  while old cases lie. So every report begins with the open cases by age, and `plan-20w` has a cohort `due` as well,
  in which a plan that is late and still not there counts.
* **Exceptions are coded differently from council to council** (in 2024 two coded every plan as one, Buckinghamshire
  none). So each figure stands on three bases, the last of which no code can move.
* **Counts of 1 to 5 must be suppressed before publication**, with whatever they can be worked out from (a total less
  the other rows). The hub suppresses nothing: it serves those who may see each case.
* **A late fact changes a past period.** The read model restates it with what is known now; a file of facts, with
  `--known-at`, as it was known then. Keep the CSV of what was published: the hub does not freeze it.
* The *as-of* day decides what has happened: what is dated later has not. On the read model whether a claim is
  accepted is always today's word; with a file of facts it is that of the day.
"""

COUNTING = """## What is counted, and when

* A **case** is the requests for one child that run as one, from the earliest receipt. A child's second request after
  a refusal is another case.
* The day of a **decision** is that on which the family was told, of a **plan** that on which it was sent, of
  **advice** that on which usable final advice came. None is ever a panel's or a draft's.
* **In time** is on or before the clock's last day, start + 7 x weeks: the reading that leaves the day of receipt out.
* The cohort `due` counts a limit once its last day has passed. On the last day itself it can still be kept.
* **Void** clocks. A request withdrawn, moved away or ended by death before its decision has no outcome. A refusal
  that does not stand makes the 20 weeks' clock void, so no plan falls due; the plan, once sent, is counted like any
  other: so we read "all new plans". After a told no-plan the return keeps that outcome, and the plan is in
  `plan-uncounted`.
* **Advice** is counted by the chain of requests that replace each other: the first start and due date stay, unless
  the wrong body had been asked. Advice for reviews is not measured.
* A case's exemption never lifts an advice clock, nor the reverse: each limit has its own.
"""

COST = """## What it costs

The projection keeps what measures need in a narrow table (`outcomes`), in the transaction of the rows it comes from,
which takes it a quarter more time. A process reads that table again only when a child or a deadline was written
since, makes anew only the children whose rows are others, and counts again only what it has not counted.

`python -m tests.unit.measures.cost --children 10000` measures it. On two busy cores with SQLite, 10,000 children with
11 deadlines each: 1.4 s of computing for the first report, 0.8 s after a change, 0.15 s for another period when
nothing changed and 1 ms for the same one; 70 MB.
"""


def page() -> str:
    """The whole page."""
    lines = [INTRO, "## Cohorts: what puts a thing into the period", "", *_words(COHORTS), ""]
    lines += ["## Bases: how exemptions count", "", *_words(BASES), "", COUNTING]
    sections = (
        ("Beside everything", (OPEN_CASES,)),
        ("National", NATIONAL),
        ("Cases", CASE_MEASURES),
        ("Advice", ADVICE_MEASURES),
    )
    for title, measures in sections:
        lines += [f"## {title}", "", *(line for measure in measures for line in _measure(measure))]
    return "\n".join([*lines, COST])


def _measure(measure: Measure) -> list[str]:
    parts = ["by service as well"] if measure.by_service else []
    parts += [f"by weeks: {', '.join(measure.bands.names)}"] if measure.bands else []
    published = sorted(measure.published)
    source = " and ".join(f"{cohort}, {basis}" for cohort, basis in published)
    facts = [
        f"in {measure.unit}",
        f"cohorts: {', '.join(measure.cohorts)}",
        f"bases: {', '.join(measure.bases)}",
        *parts,
        f"source: DfE for {source}; else local" if published else "source: local",
    ]
    return [f"**{measure.title}** (`{measure.id}`; {'; '.join(facts)})", "", measure.definition, ""]


def _words(words: Mapping[str, str]) -> list[str]:
    return _table(("word", "means"), [(f"`{word}`", says) for word, says in words.items()])


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (head, tuple("---" for _ in head), *rows)]


if __name__ == "__main__":
    PAGE.write_text(page())
