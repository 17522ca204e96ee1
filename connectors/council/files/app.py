"""What the connector does at each poll, on ports only: folders, publisher, memory and clock."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from connectors.council.files import metrics
from connectors.council.files.errors import FileRefused, Problem, RowsFell
from connectors.council.files.events import Comparison, Seen, Writer, by_record, compare
from connectors.council.files.folder import Folder, StillChanging, plain_name
from connectors.council.files.mapping import Mapping
from connectors.council.files.memory import Held, Memory
from connectors.council.files.questions import question
from connectors.council.files.reading import Extract, read_extract
from connectors.council.files.report import Report
from connectors.council.files.rows import RowFacts
from connectors.council.files.settings import FilesSettings
from connectors.sdk.counts import UNKNOWN_SOURCE, Counts
from connectors.sdk.publisher import Message, NotAcknowledged, Publisher, TooLarge
from hub.platform.clock import Clock, today
from hub.platform.outages import Outages
from hub.platform.pausing import never
from schemas.ids import keyed_digest
from schemas.topics import COUNCIL_EVENTS

CONNECTOR = "files"
LONGEST_WAIT = 60.0
_TROUBLE = {
    "not-acknowledged": "the broker does not ack: files stay where they are until it does",
    "database": "the connectors' database cannot be used: files stay where they are until it can",
    "folder": "a watched folder, or a file in it, cannot be read or moved",
}
_RECORDS_AT_ONCE = 200
"""Records published and remembered together: small enough to be acked in time."""

_log = structlog.get_logger()


@dataclass
class Tally:
    """What became of a file's rows so far."""

    sent: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    clashes: list[Problem] = field(default_factory=list)

    def add(self, rows: Sequence[RowFacts], found: Comparison) -> None:
        """Count one record's rows."""
        self.rows[found.outcome] += len(rows)
        if found.outcome == "clash":
            what = "another file with this extract date said something else of the record: give this one a later one"
            self.clashes += [Problem(row.line, "", what) for row in rows]


