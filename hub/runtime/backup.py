"""Backup and restore of identity: a system of record of its own, for who belongs to whom was decided there.

A backup is identity's whole state at one cut, with the offset of hub.observations that it includes. It is sealed with
the deployment's key (a JWE, `dir` and A256GCM): names, dates of birth and NHS numbers are in it.
"""

import base64
import hashlib
import os
import zlib
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwe import JWERegistry
from joserfc.jwk import OctKey

from hub.platform.settings import Settings
from hub.runtime import groups
from hub.runtime import topics as kafka_topics
from hub.runtime.changelog import read_content, read_state
from hub.runtime.errors import DataMissing, RuntimeFault
from hub.runtime.log_reader import LogReader
from hub.runtime.partitions import Partition
from hub.runtime.restore import differing, fencing
from hub.runtime.state import PartitionState
from schemas.ids import keyed_digest
from schemas.topics import IDENTITY_STATE, OBSERVATIONS

STAGE = "identity"
FORMAT = "sendhub-identity-backup-1"
SOURCE = Partition(OBSERVATIONS.name, 0)
CHANGELOG = Partition(IDENTITY_STATE.name, 0)
ALGORITHMS = ["dir", "A256GCM"]


class _NoLimit(JWERegistry):
    """The library's own limit is made for tokens."""

    max_ciphertext_length = 1 << 40


_REGISTRY = _NoLimit(algorithms=ALGORITHMS)


class BackupUnfit(RuntimeFault):
    """A file is no backup that this deployment can restore, or restoring it would lose something."""


class Backup(NamedTuple):
    """Identity's state, the offset of hub.observations that it includes, when it was taken."""

    state: PartitionState
    includes: int
    taken_at: datetime


async def take(settings: Settings, now: datetime) -> Backup:
    """The running state as of its last whole transaction; identity need not be stopped.

    Raises DataMissing when there is no state yet, StateDamaged when it is damaged.
    """
    await kafka_topics.require(settings.kafka, [IDENTITY_STATE.name])
    state, includes = await read_state(settings, CHANGELOG)
    if includes is None:
        raise DataMissing(f"{CHANGELOG.topic} is empty: identity has processed nothing yet")
    return Backup(state, includes, now)


def write(backup: Backup, file: Path, key: bytes) -> None:
    """Write a backup, readable by its owner alone: wholly or not at all. Raises OSError."""
    sealed = seal(backup, key)
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(sealed)
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    _sync_folder(file.parent)


def read(file: Path, key: bytes) -> Backup:
    """Read a backup; raises OSError, or BackupUnfit when it is not whole or was sealed with another key."""
    return unseal(file.read_bytes(), key)


def seal(backup: Backup, key: bytes) -> bytes:
    """A backup as bytes that only the deployment's key opens."""
    entries = [[name, base64.b64encode(value).decode()] for name, value in backup.state.items()]
    content = {
        "topic": CHANGELOG.topic,
        "includes": backup.includes,
        "taken_at": backup.taken_at.isoformat(),
        "entries": entries,
    }
    header = {"alg": "dir", "enc": "A256GCM", "kid": _key_id(key), "typ": FORMAT}
    return jwe.encrypt_compact(header, zlib.compress(orjson.dumps(content)), _key(key), registry=_REGISTRY).encode()


def unseal(sealed: bytes, key: bytes) -> Backup:
    """The backup that `seal` sealed; raises BackupUnfit."""
    header = _header(sealed)
    if header.get("typ") != FORMAT:
        raise BackupUnfit(f"the file is no {FORMAT}: take one with `sendhub identity backup`")
    if header.get("kid") != _key_id(key):
        raise BackupUnfit("the backup was sealed with another key: set SENDHUB_KEY_FILE to the deployment's own")
    try:
        opened = jwe.decrypt_compact(sealed, _key(key), registry=_REGISTRY)
        content = orjson.loads(zlib.decompress(opened.plaintext or b""))
    except (JoseError, ValueError, zlib.error):
        raise BackupUnfit("the backup is truncated or was tampered with: nothing was changed") from None
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
        content = await read_content(settings, CHANGELOG)
        if content.includes is not None and content.includes > backup.includes and not force:
            raise BackupUnfit(
                f"the state in {CHANGELOG.topic} includes observations up to {content.includes}, the backup only up to "
                f"{backup.includes}: restore it over the newer one with --force"
            )
        records = differing(CHANGELOG, content, backup.state, backup.includes)
        await producer.commit((), records, backup.includes)
        return len(records)
    finally:
        await producer.stop()


async def _require_observations(settings: Settings, includes: int) -> None:
    async with LogReader(settings, [SOURCE]) as log:
        first, last = (await log.bounds())[SOURCE]
    if not first <= includes <= last:
        raise BackupUnfit(
            f"the backup goes on from observation {includes}, but {SOURCE.topic} holds {first} to {last}: "
            "what lies between is gone. Restore the topic from a copy, or take a newer backup."
        )


def _key(key: bytes) -> OctKey:
    return OctKey.import_key(hashlib.sha256(b"sendhub-backup" + key).digest())


def _key_id(key: bytes) -> str:
    return keyed_digest(key, "backup-key")


def _header(sealed: bytes) -> dict[str, Any]:
    try:
        first = sealed.split(b".", 1)[0]
        found = orjson.loads(base64.urlsafe_b64decode(first + b"=" * (-len(first) % 4)))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
