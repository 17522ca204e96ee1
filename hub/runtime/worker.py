"""Runs one stage as a process: Faust's worker around a lane app."""

import asyncio
from collections.abc import Callable

import structlog
from faust import Worker

from hub.platform import metrics
from hub.platform.clock import clock_from
from hub.platform.health import Health
from hub.platform.pausing import Pausing
from hub.platform.settings import Settings
from hub.runtime import stage_metrics
from hub.runtime import topics as kafka_topics
from hub.runtime.database_committer import DatabaseCommitter
from hub.runtime.driver import CommitterFactory, LaneApp, LaneConsumer, fail
from hub.runtime.errors import TopicUnfit
from hub.runtime.kafka_committer import KafkaCommitter
from hub.runtime.lane import Committer
from hub.runtime.partitions import Partition
from hub.runtime.patience import wait_for
from hub.runtime.producer import Reach
from hub.stages.stage import Stage
from hub.store import Projector
from schemas.topics import DEADLETTER, DEADLETTER_KEYS

log = structlog.get_logger()

LETTERS = (DEADLETTER.name, DEADLETTER_KEYS.name)
OPEN_AT_ONCE = 4
"""How many partitions fence and read their state at once: each takes connections and fetches of its own meanwhile."""


def no_point(point: str) -> None:
    """Production reaches the named points of a transaction and goes on."""


def run_stage(settings: Settings, stage: Stage, reach: Reach = no_point) -> None:
    """Run a stage whose effects are in Kafka until it is told to stop."""
    clock = clock_from(settings.clock_file)
    health = _serve(settings, stage.name)
    changelog = () if stage.changelog is None else (stage.changelog,)
    _await_topics(settings, health, (*stage.sources, *changelog, *stage.writes, *LETTERS))

    opening = asyncio.Semaphore(OPEN_AT_ONCE)

    def committer(source: Partition, consumer: LaneConsumer) -> Committer:
        return KafkaCommitter(settings, clock, stage, source, consumer, reach, opening)

    _run(settings, stage.name, stage.sources, committer, health)


def run_projection(
    settings: Settings, name: str, topics: tuple[str, ...], open_: Callable[[], Projector], reach: Reach = no_point
) -> None:
    """Run the projection until it is told to stop. `open_` may raise Unavailable: it is called again."""
    clock = clock_from(settings.clock_file)
    health = _serve(settings, name)
    _await_topics(settings, health, (*topics, *LETTERS))
    projector = wait_for(open_, health)

    def committer(source: Partition, consumer: LaneConsumer) -> Committer:
        return DatabaseCommitter(settings, clock, name, source, projector, consumer, reach)

    _run(settings, name, topics, committer, health)


def _serve(settings: Settings, name: str) -> Health:
    health = Health()
    port = metrics.serve(health, settings.host, settings.metrics_port)
    log.info("listening", stage=name, metrics_port=port)
    return health


def _await_topics(settings: Settings, health: Health, names: tuple[str, ...]) -> None:
    """Wait for missing topics; end the process when one is there but would do harm."""
    try:
        wait_for(lambda: asyncio.run(kafka_topics.require(settings.kafka, names)), health)
    except TopicUnfit as error:
        fail("a topic is not as it must be", error)


def _run(settings: Settings, name: str, topics: tuple[str, ...], committer: CommitterFactory, health: Health) -> None:
    gauge = stage_metrics.STAGE_PAUSED.labels(name)
    pausing = Pausing(settings.kafka, name, gauge.set).start()
    app = LaneApp(settings, name, topics, committer, health, pausing.paused)
    app.finalize()
    # Faust's own set-up lets aiokafka build a record for each of its debug lines: a quarter of the worker's time.
    worker = Worker(app, override_logging=False, redirect_stdouts=False, quiet=True)
    worker.spinner = None
    worker.execute_from_commandline()
