"""The stages by name, built from the settings."""

import time
from collections.abc import Callable
from datetime import datetime

from prometheus_client import Histogram

from hub.platform.clock import clock_from
from hub.platform.settings import Settings
from hub.runtime import stage_metrics as metrics
from hub.runtime.matching import matching_of
from hub.runtime.numbered import numbered
from hub.runtime.policies import policy_of
from hub.runtime.producer import Reach
from hub.runtime.worker import no_point, run_projection, run_stage
from hub.stages import projection
from hub.stages.auditing import auditing
from hub.stages.casework import casework
from hub.stages.identity import identity
from hub.stages.intake import intake
from hub.store import Projector


def run(name: str, settings: Settings, reach: Reach = no_point) -> None:
    """Run a stage until it is told to stop; raises KeyError for a name that is none."""
    STAGES[name](settings, reach)


def _intake(settings: Settings, reach: Reach) -> None:
    run_stage(settings, intake(settings.sources, note), reach)


def _identity(settings: Settings, reach: Reach) -> None:
    stage = identity(settings.key, settings.sources, note, matching_of(settings))
    run_stage(settings, numbered(stage), reach)


def _casework(settings: Settings, reach: Reach) -> None:
    run_stage(settings, casework(policy_of(settings), time.monotonic), reach)


def _projection(settings: Settings, reach: Reach) -> None:
    clock = clock_from(settings.clock_file)

    def into(histogram: Histogram) -> Callable[[datetime], None]:
        return lambda received_at: histogram.observe(max(0.0, (clock.now() - received_at).total_seconds()))

    def open_() -> Projector:
        to_record, to_alert = into(metrics.RECEIPT_TO_RECORD), into(metrics.RECEIPT_TO_ALERT)
        return Projector.open(settings.database_url, to_record, to_alert)

    run_projection(settings, "projection", projection.TOPICS, open_, reach)


def _audit(settings: Settings, reach: Reach) -> None:
    run_stage(settings, auditing(), reach)


def note(outcome: str, source: str) -> None:
    """Count a message that leaves no record of its own."""
    metrics.STAGE_OUTCOME.labels(outcome, source).inc()


STAGES: dict[str, Callable[[Settings, Reach], None]] = {
    "intake": _intake,
    "identity": _identity,
    "casework": _casework,
    "projection": _projection,
    "audit": _audit,
}
