"""The question that a fall in rows raises, as a message, and its end."""

from datetime import UTC, date, datetime, timedelta

from connectors.council.files.mapping import Mapping
from connectors.council.files.memory import Held
from connectors.sdk.publisher import Message
from schemas.envelope import Envelope
from schemas.ids import digest, keyed_digest
from schemas.instants import EPOCH
from schemas.questions import CE_TYPE_QUESTION, RowsFell


def question(mapping: Mapping, held: Held, resolved_on: date | None, now: datetime, key: bytes) -> Message:
    """Asks (`resolved_on` None) or takes the question back. A repeat has the same id."""
    state = "resolved" if resolved_on else "open"
    asked = RowsFell(
        feed=mapping.feed,
        extract=(EPOCH + timedelta(microseconds=held.version)).astimezone(UTC),
        rows=held.rows,
        before=held.before,
        state=state,
        opened_on=held.opened_on,
        resolved_on=resolved_on,
    )
    envelope = Envelope(
        id=digest(mapping.source, mapping.feed, held.version, state),
        source=mapping.source,
        type=CE_TYPE_QUESTION,
        time=now,
    )
    return Message(keyed_digest(key, mapping.source, mapping.feed).encode(), asked.model_dump_json().encode(), envelope)
