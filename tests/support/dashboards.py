"""Grafana's dashboards as code: `python -m tests.support.dashboards` writes deploy/grafana/dashboards/*.json.

Built with grafana-foundation-sdk. Each panel says in its description what it shows and what is well; a test runs every
query against a real Prometheus that watches a hub.
"""

from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from grafana_foundation_sdk.builders.bargauge import Panel as Bars
from grafana_foundation_sdk.builders.dashboard import Dashboard, DatasourceVariable, QueryVariable, Row
from grafana_foundation_sdk.builders.dashboard import DashboardLink as Link
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.builders.stat import Panel as Stat
from grafana_foundation_sdk.builders.timeseries import Panel as Lines
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import DashboardLinkType, DataSourceRef, VariableRefresh

from tests.support.processes import PROJECT

FOLDER = PROJECT / "deploy" / "grafana" / "dashboards"
SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")


class Variable(NamedTuple):
    """A choice at the top: the values of a label of a metric."""

    name: str
    title: str
    query: str


class Panel(NamedTuple):
    """One panel. `queries`: an expression, and how its lines are called."""

    title: str
    says: str
    queries: Sequence[tuple[str, str]]
    unit: str = "short"
    kind: type[Lines] | type[Stat] | type[Bars] = Lines
    span: int = 12


class Page(NamedTuple):
    """One dashboard: rows of panels."""

    name: str
    title: str
    says: str
    rows: Sequence[tuple[str, Sequence[Panel]]]
    variables: Sequence[Variable] = ()


EVERY = "$__rate_interval"
OF = 'stage="$stage"'


def _rate(metric: str, labels: str = "", by: str = "", over: str = EVERY, function: str = "rate") -> str:
    """A counter a second (or its increase), summed by labels."""
    chosen = f"{{{labels}}}" if labels else ""
    grouped = f" by ({by}) " if by else ""
    return f"sum{grouped}({function}(sendhub_{metric}{chosen}[{over}]))"


def _increase(metric: str, labels: str, by: str, over: str) -> str:
    """What a counter grew by, where it did not at all 0."""
    return f"{_rate(metric, labels, by, over, 'increase')} or vector(0)"


def _quantile(share: float, metric: str, labels: str = "") -> str:
    """Of a histogram, under which this share lies."""
    return f"histogram_quantile({share}, {_rate(f'{metric}_bucket', labels, 'le')})"


MET, DUE = 'state="met", ', 'state=~"met|met-late|overdue", '


def _advice(states: str, by: str) -> str:
    """Deadlines for advice of the services and areas chosen; two exporters count once."""
    chosen = f'{states}service=~"$service", area=~"$area"'
    return f"sum by ({by}) (max by (service, area, state) (sendhub_advice_deadlines{{{chosen}}}))"


