"""What may keep a command from its work at the desk, as sentences."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from aiokafka.errors import KafkaError

from hub.commands.failures import stop
from hub.platform.settings import Settings
from hub.runtime.errors import RuntimeFault
from hub.runtime.letters import UnknownLetter
from hub.stages.errors import Unavailable
from hub.store import Conflict, Projector, SchemaMismatch


@contextmanager
def faults_told(settings: Settings) -> Iterator[None]:
    """Say in a sentence what went wrong. What was committed before stands: the same command goes on from there."""
    # The Kafka client tells the same once more, with its own inner workings.
    for name in ("asyncio", "aiokafka"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    except (RuntimeFault, Conflict) as error:
        stop(f"{error}. What was done before stands; run the command again to go on")
    except (Unavailable, SchemaMismatch, UnknownLetter) as error:
        stop(str(error))
    except (KafkaError, OSError) as error:
        stop(f"Kafka at {settings.kafka} does not answer ({type(error).__name__}): start it, or set SENDHUB_KAFKA")


def open_projector(settings: Settings) -> Projector:
    """The read model, to write to; raises what `faults_told` tells."""
    try:
        return Projector.open(settings.database_url, _unobserved)
    except ValueError as error:
        stop(str(error))


def _unobserved(received_at: datetime) -> None:
    """A record that waited for an operator says nothing of how fast the hub is."""
