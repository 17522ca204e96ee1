"""The file connector's process: `python -m connectors.council.files`, or `… release FILE` for a held file."""

import asyncio
import contextlib
import signal
import sys
import time

import structlog

from connectors.council.files.app import CONNECTOR, FilesConnector
from connectors.council.files.errors import BadMapping
from connectors.council.files.folder import Folder
from connectors.council.files.mapping import load_all
from connectors.council.files.memory import Memory
from connectors.council.files.settings import FilesSettings
from connectors.sdk.kafka import KafkaPublisher, own_ring
from connectors.sdk.pause import following
from connectors.sdk.server import check
from hub.platform import metrics, tracing
from hub.platform.clock import clock_from
from hub.platform.health import Health
from hub.platform.logs import set_up

_USAGE = "usage: python -m connectors.council.files [release FILE]"

_log = structlog.get_logger()


def main(arguments: list[str]) -> None:
    """Run until SIGTERM or SIGINT, or release a held file; one sentence and status 1 where something is wrong."""
    settings = FilesSettings()
    if arguments[:1] == ["release"] and len(arguments) == 2:
        return _release(settings, arguments[1])
    if arguments:
        sys.exit(_USAGE)
    set_up(CONNECTOR, settings.log_level)
    tracing.set_up(settings, CONNECTOR)
    try:
        return asyncio.run(_run(settings))
    except (BadMapping, OSError, ValueError) as error:
        sys.exit(f"the file connector cannot run: {error}")


def _release(settings: FilesSettings, name: str) -> None:
    """Move a held file to release/ in the watched folder that holds it."""
    for path in settings.files_folders:
        with contextlib.suppress(FileNotFoundError):
            Folder(path, settings.files_settle, time.monotonic).release(name)
            sys.stdout.write("released: it is taken at the next poll\n")
            return
    sys.exit("no watched folder has a file of that name in held/")


async def _run(settings: FilesSettings) -> None:
    """Poll until SIGTERM or SIGINT. The first line logged tells the metrics port."""
    settings.key, settings.sources  # noqa: B018 - what is wrong with them is said now, not at the first file
    mappings = load_all(settings.files_mappings)
    publisher = KafkaPublisher(
        settings.kafka, settings.ack_timeout, own_ring(settings), client_id=f"sendhub-files-{settings.instance}"
    )
    folders = [Folder(path, settings.files_settle, time.monotonic) for path in settings.files_folders]
    memory = Memory(settings.ledger_url)
    pausing, clock = following(settings, CONNECTOR), clock_from(settings.clock_file)
    connector = FilesConnector(settings, mappings, folders, publisher, memory, clock, pausing.paused)
    broker = check(publisher.ready, "the broker does not answer")
    health = Health({"broker": broker, "files": connector.trouble, "pause": pausing.paused})
    port = metrics.serve(health, settings.host, settings.metrics_port)
    _log.info("watching", feeds=[mapping.feed for mapping in mappings], metrics_port=port)
    await publisher.start()
    try:
        await _poll_until_stopped(connector)
    finally:
        await publisher.stop()
        memory.close()
    _log.info("stopped")


async def _poll_until_stopped(connector: FilesConnector) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    while not stop.is_set():
        wait = await connector.poll()
        try:
            async with asyncio.timeout(wait):
                await stop.wait()
        except TimeoutError:
            continue


if __name__ == "__main__":
    main(sys.argv[1:])
