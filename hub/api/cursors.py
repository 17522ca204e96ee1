"""Cursors: where the next page begins, sealed so that one of another listing, or a made-up one, is refused."""

import base64
import binascii
from collections.abc import Mapping
from datetime import date

import orjson

from hub.api.problems import BadCursor
from hub.store.reader import Listing, Place, Value
from schemas.ids import keyed_digest


class Cursors:
    """Writes and reads cursors.

    `key` is known to this deployment's API processes alike; a cursor is bound to its listing and filters.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def write(self, listing: Listing, filters: Mapping[str, Value], place: Place) -> str:
        """The cursor that goes on after a place."""
        payload = orjson.dumps([value.isoformat() if isinstance(value, date) else value for value in place])
        seal = self._seal(listing, filters, payload)
        return f"{base64.urlsafe_b64encode(payload).decode()}.{seal}"

    def read(self, listing: Listing, filters: Mapping[str, Value], cursor: str) -> Place:
        """The place in a cursor; raises BadCursor."""
        encoded, _, seal = cursor.partition(".")
        try:
            payload = base64.b64decode(encoded, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise BadCursor from None
        if seal != self._seal(listing, filters, payload):
            raise BadCursor
        types = [column.type.python_type for column in listing.columns]
        return tuple(_value(kind, value) for kind, value in zip(types, orjson.loads(payload), strict=True))

    def _seal(self, listing: Listing, filters: Mapping[str, Value], payload: bytes) -> str:
        asked = sorted((name, str(value)) for name, value in filters.items())
        return keyed_digest(self._key, "cursor", listing.table.name, asked, payload)


def _value(kind: type, value: str | int) -> Value:
    return date.fromisoformat(str(value)) if kind is date else value
