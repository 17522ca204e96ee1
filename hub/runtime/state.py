"""One partition's state: committed values, and a batch's changes on top of them until they are committed."""

from collections.abc import Iterator, Mapping


class PartitionState:
    """Keyed bytes in memory; the changelog topic is the durable copy."""

    def __init__(self) -> None:
        self._values: dict[str, bytes] = {}

    def load(self, key: str, value: bytes | None) -> None:
        """Apply one changelog record."""
        if value is None:
            self._values.pop(key, None)
        else:
            # A copy of its own size: what a serialiser hands out may hold kilobytes more for as long as it lives.
            self._values[key] = bytes(memoryview(value))

    def items(self) -> Iterator[tuple[str, bytes]]:
        """All keys and values."""
        return iter(self._values.items())

    def begin(self) -> "Changes":
        """A batch's view."""
        return Changes(self._values)

    def get(self, key: str) -> bytes | None:
        """The value of a key, or None."""
        return self._values.get(key)

    def apply(self, changes: "Changes") -> None:
        """Make a committed batch's changes the state."""
        for key, value in changes.changed.items():
            self.load(key, value)

    def __len__(self) -> int:
        return len(self._values)


class Changes:
    """The state as one batch sees it, and what the batch changed."""

    def __init__(self, values: Mapping[str, bytes]) -> None:
        self._values = values
        self.changed: dict[str, bytes | None] = {}

    def get(self, key: str) -> bytes | None:
        """The value of a key, this batch's own change first."""
        if key in self.changed:
            return self.changed[key]
        return self._values.get(key)

    def put(self, key: str, value: bytes | None) -> None:
        """Set a key; None removes it."""
        self.changed[key] = value

    def items(self) -> Iterator[tuple[str, bytes]]:
        """All committed keys and values."""
        return iter(self._values.items())
