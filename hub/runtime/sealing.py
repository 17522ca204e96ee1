"""The boundary at which records are opened and outputs sealed: neither stages nor the core ever see a sealed value.

`schemas/topics.py` says whose values are sealed by day. The ticker's records (`day.reached` and others) are about
nobody and stay plain, so that the ticker needs no key.
"""

from collections.abc import Sequence
from dataclasses import replace

from hub.platform.keyring import KeyRing
from hub.platform.keys import KeyFault, KeyUnknown, RingUnfit
from hub.platform.seal import DailySeal, about_record, is_sealed
from hub.stages.errors import PermanentError, Unavailable
from hub.stages.stage import Headers, Output, Record
from schemas.kinds import CONTROL_KINDS
from schemas.topics import SEALED_BY_DAY


class Boundary:
    """Opens what a process reads and seals what it writes."""

    def __init__(self, ring: KeyRing) -> None:
        self._seal = DailySeal(ring)

    def opened(self, records: Sequence[Record]) -> Sequence[Record]:
        """The records of one topic with their values in the clear; raises as `open` does."""
        if not records or records[0].topic not in SEALED_BY_DAY:
            return records
        return [self.open(record) for record in records]

    def open(self, record: Record) -> Record:
        """A record in the clear.

        Raises Unavailable while the ring lacks the key (no record is to blame: it may come with a newer ring),
        PermanentError where the key was destroyed, or the value is not as it was sealed.
        """
        value = record.value
        if value is None or record.topic not in SEALED_BY_DAY or _is_control(record.headers, value):
            return record
        try:
            return replace(record, value=self._seal.open(value, about_record(record.topic, record.headers)))
        except (KeyUnknown, RingUnfit) as error:
            raise Unavailable(f"{record.topic} can't be read: {error}") from None
        except KeyFault as error:
            raise PermanentError(f"the value can't be opened: {error}", step="read") from None

    def open_if_possible(self, record: Record) -> tuple[Record, bool]:
        """A record for its dead letter, and whether it could be opened; raises Unavailable."""
        try:
            return self.open(record), True
        except PermanentError:
            return record, False

    def seal(self, output: Output) -> Output:
        """An output as it may stand on its topic; raises Unavailable while there is no key."""
        if output.value is None or output.topic not in SEALED_BY_DAY:
            return output
        return replace(output, value=self.seal_value(output.topic, output.value, output.headers))

    def seal_value(self, topic: str, value: bytes, headers: Headers) -> bytes:
        """A value for a topic whose values are sealed; raises Unavailable while there is no key."""
        try:
            return self._seal.seal(value, about_record(topic, headers))
        except (KeyUnknown, RingUnfit) as error:
            raise Unavailable(f"{topic} can't be written: {error}") from None


def _is_control(headers: Headers, value: bytes) -> bool:
    kind = next((found for name, found in headers if name == "kind"), b"")
    return kind is not None and kind.decode("utf-8", "replace") in CONTROL_KINDS and not is_sealed(value)
