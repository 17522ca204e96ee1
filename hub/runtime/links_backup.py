"""Backup and restore of hub.links, the log of who was decided to be whom: it can't be worked out again.

A backup is every record in its order, sealed with the deployment's key. It is restored into an empty topic only, in one
transaction: so no decision is ever there twice, or in another place than it had.
"""

import base64
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from hub.core.identity.closing import WHY
from hub.platform.settings import Settings
from hub.runtime import groups, sealed_file
from hub.runtime import topics as kafka_topics
from hub.runtime.backup import identity_vault
from hub.runtime.changelog import Content
from hub.runtime.errors import DataMissing
from hub.runtime.log_reader import LogReader
from hub.runtime.partitions import Partition, to_record
from hub.runtime.producer import TransactionalProducer
from hub.runtime.rebuild_links import LinkStates
from hub.runtime.restore import TRANSACTION_SECONDS
from hub.runtime.sealed_file import BackupUnfit
from hub.stages.stage import Headers, Output
from schemas.ids import digest, keyed_digest
from schemas.links import CLOSED, LinkDecision
from schemas.topics import IDENTITY_STATE, LINKS

STAGE = "identity"
FORMAT = "sendhub-links-backup-1"
LOG = Partition(LINKS.name, 0)
Entry = tuple[bytes, bytes, Headers]
"""Key, value and headers of one record."""


class Backup(NamedTuple):
    """All records of hub.links in their order, and when they were read."""

    entries: list[Entry]
    taken_at: datetime


async def take(settings: Settings, now: datetime) -> Backup:
    """All that the topic holds; identity need not be stopped. Raises DataMissing when it lost its beginning."""
    await kafka_topics.require(settings.kafka, [LINKS.name])
    entries: list[Entry] = []
    async with LogReader(settings, [LOG]) as log:
        first, last = (await log.bounds())[LOG]
        if first:
            raise DataMissing(f"{LOG.topic} begins at {first}, not at 0: it lost decisions. Restore an earlier backup.")
        async for batch in log.read_on():
            for record in map(to_record, batch):
                entries.append((record.key or b"", record.value or b"", record.headers))
    if last and not entries:
        raise DataMissing(f"{LOG.topic} has offsets up to {last} and no record: it lost decisions.")
    _check(entries)
    return Backup(entries, now)


def write(backup: Backup, file: Path, key: bytes) -> None:
    """Write a backup, readable by its owner alone: wholly or not at all. Raises OSError."""
    entries = [
        [_text(name), _text(value), [[title, _text(said)] for title, said in headers]]
        for name, value, headers in backup.entries
    ]
    content = {"topic": LOG.topic, "taken_at": backup.taken_at.isoformat(), "entries": entries}
    sealed_file.write_whole(sealed_file.seal(content, FORMAT, key), file)


def read(file: Path, key: bytes) -> Backup:
    """Read a backup; raises OSError, or BackupUnfit where it is not whole, or was sealed with another key."""
    content = sealed_file.unseal(file.read_bytes(), FORMAT, key, "sendhub links backup")
    entries = [_entry(*each) for each in content["entries"]]
    _check(entries)
    return Backup(entries, datetime.fromisoformat(content["taken_at"]))


class Written(NamedTuple):
    """How many decisions were written, and how many of these were not in the backup: of links closed since."""

    decisions: int
    closed_since: int


async def restore(settings: Settings, backup: Backup, now: datetime) -> Written:
    """Write the backup into the empty topic, and after it that links were closed for good since: else an identity that
    was purged would seem to stand again.

    Raises groups.StageRuns while identity runs, BackupUnfit where the topic holds anything, Unavailable while the key
    ring lacks a key of identity's state.
    """
    await kafka_topics.require(settings.kafka, [LINKS.name])
    await groups.require_stopped(settings, STAGE)
    patient = settings.model_copy(update={"transaction_timeout": TRANSACTION_SECONDS})
    producer = TransactionalProducer(patient, "links-restore", LOG, lambda point: None)
    await producer.start()
    try:
        await _require_empty(settings)
        closings = closings_missing(backup.entries, await _closed(settings), now)
        outputs = [Output(LOG.topic, *each, LOG.partition) for each in (*backup.entries, *closings)]
        await producer.write(outputs)
        await _await_readable(settings)
        return Written(len(outputs), len(closings))
    finally:
        await producer.stop()


async def _closed(settings: Settings) -> dict[str, int]:
    """The links that identity's state says are closed, with the number of their last decision."""
    states = LinkStates()
    async with LogReader(settings, [Partition(IDENTITY_STATE.name, 0)]) as log:
        content = Content(states)
        async for batch in log.read_on():
            content.take(batch)
    return states.closed(identity_vault(settings))


def closings_missing(entries: Iterable[Entry], closed: Mapping[str, int], now: datetime) -> list[Entry]:
    """The last decision about each closed link, where a backup has the link and not that."""
    last: dict[str, LinkDecision] = {}
    for _, value, _ in entries:
        decision = LinkDecision.model_validate_json(value)
        if decision.link not in last or decision.seq >= last[decision.link].seq:
            last[decision.link] = decision
    found: list[Entry] = []
    for link, seq in sorted(closed.items()):
        known = last.get(link)
        if known is not None and known.rule != CLOSED:
            told = LinkDecision(
                link=link, child_id=known.child_id, seq=seq, decision="released", rule=CLOSED, why=WHY, at=now
            )
            headers = (("id", digest("link", link, seq).encode()), ("causes", b""))
            found.append((link.encode(), told.model_dump_json().encode(), headers))
    return found


async def key_fits(settings: Settings) -> bool | None:
    """Whether the deployment's key made the ids of the children on hub.links; None where nothing there tells."""
    fits: bool | None = None
    async with LogReader(settings, [LOG]) as log:
        async for batch in log.read_on():
            for raw in batch:
                decision = _decision(raw.value or b"")
                if decision is not None and decision.rule == "founding":
                    fits = decision.child_id == keyed_digest(settings.key, "child", decision.link, decision.seq)
                    if fits:
                        return True
    return fits


async def _await_readable(settings: Settings) -> None:
    """Return once readers see what was committed: the broker says so before it has marked the records."""
    async with LogReader(settings, [LOG]) as log:
        async for _ in log.read_on():
            pass


async def _require_empty(settings: Settings) -> None:
    async with LogReader(settings, [LOG]) as log:
        first, last = (await log.bounds())[LOG]
    if first or last:
        raise BackupUnfit(
            f"{LOG.topic} is not empty (offsets {first} to {last}): a restore would double or reorder decisions. "
            "Delete the topic and run `sendhub topics`, if it is the one that was lost."
        )


def _check(entries: list[Entry]) -> None:
    """Every record is a decision about its link. Repeats stay as they are: identity, once restored, says some again."""
    for number, (name, value, _) in enumerate(entries):
        decision = _decision(value)
        if decision is None or decision.link.encode() != name:
            raise BackupUnfit(f"record {number} of the links is no decision about the link that it is kept under")


def _decision(value: bytes) -> LinkDecision | None:
    try:
        return LinkDecision.model_validate_json(value)
    except ValidationError:
        return None


def _entry(name: str, value: str, headers: list[list[Any]]) -> Entry:
    said = tuple((title, base64.b64decode(content)) for title, content in headers)
    return base64.b64decode(name), base64.b64decode(value), said


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
