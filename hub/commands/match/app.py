"""The commands of `sendhub match`."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import orjson
import typer
from rich.table import Table
from rich.text import Text

from hub.commands.failures import stop
from hub.commands.match import curve, evaluate, linking, training
from hub.commands.match.mapping import Mapping, Unfit, read_mapping
from hub.commands.match.records import Record, read_records
from hub.commands.match.truth import read_truth
from hub.commands.reconcile import wide_console
from hub.core.identity.policies import CURRENT
from hub.core.identity.policy import Policy
from hub.core.identity.scoring.judging import Figures, Point
from hub.core.identity.scoring.weights import Weights
from hub.runtime.matching import read_policy, read_weights

app = typer.Typer(no_args_is_help=True, help="Which records are one child: try it on your own data, train its weights.")

RecordFile = Annotated[Path, typer.Option("--records", metavar="A", help="The records: CSV (UTF-8) or Parquet.")]
OtherFile = Annotated[
    Path | None, typer.Option("--records-b", metavar="B", help="A second file: only pairs across the two count.")
]
MapFile = Annotated[Path, typer.Option("--map", metavar="MAP", help="TOML: which column is what (docs/matching.md).")]
TruthFile = Annotated[Path, typer.Option("--truth", metavar="T", help="Pairs of record ids, or a group for each.")]
WeightsFile = Annotated[
    Path | None, typer.Option("--weights", metavar="W", help="Weights of `match train`; unless said, the hub's own.")
]
PolicyFile = Annotated[Path | None, typer.Option("--policy", metavar="P", help="A policy; unless said, the hub's own.")]
AsIs = Annotated[bool, typer.Option("--as-is", help="Use the weights as they are, not fitted to these records first.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]

Answer = TypeVar("Answer")


@app.callback()
def match() -> None:
    """Matching, on files: nothing is sent anywhere, and nothing is kept."""


@app.command("evaluate")
def evaluate_records(
    records: RecordFile,
    truth: TruthFile,
    map_file: MapFile,
    records_b: OtherFile = None,
    weights: WeightsFile = None,
    policy: PolicyFile = None,
    threshold: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="Probability from which a pair counts; else the policy's.")
    ] = None,
    as_is: AsIs = False,
    curve_file: Annotated[Path | None, typer.Option("--curve", metavar="PNG", help="Draw precision by recall.")] = None,
    as_json: AsJson = False,
) -> None:
    """How good matching is on records whose truth is known."""
    mapping, rows = _records(records, records_b, map_file, quietly=as_json)
    known = _ask(lambda: read_truth(truth, mapping, rows))
    found = evaluate.evaluate(
        rows, known, _weights(weights, mapping), _policy(policy), threshold=threshold, fit=not as_is
    )
    if curve_file is not None:
        _ask(lambda: curve.draw(curve_file, found.points, Point(found.threshold, found.pairwise)))
    if as_json:
        typer.echo(orjson.dumps(evaluate.as_json(found)))
        return
    _show(found)


@app.command("resolve")
def resolve(
    records: RecordFile,
    map_file: MapFile,
    records_b: OtherFile = None,
    weights: WeightsFile = None,
    policy: PolicyFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line instead of a table.")] = False,
) -> None:
    """Which child each record is given, in order, and why. By the stage's own engine, with the weights as they are; an
    id that comes again is the same source person said again.
    """
    mapping, rows = _records(records, records_b, map_file, quietly=as_json, once=False)
    if mapping.also:
        typer.echo(
            "[also] is left out: `match resolve` does what the hub does, and it knows no further fields", err=True
        )
    found = linking.given(rows, _weights(weights, mapping), _policy(policy))
    if as_json:
        for record, got in zip(rows, found, strict=True):
            typer.echo(orjson.dumps({"record": record.id, **got._asdict()}))
        return
    table = Table("record", "child", "outcome", "why", box=None)
    for record, got in zip(rows, found, strict=True):
        table.add_row(*map(Text, (record.id, got.child or "-", got.outcome, got.why)))
    wide_console().print(table)


@app.command("train")
def train(
    records: RecordFile,
    map_file: MapFile,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="W", help="Where to write the weights (JSON).")],
    records_b: OtherFile = None,
    truth: Annotated[
        Path | None, typer.Option("--truth", metavar="T", help="Judge on half of the people; train on the other half.")
    ] = None,
    version: Annotated[str, typer.Option(help="What the weights are called.")] = "own",
) -> None:
    """Train weights with Splink, offline: needs `deploy/bootstrap train`."""
    mapping, rows = _records(records, records_b, map_file, quietly=False)
    known = None if truth is None else _ask(lambda: read_truth(truth, mapping, rows))
    trained = _ask(lambda: training.train(rows, known, _weights(None, mapping), version))
    _ask(lambda: output.write_text(trained.model_dump_json(indent=1) + "\n", "utf-8"))
    typer.echo(f"wrote {output}")
    for name, said in trained.card.items():
        typer.echo(f"  {name}: {said}")


@app.command("policy")
def show_policy(policy: PolicyFile = None, as_json: AsJson = False) -> None:
    """The policy in force, rule by rule."""
    found = _policy(policy)
    if as_json:
        typer.echo(orjson.dumps(found.model_dump(mode="json"), option=orjson.OPT_INDENT_2))
        return
    table = Table("strategy", "rule", "outcome", "needs", "why", title=f"policy {found.version}", box=None)
    for strategy in found.strategies:
        for rule in strategy.rules:
            needs = [*rule.needs, *(["no relative known"] if rule.unless_relative else [])]
            needs += [f"probability {rule.at_least:g}"] if rule.at_least else []
            table.add_row(*map(Text, (strategy.name, rule.name, rule.outcome, ", ".join(needs), rule.why)))
    wide_console().print(table)


def _records(
    records: Path, records_b: Path | None, map_file: Path, *, quietly: bool, once: bool = True
) -> tuple[Mapping, list[Record]]:
    mapping = _ask(lambda: read_mapping(map_file))
    found = _ask(lambda: read_records([records] if records_b is None else [records, records_b], mapping, once=once))
    if found.unread_dates:
        said = f"{found.unread_dates} dates of birth are in no format of the MAP file and count as not known"
        typer.echo(said, err=quietly)
    if found.malformed_numbers:
        said = f"{found.malformed_numbers} NHS numbers are none (length or check digit) and count as not known"
        typer.echo(said, err=quietly)
    return mapping, found.rows


def _weights(file: Path | None, mapping: Mapping) -> Weights:
    return _ask(lambda: read_weights(file)).with_further(mapping.further)


def _policy(file: Path | None) -> Policy:
    return CURRENT if file is None else _ask(lambda: read_policy(file))


def _ask(question: Callable[[], Answer]) -> Answer:
    try:
        return question()
    except (Unfit, ValueError) as error:
        stop(str(error))
    except OSError as error:
        stop(f"{error.filename or 'a file'}: {error.strerror}")


def _show(found: evaluate.Evaluation) -> None:
    table = Table("", "precision", "recall", "F1", "pairs", box=None)

    def row(name: str, figures: Figures, pairs: int | str) -> None:
        table.add_row(name, *(f"{value:.4f}" for value in figures), str(pairs))

    row(f"pairs of probability {found.threshold:g} or more, and links", found.pairwise, len(found.said))
    row("the groups that these make", found.clustered, "")
    row("links alone (nobody is asked)", found.links, len(found.linked))
    row(f"best threshold here, {found.best.threshold:.3g} (knowing the truth)", found.best.figures, "")
    wide_console().print(table)
    took = evaluate.latency(found.scored.seconds)
    typer.echo(
        f"records {len(found.records)}, true pairs {len(found.truth.pairs)}, a person would be asked about "
        f"{len(found.proposals)} pairs; one record takes {took['p50']} ms (p50), {took['p99']} ms (p99)"
    )
    if found.false_links:
        typer.echo(f"FALSE LINKS, joined without anybody being asked: {len(found.false_links)}")
        for one, other in found.false_links[: evaluate.SHOWN]:
            typer.echo(f"  {found.records[one].id}  {found.records[other].id}")
    else:
        typer.echo("false links: none")
