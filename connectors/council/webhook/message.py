"""From a valid event to what is claimed in the ledger and what is published."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from connectors.council.webhook.event import Event, ValidEvent
from connectors.sdk.ledger import Entry, entry
from connectors.sdk.publisher import Message
from schemas.envelope import Envelope
from schemas.ids import keyed_digest

EVENT_TYPE = "sendhub.council.event"


@dataclass(frozen=True, slots=True)
class Offer:
    """One event as offered: its place in the request, its ledger entry and its message."""

    index: int
    entry: Entry
    message: Message


def offer(index: int, valid: ValidEvent, source: str, received_at: datetime, key: bytes) -> Offer:
    """The entry and message of an event. Its id covers key and content, so a repeat has the same id.

    The idempotency key is (source, record, kind, occurrence, version); content is compared field by field after
    reading, so white space, the order of fields and defaults written out make no difference.
    """
    event = valid.event
    ledger_key = keyed_digest(key, "event", source, event.record, event.kind, event.occurrence, event.version)
    its_entry = entry(key, ledger_key, dict(_flat(_content(event))))
    envelope = Envelope(
        id=keyed_digest(key, "message", ledger_key, its_entry.content),
        source=source,
        type=EVENT_TYPE,
        time=received_at,
    )
    record_key = keyed_digest(key, source, event.record).encode()
    return Offer(index, its_entry, Message(record_key, valid.value, envelope))


def _content(event: Event) -> dict[str, Any]:
    return event.model_dump(mode="json", exclude_none=True)


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Each leaf by its dotted path, as JSON text."""
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = {str(index): each for index, each in enumerate(value)}.items()
    else:
        yield path, orjson.dumps(value).decode()
        return
    for name, each in items:
        yield from _flat(each, f"{path}.{name}" if path else name)
