"""The process: `python -m connectors.nhs.pds`."""

import asyncio
import signal
import sys
import time

import httpx
import structlog
from pydantic import ValidationError

from connectors.nhs.pds.app import CONNECTOR, Tracer
from connectors.nhs.pds.breaker import Breaker
from connectors.nhs.pds.cache import Cached, Policy
from connectors.nhs.pds.http import HttpPds
from connectors.nhs.pds.kafka_feed import KafkaFeed
from connectors.nhs.pds.pace import Paced
from connectors.nhs.pds.persistent import Persistent
from connectors.nhs.pds.port import Demographics
from connectors.nhs.pds.settings import PdsSettings
from connectors.nhs.pds.tokens import Tokens, read_key
from connectors.sdk.kafka import KafkaPublisher, own_ring
from connectors.sdk.pause import following
from connectors.sdk.server import check
from hub.platform import logs, metrics, tracing
from hub.platform.clock import SystemClock, clock_from
from hub.platform.health import Health
from schemas.kinds import validation_errors
from schemas.traces import PDS

_log = structlog.get_logger()


def main() -> None:
    """Run until SIGTERM or SIGINT; one sentence and status 1 where the settings or their files are wrong."""
    try:
        settings = PdsSettings()
        logs.set_up(CONNECTOR, settings.log_level)
        tracing.set_up(settings, CONNECTOR)
        asyncio.run(run(settings))
    except ValidationError as error:
        problems = "; ".join(message for _, message in validation_errors(error))
        sys.exit(f"the PDS connector cannot run: {problems}")
    except (OSError, ValueError) as error:
        sys.exit(f"the PDS connector cannot run: {error}")


async def run(settings: PdsSettings) -> None:
    """Build the ports from the settings, and answer look-ups. The first line logged tells the metrics port."""
    _require_source(settings)
    ring, key = own_ring(settings), settings.key
    feed = KafkaFeed(settings, ring)
    publisher = KafkaPublisher(settings.kafka, settings.ack_timeout, ring, client_id=f"sendhub-pds-{settings.instance}")
    async with httpx.AsyncClient(timeout=settings.pds_timeout) as client:
        pausing, clock = following(settings, CONNECTOR), clock_from(settings.clock_file)
        tracer = Tracer(
            feed, service(settings, client), publisher, clock, key, settings.pds_open, paused=pausing.paused
        )
        health = Health(
            {
                "broker": check(publisher.ready, "the broker does not answer"),
                "traces": lambda: feed.trouble,
                "pds": lambda: tracer.trouble,
                "pause": pausing.paused,
            }
        )
        port = metrics.serve(health, settings.host, settings.metrics_port)
        _log.info("asking", metrics_port=port)
        await publisher.start()
        try:
            await _until_stopped(tracer)
        finally:
            await feed.stop()
            await publisher.stop()
    _log.info("stopped")


def service(settings: PdsSettings, client: httpx.AsyncClient) -> Demographics:
    """The service with all that stands before it, outermost first: memory, patience, breaker, queue.

    Tokens end by the machine's clock, also while a demo drives ours.
    """
    machine = SystemClock()
    signing = read_key(settings.pds_key_file)
    tokens = Tokens(client, settings.pds_token_url, settings.pds_api_key, signing, settings.pds_key_id, machine)
    http = HttpPds(client, settings.pds_url, tokens, machine, settings.pds_timeout)
    breaker = Breaker(
        Paced(http, settings.pds_per_second, time.monotonic),
        settings.pds_breaker_failures,
        settings.pds_breaker_seconds,
        time.monotonic,
    )
    policy = Policy(settings.pds_cache_seconds, settings.pds_cache_none_seconds, settings.pds_cache_entries)
    return Cached(Persistent(breaker, settings.pds_attempts), policy, machine)


def _require_source(settings: PdsSettings) -> None:
    source = settings.sources.find(PDS)
    if source is None or source.kind != "nhs" or not source.trusts_nhs_number:
        raise ValueError(
            f"{settings.sources_file.name} has no source `{PDS}` of kind nhs with trusts_nhs_number = true"
        )


async def _until_stopped(tracer: Tracer) -> None:
    work = asyncio.ensure_future(tracer.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, work.cancel)
    try:
        await work
    except asyncio.CancelledError:
        return


if __name__ == "__main__":
    main()