OVERVIEW = Page(
    "overview",
    "SEND hub: overview",
    "Is the hub well, and are children's inputs in time?",
    (
        (
            "Is it well?",
            (
                Panel(
                    "Processes that answer",
                    "All of them should.",
                    [('sum(up{job="sendhub"})', "up")],
                    kind=Stat,
                    span=4,
                ),
                Panel(
                    "Through the hub",
                    "Age of the newest heartbeat in the read model: under a minute is well.",
                    [('max(stage:sendhub_heartbeat_age_seconds:min{stage="projection"})', "age")],
                    "s",
                    Stat,
                    4,
                ),
                Panel(
                    "Records waiting",
                    "In front of all stages.",
                    [("sum(stage:sendhub_stage_lag_records:sum)", "records")],
                    kind=Stat,
                    span=4,
                ),
                Panel(
                    "Dead letters",
                    "Given up, and not dealt with: 0 is well.",
                    [("sum(max by (stage) (sendhub_dead_letters_held)) or vector(0)", "letters")],
                    kind=Stat,
                    span=4,
                ),
                Panel(
                    "Questions for people",
                    "Open, of any age.",
                    [("sum(max by (question, days) (sendhub_reviews_open))", "tasks")],
                    kind=Stat,
                    span=4,
                ),
                Panel(
                    "Alerts that fire",
                    "Of operations; the watchdog apart.",
                    [('count(ALERTS{alertstate="firing", severity!="none"}) or vector(0)', "alerts")],
                    kind=Stat,
                    span=4,
                ),
            ),
        ),
        (
            "The way through",
            (
                Panel(
                    "Age of the newest heartbeat, by stage",
                    "Each 30 seconds one comes. The first stage that climbs holds things up.",
                    [("stage:sendhub_heartbeat_age_seconds:min", "{{stage}}")],
                    "s",
                ),
                Panel(
                    "From receipt to record",
                    "Half, and 99 of 100, of what was received was in the record after so long.",
                    [
                        (
                            _quantile(0.5, "receipt_to_record_seconds"),
                            "half",
                        ),
                        (
                            _quantile(0.99, "receipt_to_record_seconds"),
                            "99%",
                        ),
                    ],
                    "s",
                ),
                Panel(
                    "Read and written",
                    "Records a second, by stage.",
                    [
                        ("stage:sendhub_stage_messages_in:rate5m", "{{stage}} in"),
                        ("stage:sendhub_stage_messages_out:rate5m", "{{stage}} out"),
                    ],
                    "ops",
                ),
                Panel(
                    "Received, by source",
                    "Messages a second that connectors were offered.",
                    [
                        (
                            _rate("connector_messages_received_total", "", "source"),
                            "{{source}}",
                        )
                    ],
                    "ops",
                ),
            ),
        ),
        (
            "Children",
            (
                Panel(
                    "Deadlines that are overdue, by clock",
                    "Of all areas.",
                    [('max by (clock) (sendhub_deadlines{state="overdue"}) or vector(0)', "{{clock}}")],
                    kind=Bars,
                ),
                Panel(
                    "Open cases, by weeks since the request",
                    "16 is when a refusal of a plan is due, 20 when the plan is.",
                    [("sum by (weeks) (max by (area, weeks) (sendhub_open_cases))", "{{weeks}}")],
                    kind=Bars,
                ),
            ),
        ),
    ),
)
CONNECTOR = Page(
    "connector",
    "SEND hub: one connector",
    "What comes in, what is refused, and how far it is behind.",
    (
        (
            "$connector",
            (
                Panel(
                    "Offered",
                    "Messages a second, by source.",
                    [
                        (
                            _rate("connector_messages_received_total", 'connector="$connector"', "source"),
                            "{{source}}",
                        )
                    ],
                    "ops",
                ),
                Panel(
                    "Taken, known, refused",
                    "Known were taken before. Refused are in no record.",
                    [
                        (
                            _rate("connector_messages_accepted_total", 'connector="$connector"'),
                            "taken",
                        ),
                        (
                            _rate("connector_messages_known_total", 'connector="$connector"') + " or vector(0)",
                            "known",
                        ),
                        (
                            _rate("connector_messages_refused_total", 'connector="$connector"') + " or vector(0)",
                            "refused",
                        ),
                    ],
                    "ops",
                ),
                Panel(
                    "Refused, by reason",
                    "In the last hour. None is well.",
                    [
                        (
                            _increase("connector_messages_refused_total", 'connector="$connector"', "reason", "1h"),
                            "{{reason}}",
                        )
                    ],
                    kind=Bars,
                ),
                Panel(
                    "Behind its source",
                    "Age of the oldest thing in hand.",
                    [('max(sendhub_connector_lag_seconds{connector="$connector"})', "oldest")],
                    "s",
                ),
                Panel(
                    "Last taken, by source",
                    "How long ago, since the connector started.",
                    [("time() - max by (source) (sendhub_source_last_event_timestamp_seconds)", "{{source}}")],
                    "s",
                    Bars,
                ),
                Panel(
                    "Silence, of what a source may",
                    "1 is as long as it may be silent; of sources that have a limit.",
                    [("source:sendhub_silence:ratio or vector(0)", "{{source}}")],
                    "percentunit",
                    Bars,
                ),
            ),
        ),
    ),
    (Variable("connector", "Connector", "label_values(sendhub_connector_messages_received_total, connector)"),),
)
STAGE = Page(
    "stage",
    "SEND hub: one stage",
    "What it reads and writes, how fast, and what fails.",
    (
        (
            "$stage",
            (
                Panel(
                    "In and out",
                    "Records a second.",
                    [
                        (_rate("stage_messages_in_total", 'stage="$stage"'), "in"),
                        (
                            _rate("stage_messages_out_total", 'stage="$stage"', "topic"),
                            "{{topic}}",
                        ),
                    ],
                    "ops",
                ),
                Panel(
                    "Records waiting, by partition",
                    "Not yet committed.",
                    [('partition:sendhub_stage_lag_records:max{stage="$stage"}', "{{topic}}/{{partition}}")],
                ),
                Panel(
                    "Since the last commit, by partition",
                    "Where nothing comes this grows to the next heartbeat, 4 minutes at most.",
                    [
                        (
                            f"time() - max by (topic, partition) (sendhub_stage_last_commit_timestamp_seconds{{{OF}}})",
                            "{{topic}}/{{partition}}",
                        )
                    ],
                    "s",
                ),
                Panel(
                    "A batch takes",
                    "From reading it to its commit.",
                    [
                        (
                            _quantile(0.5, "stage_batch_seconds", 'stage="$stage"'),
                            "half",
                        ),
                        (
                            _quantile(0.99, "stage_batch_seconds", 'stage="$stage"'),
                            "99%",
                        ),
                    ],
                    "s",
                ),
                Panel(
                    "Records in a batch",
                    "On average.",
                    [
                        (
                            _rate("stage_batch_records_sum", 'stage="$stage"')
                            + " / "
                            + _rate("stage_batch_records_count", 'stage="$stage"'),
                            "records",
                        ),
                        ('sum(sendhub_stage_in_progress_records{stage="$stage"})', "in progress"),
                    ],
                ),
                Panel(
                    "Attempts that failed",
                    "In the last hour, by error. Tried again, or given up below.",
                    [
                        (
                            _increase("stage_failures_total", 'stage="$stage"', "error", "1h"),
                            "{{error}}",
                        )
                    ],
                    kind=Bars,
                ),
                Panel(
                    "Given up",
                    "Dead letters in the last day, by source.",
                    [
                        (
                            _increase("stage_dead_letters_total", 'stage="$stage"', "source", "1d"),
                            "{{source}}",
                        )
                    ],
                    kind=Bars,
                ),
                Panel(
                    "Partitions that wait",
                    "For something that is away. None is well.",
                    [('sum(sendhub_stage_waiting{stage="$stage"}) or vector(0)', "waiting")],
                    kind=Stat,
                ),
            ),
        ),
    ),
    (Variable("stage", "Stage", "label_values(sendhub_stage_messages_in_total, stage)"),),
)
TIMELINESS = Page(
    "timeliness",
    "SEND hub: timeliness",
    "Advice by service and area, and how long children have waited. Restricted children are in no count by area.",
    (
        (
            "Advice",
            (
                Panel(
                    "Advice, by state",
                    "`met` was in time, `met-late` and `overdue` were not.",
                    [
                        (
                            _advice("", "state"),
                            "{{state}}",
                        )
                    ],
                    kind=Bars,
                ),
                Panel(
                    "In time, of what was due, by service",
                    "All that stands in the record, of any age.",
                    [
                        (
                            f"({_advice(MET, 'service')} or 0 * {_advice(DUE, 'service')}) / {_advice(DUE, 'service')}",
                            "{{service}}",
                        )
                    ],
                    "percentunit",
                    Bars,
                ),
                Panel(
                    "Overdue, by service",
                    "Advice that is owed and late.",
                    [
                        (
                            _advice('state="overdue", ', "service") + " or vector(0)",
                            "{{service}}",
                        )
                    ],
                ),
                Panel(
                    "Open requests for advice, by weeks",
                    "How long services have had them.",
                    [('max by (weeks) (sendhub_measure_open{measure="advice-age"})', "{{weeks}}")],
                    kind=Bars,
                ),
            ),
        ),
        (
            "Cases",
            (
                Panel(
                    "Open cases, by weeks since the request",
                    "Always beside what was in time: who waits longest is in no figure of plans that were made.",
                    [('sum by (weeks) (max by (area, weeks) (sendhub_open_cases{area=~"$area"}))', "{{weeks}}")],
                    kind=Bars,
                ),
                Panel(
                    "Deadlines, by clock and state",
                    "All that stand.",
                    [("max by (clock, state) (sendhub_deadlines)", "{{clock}} {{state}}")],
                    kind=Bars,
                ),
                Panel(
                    "Alerts about children, by threshold",
                    "Open now.",
                    [("max by (threshold) (sendhub_alerts_open)", "{{threshold}}")],
                    kind=Bars,
                ),
            ),
        ),
    ),
    (
        Variable("service", "Service", "label_values(sendhub_advice_deadlines, service)"),
        Variable("area", "Area", "label_values(sendhub_open_cases, area)"),
    ),
)
QUALITY = Page(
    "quality",
    "SEND hub: data quality and identity",
    "Who is known, what is in doubt, and what could not be used.",
    (
        (
            "Identity",
            (
                Panel(
                    "Children with a verified NHS number",
                    "Of all that identity knows.",
                    [
                        (
                            'sum(sendhub_identity_children{nhs_number="verified"}) / sum(sendhub_identity_children)',
                            "share",
                        )
                    ],
                    "percentunit",
                    Stat,
                ),
                Panel(
                    "Children known",
                    "By identity.",
                    [("sum by (nhs_number) (sendhub_identity_children)", "{{nhs_number}}")],
                    kind=Bars,
                ),
            ),
        ),
        (
            "Questions for people",
            (
                Panel(
                    "Open, by question",
                    "Each holds something back, or leaves it in doubt.",
                    [("sum by (question) (max by (question, days) (sendhub_reviews_open))", "{{question}}")],
                ),
                Panel(
                    "Open, by days since they were asked",
                    "More than a week is too long.",
                    [("sum by (days) (max by (question, days) (sendhub_reviews_open))", "{{days}}")],
                    kind=Bars,
                ),
            ),
        ),
        (
            "What could not be used",
            (
                Panel(
                    "Refused, by source and reason",
                    "In the last day.",
                    [
                        (
                            _increase("connector_messages_refused_total", "", "source, reason", "1d"),
                            "{{source}} {{reason}}",
                        )
                    ],
                    kind=Bars,
                ),
                Panel(
                    "Repeats and out of scope, by source",
                    "In the last day.",
                    [
                        (
                            _increase("stage_outcomes_total", "", "source, outcome", "1d"),
                            "{{source}} {{outcome}}",
                        )
                    ],
                    kind=Bars,
                ),
                Panel(
                    "Dead letters held, by stage",
                    "None is well.",
                    [("max by (stage) (sendhub_dead_letters_held) or vector(0)", "{{stage}}")],
                    kind=Bars,
                ),
                Panel(
                    "What ends, in days",
                    "Data, keys and certificates; what has no end is not here.",
                    [("(max by (what) (sendhub_expires_timestamp_seconds < Inf) - time()) / 86400", "{{what}}")],
                    "d",
                    Bars,
                ),
            ),
        ),
    ),
)
PAGES = (OVERVIEW, CONNECTOR, STAGE, TIMELINESS, QUALITY)


