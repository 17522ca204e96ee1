"""What the hub's worker and a stock Faust worker both do with an event, so that their results can be compared.

An event counts for its key, and its output says the how many-th it was: a loss, a repeat or a wrong state each show.
"""

from pathlib import Path
from typing import Any, NamedTuple

import orjson


class Refused(Exception):
    """The event asks to fail."""


class Counted(NamedTuple):
    """What comes of an event."""

    state: bytes
    output: bytes


def count(value: bytes, before: bytes | None) -> Counted:
    """Count one event. It may ask to fail (`bad`), for a larger output (`pad`) or for a larger state (`grow`)."""
    event: dict[str, Any] = orjson.loads(value)
    if event.get("bad"):
        raise Refused
    number = (orjson.loads(before)["n"] if before else 0) + 1
    state = {"n": number, "last": event["id"], "pad": "x" * event.get("grow", 0)}
    output = {"id": event["id"], "n": number, "pad": "x" * event.get("pad", 0)}
    return Counted(orjson.dumps(state), orjson.dumps(output))


def waits(value: bytes) -> bool:
    """Whether the event can't be handled before the gate opens."""
    return b'"wait"' in value


class Gate:
    """Where a test and a worker's process wait for one another: files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def is_open(self) -> bool:
        return (self._folder / "open").exists()

    def open(self) -> None:
        (self._folder / "open").touch()

    def close(self) -> None:
        (self._folder / "open").unlink()

    def note(self, name: str, what: object) -> None:
        """Say what happened, one line in the file of that name."""
        with (self._folder / name).open("a") as out:
            print(what, file=out, flush=True)

    def notes(self, name: str) -> list[str]:
        """What was said under that name so far."""
        file = self._folder / name
        return file.read_text().splitlines() if file.exists() else []
