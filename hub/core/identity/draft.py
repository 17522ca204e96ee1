"""Keyed values as they would be: kept as a whole, or not at all."""

from collections.abc import Iterator

from hub.core.identity.store import KeyValues


class Draft:
    """Changes on top of other values. `changed` is what was put, None for what was removed."""

    def __init__(self, values: KeyValues) -> None:
        self._values = values
        self.changed: dict[str, bytes | None] = {}

    def get(self, key: str) -> bytes | None:
        """The value of a key, the draft's own first."""
        return self.changed[key] if key in self.changed else self._values.get(key)

    def put(self, key: str, value: bytes | None) -> None:
        """Set a key in the draft; None removes it."""
        self.changed[key] = value

    def items(self) -> Iterator[tuple[str, bytes]]:
        """All keys and values, as far as those below tell them, with the draft's own."""
        yield from ((key, value) for key, value in self._values.items() if key not in self.changed)
        yield from ((key, value) for key, value in self.changed.items() if value is not None)

    def before(self, key: str) -> bytes | None:
        """The value of a key without the draft."""
        return self._values.get(key)

    def keep(self) -> None:
        """Make the draft the values."""
        for key, value in self.changed.items():
            self._values.put(key, value)