def queries() -> Iterable[tuple[Page, Panel, str]]:
    """Every query of every panel."""
    for page in PAGES:
        for _, panels in page.rows:
            for panel in panels:
                for expression, _ in panel.queries:
                    yield page, panel, expression


def written() -> dict[Path, bytes]:
    """Each file, as it should be."""
    return {FOLDER / f"{page.name}.json": _json(page) for page in PAGES}


def _json(page: Page) -> bytes:
    builder = (
        Dashboard(page.title)
        .uid(f"sendhub-{page.name}")
        .description(page.says)
        .tags(["sendhub"])
        .refresh("30s")
        .time("now-6h", "now")
        .with_variable(DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    )
    for variable in page.variables:
        chosen = QueryVariable(variable.name).label(variable.title).datasource(SOURCE).query(variable.query)
        several = len(page.variables) > 1
        builder.with_variable(chosen.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).multi(several).include_all(several))
    builder.link(_others())
    numbers = count(1)
    for title, panels in page.rows:
        builder.with_row(Row(title).id(next(numbers)))
        for panel in panels:
            builder.with_panel(_panel(panel, next(numbers)))
    found = _without_none(orjson.loads(JSONEncoder(sort_keys=True).encode(builder.build())))
    return orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


def _without_none(value: Any) -> Any:
    """Grafana takes what is missing for its own default, but not what is null."""
    if isinstance(value, dict):
        return {name: _without_none(each) for name, each in value.items() if each is not None}
    return [_without_none(each) for each in value] if isinstance(value, list) else value


def _panel(panel: Panel, number: int) -> Lines | Stat | Bars:
    made = panel.kind().id(number).title(panel.title).description(panel.says).unit(panel.unit).datasource(SOURCE)
    made.span(panel.span).height(4 if panel.kind is Stat and panel.span < 12 else 8).min(0)
    for letter, (expression, legend) in zip("ABCD", panel.queries, strict=False):
        query = Dataquery().expr(expression).legend_format(legend).ref_id(letter)
        made.with_target(query.instant() if panel.kind is not Lines else query.range())
    return made


def _others() -> Link:
    return Link("The others").type(DashboardLinkType.DASHBOARDS).tags(["sendhub"]).as_dropdown(True).keep_time(True)


def main() -> None:
    """Write the files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for file, content in written().items():
        file.write_bytes(content)


if __name__ == "__main__":
    main()
