"""What commands ask of the deployment: its key, Kafka, a backup file; each with a clear end when it does not answer."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from aiokafka.errors import KafkaError

from hub.commands.failures import stop
from hub.platform.keys import KeyFault
from hub.platform.settings import Settings
from hub.runtime.errors import RuntimeFault
from hub.stages.errors import StageError

Answer = TypeVar("Answer")


def key_of(settings: Settings) -> bytes:
    """The deployment's key, or the command's end."""
    try:
        return settings.key
    except (OSError, ValueError) as error:
        stop(f"the deployment's key can't be read: {error}")


def ask(settings: Settings, question: Coroutine[Any, Any, Answer]) -> Answer:
    """What comes of a question that Kafka answers, or the command's end."""
    try:
        return asyncio.run(question)
    except (RuntimeFault, StageError, KeyFault) as error:
        stop(str(error))
    except (KafkaError, OSError) as error:
        stop(f"Kafka at {settings.kafka} does not answer ({type(error).__name__}): run the command again when it does")


def read_backup(file: Path, read: Callable[[], Answer]) -> Answer:
    """A backup out of its file, or the command's end."""
    try:
        return read()
    except OSError as error:
        stop(f"{file} can't be read: {error.strerror}")
    except RuntimeFault as error:
        stop(str(error))
