"""The envelope of a raw payload: CloudEvents 1.0, binary mode, as Kafka headers. The value is the payload, sealed."""

from datetime import datetime

from schemas.base import Model
from schemas.instants import Instant

Headers = tuple[tuple[str, bytes], ...]
"""Names and values. Kafka also knows a header without a value, None here, which nobody of ours writes."""


class Envelope(Model):
    """CloudEvents attributes of one raw message.

    `id` is the message's own id (stable for a repeat of the same message), `source` the registered feed, `type` how to
    decode the value: `sendhub.council.event`, `sendhub.council.row`, `sendhub.nhs.bars` or `sendhub.nhs.pds`.
    `time` is received_at, stamped once by the connector.
    """

    id: str
    source: str
    type: str
    time: Instant
    content_type: str = "application/json"
    correlation: str | None = None

    def headers(self) -> Headers:
        """Kafka headers in CloudEvents binary mode."""
        pairs = [
            ("ce_specversion", "1.0"),
            ("ce_id", self.id),
            ("ce_source", self.source),
            ("ce_type", self.type),
            ("ce_time", self.time.isoformat().replace("+00:00", "Z")),
            ("content-type", self.content_type),
        ]
        if self.correlation:
            pairs.append(("ce_correlationid", self.correlation))
        return tuple((name, value.encode()) for name, value in pairs)

    @classmethod
    def of(cls, headers: Headers) -> "Envelope":
        """Read an envelope from Kafka headers; raises ValueError that names what is missing."""
        found = {name: value.decode("utf-8", "replace") for name, value in headers if value is not None}
        missing = [name for name in ("ce_id", "ce_source", "ce_type", "ce_time") if name not in found]
        if missing:
            raise ValueError(f"not a CloudEvents message: no header {', '.join(missing)}")
        return cls(
            id=found["ce_id"],
            source=found["ce_source"],
            type=found["ce_type"],
            time=datetime.fromisoformat(found["ce_time"]),
            content_type=found.get("content-type", "application/octet-stream"),
            correlation=found.get("ce_correlationid"),
        )
