"""Runs one stage as a process: Faust's worker around a lane app."""

import structlog
from faust import Worker

from hub.platform import metrics
from hub.platform.clock import clock_from
from hub.platform.health import Health
from hub.platform.settings import Settings
from hub.runtime.database_committer import DatabaseCommitter
from hub.runtime.driver import CommitterFactory, LaneApp, LaneConsumer
from hub.runtime.kafka_committer import KafkaCommitter
from hub.runtime.lane import Committer
from hub.runtime.partitions import Partition
from hub.runtime.producer import Reach
from hub.stages.stage import Stage
from hub.store import Projector

log = structlog.get_logger()


def no_point(point: str) -> None:
    """Production reaches the named points of a transaction and goes on."""


def run_stage(settings: Settings, stage: Stage, reach: Reach = no_point) -> None:
    """Run a stage whose effects are in Kafka until it is told to stop."""
    clock = clock_from(settings.clock_file)

    def committer(source: Partition, consumer: LaneConsumer) -> Committer:
        return KafkaCommitter(settings, clock, stage, source, consumer.start_offset, reach)

    _run(settings, stage.name, stage.sources, committer)


def run_projection(
    settings: Settings, name: str, topics: tuple[str, ...], projector: Projector, reach: Reach = no_point
) -> None:
    """Run the projection until it is told to stop."""
    clock = clock_from(settings.clock_file)

    def committer(source: Partition, consumer: LaneConsumer) -> Committer:
        return DatabaseCommitter(
            settings, clock, name, source, projector, consumer.check_start, consumer.announce, reach
        )

    _run(settings, name, topics, committer)


def _run(settings: Settings, name: str, topics: tuple[str, ...], committer: CommitterFactory) -> None:
    health = Health()
    port = metrics.serve(health, settings.host, settings.metrics_port)
    log.info("listening", stage=name, metrics_port=port)
    app = LaneApp(settings, name, topics, committer, health)
    app.finalize()
    # Faust's own set-up lets aiokafka build a record for each of its debug lines: a quarter of the worker's time.
    worker = Worker(app, override_logging=False, redirect_stdouts=False, quiet=True)
    worker.spinner = None
    worker.execute_from_commandline()
