"""The labelled sets, each beside Splink in the same run."""

import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.matching import splinks
from bench.matching.sets import LabelledSet, labelled_sets
from hub.commands.match.evaluate import Evaluation, evaluate
from hub.commands.match.mapping import read_mapping
from hub.commands.match.records import read_records
from hub.commands.match.truth import read_truth
from hub.core.identity.policies import CURRENT
from hub.runtime.matching import read_weights


def show(console: Console) -> None:
    """One row for each set."""
    table = Table(
        *("set", "records", "true pairs", "pairwise F1", "clustered F1", "links alone: right of", "Splink's best F1"),
        *("seconds", "Splink's"),
        box=None,
    )
    with tempfile.TemporaryDirectory() as folder:
        for each in labelled_sets(Path(folder)):
            begun = time.perf_counter()
            found = judged(each)
            took = time.perf_counter() - begun
            ids = [record.id for record in found.records]
            truth = {(_as_said(ids[one]), _as_said(ids[other])) for one, other in found.truth.pairs}
            theirs, seconds = splinks.best(each.frames, each.columns, truth)
            wrong = len(found.false_links)
            table.add_row(
                each.name,
                f"{len(found.records):,}",
                f"{len(found.truth.pairs):,}",
                f"{found.pairwise.f1:.4f}",
                f"{found.clustered.f1:.4f}",
                f"{len(found.linked) - wrong:,} of {len(found.linked):,}",
                f"{theirs.f1:.4f}",
                f"{took:.0f}",
                f"{seconds:.0f}",
            )
    console.print(table)


def judged(each: LabelledSet) -> Evaluation:
    """What `sendhub match evaluate` finds, with the hub's own weights, fitted, at the policy's own threshold."""
    mapping = read_mapping(each.map_file)
    records = read_records(each.files, mapping, once=True).rows
    truth = read_truth(each.truth, mapping, records)
    return evaluate(records, truth, read_weights(None).with_further(mapping.further), CURRENT, threshold=None, fit=True)


def _as_said(record_id: str) -> int | str:
    return int(record_id) if record_id.isdigit() else record_id
