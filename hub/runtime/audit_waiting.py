"""Audit records that must not be refused and could not be sent: what is done to keys while Kafka is away.

Such a record stands in a file beside the keys before anything is done, and is sent by the next command about keys. Each
has an id, so that one which was sent twice is recognisable as one.
"""

import asyncio
import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from hub.platform.settings import Settings
from hub.runtime import audit
from hub.stages.errors import Unavailable
from schemas.audit import AuditEntry

NAME = "sendhub.audit-waiting"
PATIENCE_SECONDS = 10.0
"""How long Kafka may take to take one."""


class Waiting:
    """The records that wait in a folder. Every method may raise OSError."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / NAME

    @property
    def number(self) -> int:
        """How many wait."""
        try:
            return len(self.file.read_text("utf-8").splitlines())
        except FileNotFoundError:
            return 0

    def add(self, entry: AuditEntry) -> None:
        """Return once it is on the disk."""
        with self._opened() as file:
            file.seek(0, os.SEEK_END)
            file.write(entry.model_dump_json() + "\n")
            _keep(file)

    async def send(self, settings: Settings) -> None:
        """Send all that wait, in their order; raises Unavailable, and then the rest waits on."""
        if self.number == 0:
            return
        with self._opened() as file:
            lines = file.read().splitlines()
            try:
                while lines:
                    await _send(settings, AuditEntry.model_validate_json(lines[0]))
                    del lines[0]
            finally:
                file.seek(0)
                file.truncate()
                file.writelines(f"{line}\n" for line in lines)
                _keep(file)

    @contextmanager
    def _opened(self) -> Iterator[TextIO]:
        handle = os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(handle, "r+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file


def identified(entry: AuditEntry) -> AuditEntry:
    """With an id of its own."""
    return entry.model_copy(update={"id": secrets.token_hex(12)})


async def note(settings: Settings, entry: AuditEntry, waiting: Waiting) -> bool:
    """Write a record to hub.audit, after those that wait; where Kafka does not take it, to the file. Whether Kafka has
    it. Raises OSError where neither can be done: then nothing may be done."""
    entry = identified(entry)
    try:
        await waiting.send(settings)
        await _send(settings, entry)
    except Unavailable:
        waiting.add(entry)
        return False
    return True


async def _send(settings: Settings, entry: AuditEntry) -> None:
    try:
        await asyncio.wait_for(audit.write_or_refuse(settings, entry), PATIENCE_SECONDS)
    except TimeoutError:
        raise Unavailable("Kafka does not take audit records in time") from None


def _keep(file: TextIO) -> None:
    file.flush()
    os.fsync(file.fileno())
