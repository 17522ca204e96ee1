"""What an extract changes: the pure comparison of rows with what their records last said, and the events of it.

Only changed facts go out. Per record we remember the extract that last spoke of it and a digest of each thing it said;
`compare` is a function of those alone, so any order of files ends with what the newest extract of each record said.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import orjson

from connectors.council.files.rows import RowFacts, Said
from connectors.sdk.publisher import Message
from schemas.envelope import Envelope
from schemas.ids import digest, keyed_digest
from schemas.instants import microseconds

CE_TYPE = "sendhub.council.row"
DOUBT = "?"
"""In place of a digest: something was sent and its ack never noted. Equal to nothing that a row says."""
Outcome = Literal["changed", "unchanged", "older", "clash"]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a record last said: the version (microseconds) of the newest extract that had it, and digests by slot."""

    version: int
    says: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """One fact to send: what a row says now, or (`said` None) the retraction of what it no longer says."""

    row: RowFacts
    slot: str
    said: Said | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a record's rows come to.

    `doubt` is what to remember before the changes are sent, `after` once they are acked. In between nobody knows what
    the hub was told last, so whatever file comes next tells it again.
    """

    outcome: Outcome
    changes: tuple[Change, ...] = ()
    doubt: Seen | None = None
    after: Seen | None = None


def by_record(rows: Iterable[RowFacts]) -> dict[str, list[RowFacts]]:
    """The rows of a file by record: more than one where a source uses an id twice."""
    found: dict[str, list[RowFacts]] = {}
    for row in rows:
        found.setdefault(row.record, []).append(row)
    return found


def compare(rows: Sequence[RowFacts], slots: Iterable[str], version: int, before: Seen | None) -> Comparison:
    """Compare one record's rows in an extract with what the record said before.

    `slots` are what the mapping could state; others are left as they were. Two rows under one id both go out: which is
    right is for a person to say. An extract of the same instant that says otherwise is a clash and changes nothing.
    """
    if before is not None and version < before.version:
        return Comparison("older")
    silent = frozenset[str]().union(*(row.silent for row in rows))
    now = {slot: _digest(rows, slot) for slot in slots if any(slot in row.stated for row in rows)}
    was = dict(before.says) if before else {}
    blank = [slot for slot in slots if slot in was and slot not in now and slot not in silent]
    changed = [slot for slot in now if now[slot] != was.get(slot)]
    says = {slot: said for slot, said in was.items() if slot not in blank} | now
    if before is not None and version == before.version:
        return Comparison("clash" if changed or blank else "unchanged")
    doubt = Seen(before.version if before else 0, was | dict.fromkeys([*changed, *blank], DOUBT))
    changes = [Change(row, slot, row.stated[slot]) for slot in changed for row in _distinct(rows, slot)]
    changes += [Change(rows[0], slot, None) for slot in blank]
    if not changes:
        return Comparison("unchanged", after=Seen(version, says))
    return Comparison("changed", tuple(changes), doubt, Seen(version, says))


def _distinct(rows: Sequence[RowFacts], slot: str) -> list[RowFacts]:
    return list({row.stated[slot].content: row for row in rows if slot in row.stated}.values())


def _digest(rows: Sequence[RowFacts], slot: str) -> str:
    """A digest of all that the rows say; of one row, its own."""
    contents = sorted({row.stated[slot].content for row in rows if slot in row.stated})
    return contents[0] if len(contents) == 1 else digest(*contents)


@dataclass(frozen=True, slots=True)
class Writer:
    """Turns changes of one extract into messages. `instant` is the extract's, `received_at` the connector's."""

    source: str
    instant: datetime
    received_at: datetime
    key: bytes
    version: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "version", microseconds(self.instant))

    def event(self, change: Change) -> dict[str, Any]:
        """The council event, as the webhook takes it."""
        kind, _, occurrence = change.slot.partition("|")
        said = change.said
        return {
            "kind": kind,
            "record": change.row.record,
            "version": self.version,
            "occurrence": occurrence,
            "subject": said.subject if said else change.row.subject,
            "effective_on": said.effective_on.isoformat() if said else None,
            "recorded_at": self.instant.isoformat(),
            "retracted": said is None,
            "data": said.data if said else {},
            "person": change.row.person,
        }

    def message(self, change: Change) -> Message:
        """The raw message of one change. A repeat has the same id."""
        content = change.said.content if change.said else "retracted"
        envelope = Envelope(
            id=keyed_digest(self.key, self.source, change.row.record, change.slot, self.version, content),
            source=self.source,
            type=CE_TYPE,
            time=self.received_at,
        )
        key = keyed_digest(self.key, self.source, change.row.record)
        return Message(key.encode(), orjson.dumps(self.event(change)), envelope)