class FilesConnector:
    """Takes files from watched folders. One connector for each folder: it is the only writer of its feeds' memory."""

    def __init__(
        self,
        settings: FilesSettings,
        mappings: Sequence[Mapping],
        folders: Sequence[Folder],
        publisher: Publisher,
        memory: Memory,
        clock: Clock,
        paused: Callable[[], str | None] = never,
    ) -> None:
        self._settings = settings
        self._paused = paused
        self._mappings = mappings
        self._folders = folders
        self._publisher = publisher
        self._memory = memory
        self._clock = clock
        self._counts = Counts(CONNECTOR, clock)
        self._errors: list[Exception] = []
        self._failures = 0
        self._trouble: str | None = None
        self._outages = Outages()

    def trouble(self) -> str | None:
        """What kept the last poll from its work, or None: for readiness."""
        return self._trouble

    async def poll(self) -> float:
        """Take every file that is whole, none while paused; returns the seconds to wait, longer after each failure in a
        row.

        The broker or the database being away ends a poll early; a folder or file that cannot be read or moved does not
        keep the others waiting. In each case the file stays where it is, and how long it has been there is told.
        """
        self._errors.clear()
        whole = [(folder, await self._look(folder)) for folder in self._folders]
        try:
            await asyncio.to_thread(self._memory.open)
            for folder, paths in whole:
                await self._take_all(folder, paths)
        except (NotAcknowledged, SQLAlchemyError) as error:
            self._errors.append(error)
        metrics.WAITING.set(sum(folder.waiting() for folder in self._folders))
        self._counts.waiting(max((folder.waited() for folder in self._folders), default=0.0))
        return self._wait()

    async def _look(self, folder: Folder) -> list[Path]:
        try:
            return await asyncio.to_thread(folder.look)
        except OSError as error:
            self._errors.append(error)
            return []

    async def _take_all(self, folder: Folder, paths: Sequence[Path]) -> None:
        for path in paths:
            if self._paused() is not None:
                return
            try:
                await self._take(folder, path)
            except StillChanging:
                metrics.RETRIES.labels("changing").inc()
            except OSError as error:
                self._errors.append(error)

    async def _take(self, folder: Folder, path: Path) -> None:
        mapping: Mapping | None = None
        try:
            mapping = self._mapping_for(plain_name(path))
            report = await self._process(folder, path, mapping)
        except FileRefused as error:
            report = self._refused(mapping, error)
        except (NotAcknowledged, SQLAlchemyError, OSError, StillChanging):
            raise
        except TooLarge:
            report = self._refused(mapping, FileRefused("too-large", "a row is larger than the broker takes"))
        except Exception as error:
            # One file must never keep the others waiting. The message may quote it, so only the type is told.
            _log.error(
                "a file could not be processed", feed=mapping.feed if mapping else None, error=type(error).__name__
            )
            report = self._refused(mapping, FileRefused("internal", f"the connector failed: {type(error).__name__}"))
        await asyncio.to_thread(folder.put_away, path, report)
        metrics.FILES.labels(report.feed or "none", report.place, report.code).inc()
        _log.info("file put away", feed=report.feed, extract=_text(report), outcome=report.place, code=report.code)

    def _mapping_for(self, name: str) -> Mapping:
        found = [mapping for mapping in self._mappings if mapping.pattern.fullmatch(name)]
        if not found:
            raise FileRefused("no-mapping", "no mapping takes a file of this name")
        if len(found) > 1:
            feeds = ", ".join(mapping.feed for mapping in found)
            raise FileRefused("no-mapping", f"several mappings take a file of this name: {feeds}")
        if self._settings.sources.find(found[0].source) is None:
            raise FileRefused("no-source", f"source {found[0].source} of feed {found[0].feed} is not registered")
        return found[0]

    async def _process(self, folder: Folder, path: Path, mapping: Mapping) -> Report:
        content = await asyncio.to_thread(folder.read, path, self._settings.files_size_limit)
        now, key, limit = self._clock.now(), self._settings.key, self._settings.files_row_limit
        extract = await asyncio.to_thread(read_extract, content, plain_name(path), mapping, now, key, limit)
        try:
            await self._check_fall(mapping, extract, released=folder.released(path))
        except RowsFell as fall:
            return await self._hold(mapping, extract, fall)
        self._refuse_rows(mapping.source, "bad-row", extract.bad)
        tally = await self._send(mapping, extract)
        await asyncio.to_thread(self._memory.taken, mapping.feed, extract.version, extract.count)
        await self._answer_questions(mapping, extract)
        return _done(mapping, extract, tally)

    async def _check_fall(self, mapping: Mapping, extract: Extract, *, released: bool) -> None:
        before = await asyncio.to_thread(self._memory.rows_before, mapping.feed, extract.version)
        if extract.count == 0 and before is None:
            raise FileRefused("no-rows", "the file has a header and no rows")
        least = (before or 0) * (100 - mapping.rows_fall_percent)
        if before and 100 * extract.count < least and not released:
            raise RowsFell(extract.count, before)

    async def _hold(self, mapping: Mapping, extract: Extract, fall: RowsFell) -> Report:
        held = Held(extract.version, fall.rows, fall.before, today(self._clock))
        await self._publish([question(mapping, held, None, self._clock.now(), self._settings.key)])
        await asyncio.to_thread(self._memory.hold, mapping.feed, held)
        self._refuse_rows(mapping.source, "rows-fell", extract.count)
        return Report("held", "rows-fell", str(fall), mapping.feed, mapping.source, extract.instant, extract.count)

    async def _answer_questions(self, mapping: Mapping, extract: Extract) -> None:
        """A question is gone once its extract was released, or a later one is here."""
        for held in await asyncio.to_thread(self._memory.held, mapping.feed, extract.version):
            now = self._clock.now()
            await self._publish([question(mapping, held, today(self._clock), now, self._settings.key)])
            await asyncio.to_thread(self._memory.let_go, mapping.feed, held.version)

    async def _send(self, mapping: Mapping, extract: Extract) -> Tally:
        tally = Tally()
        writer = Writer(mapping.source, extract.instant, self._clock.now(), self._settings.key)
        for records in _slices(by_record(extract.rows), _RECORDS_AT_ONCE):
            await self._send_records(mapping, writer, records, tally)
        return tally

    async def _send_records(
        self, mapping: Mapping, writer: Writer, records: dict[str, list[RowFacts]], tally: Tally
    ) -> None:
        """Publish what changed, then remember it: a crash in between only repeats messages (see Comparison.doubt)."""
        names = {record: keyed_digest(self._settings.key, mapping.source, record) for record in records}
        before = await asyncio.to_thread(self._memory.seen, mapping.feed, names.values())
        slots = [rule.slot for rule in mapping.rules]
        messages: list[Message] = []
        doubt: dict[str, Seen] = {}
        after: dict[str, Seen] = {}
        for record, rows in records.items():
            found = compare(rows, slots, writer.version, before.get(names[record]))
            tally.add(rows, found)
            known = sum(len(row.stated) for row in rows) - sum(change.said is not None for change in found.changes)
            self._counts.received(mapping.source, known)
            self._counts.known(mapping.source, known)
            messages += [writer.message(change) for change in found.changes]
            doubt |= {names[record]: found.doubt} if found.doubt else {}
            after |= {names[record]: found.after} if found.after else {}
        await asyncio.to_thread(self._memory.remember, mapping.feed, doubt)
        await self._publish_facts(mapping.source, messages)
        tally.sent += len(messages)
        await asyncio.to_thread(self._memory.remember, mapping.feed, after)

    async def _publish_facts(self, source: str, messages: list[Message]) -> None:
        self._counts.received(source, len(messages))
        try:
            await self._publish(messages)
        except NotAcknowledged:
            self._counts.refused(source, "not-acknowledged", len(messages))
            raise
        self._counts.accepted(source, len(messages))

    def _refuse_rows(self, source: str, reason: str, number: int) -> None:
        if number:
            self._counts.received(source, number)
            self._counts.refused(source, reason, number)

    async def _publish(self, messages: list[Message]) -> None:
        if messages:
            await self._publisher.publish(COUNCIL_EVENTS.name, messages)

    def _refused(self, mapping: Mapping | None, error: FileRefused) -> Report:
        source = mapping.source if mapping else None
        self._counts.received(source or UNKNOWN_SOURCE)
        self._counts.refused(source or UNKNOWN_SOURCE, error.code)
        feed = mapping.feed if mapping else None
        return Report("rejected", error.code, str(error), feed, source, problems=error.problems)

    def _wait(self) -> float:
        """Seconds until the next poll, from what went wrong in this one."""
        reasons = {_reason(error) for error in self._errors}
        for reason in _TROUBLE:
            if reason in reasons:
                self._outages.begins(reason, _TROUBLE[reason])
            else:
                self._outages.ends(reason)
        self._trouble = "; ".join(words for reason, words in _TROUBLE.items() if reason in reasons) or None
        if not reasons:
            self._failures = 0
            return self._settings.files_poll
        self._failures += 1
        wait = min(LONGEST_WAIT, self._settings.files_poll * 2.0**self._failures)
        for reason in reasons:
            metrics.RETRIES.labels(reason).inc()
        return wait


def _reason(error: Exception) -> str:
    if isinstance(error, NotAcknowledged):
        return "not-acknowledged"
    return "database" if isinstance(error, SQLAlchemyError) else "folder"


def _done(mapping: Mapping, extract: Extract, tally: Tally) -> Report:
    for outcome, number in {**tally.rows, "bad": extract.bad}.items():
        metrics.ROWS.labels(mapping.feed, outcome).inc(number)
    return Report(
        place="done",
        code="taken-in-part" if extract.bad or tally.clashes else "taken",
        message=f"{extract.count - extract.bad - len(tally.clashes)} of {extract.count} rows were taken",
        feed=mapping.feed,
        source=mapping.source,
        extract=extract.instant,
        rows=extract.count,
        bad=extract.bad,
        older=tally.rows["older"],
        unchanged=tally.rows["unchanged"],
        sent=tally.sent,
        problems=(*extract.problems, *tally.clashes),
    )


def _slices(records: dict[str, list[RowFacts]], size: int) -> Iterator[dict[str, list[RowFacts]]]:
    items = iter(records.items())
    while some := dict(islice(items, size)):
        yield some


def _text(report: Report) -> str | None:
    return report.extract.isoformat() if report.extract else None
