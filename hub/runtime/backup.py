"""Backup and restore of identity: a system of record of its own, for who belongs to whom was decided there.

A backup is identity's whole state at one cut, with the offset of hub.observations that it includes. It is sealed with
the deployment's key, not with the key ring's: so it opens after keys were rotated, and where the ring was lost. Names,
dates of birth and NHS numbers are in it.
"""

import base64
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from hub.core.identity.erasure import owner_of
from hub.platform.keys import RingUnfit
from hub.platform.settings import Settings
from hub.runtime import groups, sealed_file
from hub.runtime import topics as kafka_topics
from hub.runtime.changelog import Content, read_content, read_state
from hub.runtime.errors import DataMissing
from hub.runtime.log_reader import LogReader
from hub.runtime.partitions import Partition
from hub.runtime.restore import differing, fencing
from hub.runtime.sealed_file import BackupUnfit
from hub.runtime.state import PartitionState
from hub.runtime.vault import Vault
from hub.stages.errors import Unavailable
from schemas.topics import IDENTITY_STATE, OBSERVATIONS

STAGE = "identity"
FORMAT = "sendhub-identity-backup-1"
SOURCE = Partition(OBSERVATIONS.name, 0)
CHANGELOG = Partition(IDENTITY_STATE.name, 0)


class Backup(NamedTuple):
    """Identity's state in the clear, the offset of hub.observations that it includes, when it was taken."""

    state: PartitionState
    includes: int
    taken_at: datetime


def identity_vault(settings: Settings) -> Vault:
    """What opens identity's state on its changelog."""
    return Vault(CHANGELOG.topic, settings.ring, owner_of)


async def take(settings: Settings, now: datetime) -> Backup:
    """The running state as of its last whole transaction; identity need not be stopped.

    Raises DataMissing when there is no state yet, StateDamaged when it is damaged, Unavailable while the key ring lacks
    a key.
    """
    await kafka_topics.require(settings.kafka, [IDENTITY_STATE.name])
    state, includes = await read_state(settings, CHANGELOG, vault=identity_vault(settings))
    if includes is None:
        raise DataMissing(f"{CHANGELOG.topic} is empty: identity has processed nothing yet")
    return Backup(state, includes, now)


def write(backup: Backup, file: Path, key: bytes) -> None:
    """Write a backup, readable by its owner alone: wholly or not at all. Raises OSError."""
    sealed_file.write_whole(seal(backup, key), file)


def read(file: Path, key: bytes) -> Backup:
    """Read a backup; raises OSError, or BackupUnfit when it is not whole or was sealed with another key."""
    return unseal(file.read_bytes(), key)


def seal(backup: Backup, key: bytes) -> bytes:
    """A backup as bytes that only the deployment's key opens."""
    content = {
        "topic": CHANGELOG.topic,
        "includes": backup.includes,
        "taken_at": backup.taken_at.isoformat(),
        "entries": [[name, base64.b64encode(value).decode()] for name, value in backup.state.items()],
    }
    return sealed_file.seal(content, FORMAT, key)


def unseal(sealed: bytes, key: bytes) -> Backup:
    """The backup that `seal` sealed; raises BackupUnfit."""
    content = sealed_file.unseal(sealed, FORMAT, key, "sendhub identity backup")
    state = PartitionState()
    for name, value in content["entries"]:
        state.load(name, base64.b64decode(value))
    return Backup(state, content["includes"], datetime.fromisoformat(content["taken_at"]))


async def restore(settings: Settings, backup: Backup, *, force: bool) -> int:
    """Make the changelog hold the backup's state, and the group go on from the offset it includes; records written.

    All in one transaction of identity's own producer. Raises groups.StageRuns while identity runs, BackupUnfit where a
    newer state exists (unless `force`), or where observations between the backup and now have expired.
    """
    await kafka_topics.require(settings.kafka, [IDENTITY_STATE.name, OBSERVATIONS.name])
    await groups.require_stopped(settings, STAGE)
    await _require_observations(settings, backup.includes)
    producer = await fencing(settings, STAGE, SOURCE)
    try:
        content, vault = _opened(settings, await read_content(settings, CHANGELOG))
        if content.includes is not None and content.includes > backup.includes and not force:
            raise BackupUnfit(
                f"the state in {CHANGELOG.topic} includes observations up to {content.includes}, the backup only up to "
                f"{backup.includes}: restore it over the newer one with --force"
            )
        records = differing(CHANGELOG, content, backup.state, backup.includes, vault)
        await producer.commit((), records, backup.includes)
        return len(records)
    finally:
        await producer.stop()


def _opened(settings: Settings, held: Content) -> tuple[Content, Vault]:
    """What the changelog holds in the clear. What can't be opened counts as damaged: it is written anew."""
    vault = identity_vault(settings)
    try:
        state, shut = vault.open_state(held.state)
    except Unavailable as error:
        if not _has_ring(settings):
            raise
        vault, state = identity_vault(settings), PartitionState()
        shut = {key: str(error) for key, _ in held.state.items()}
    damaged = held.damaged | {key.encode(): (-1, why) for key, why in shut.items()}
    return Content(state, held.includes, damaged), vault


def _has_ring(settings: Settings) -> bool:
    try:
        settings.ring.current()
    except RingUnfit:
        return False
    return True


async def _require_observations(settings: Settings, includes: int) -> None:
    async with LogReader(settings, [SOURCE]) as log:
        first, last = (await log.bounds())[SOURCE]
    if not first <= includes <= last:
        raise BackupUnfit(
            f"the backup goes on from observation {includes}, but {SOURCE.topic} holds {first} to {last}: "
            "what lies between is gone. Restore the topic from a copy, or take a newer backup."
        )
