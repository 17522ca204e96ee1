"""Dead letters as text for a terminal, which must not obey what somebody sent."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from schemas.deadletters import DeadLetter, Resolution, Status, TrackedLetter


def print_letters(console: Console, letters: Sequence[tuple[DeadLetter, Status]]) -> None:
    """Two lines each, which also fit a narrow terminal: the id, which the other commands take, and why."""
    for letter, status in letters:
        first = f"{letter.id}  {time(letter.at)}  {letter.stage}, {letter.step}: {status}"
        console.print(plain(first), style="bold", soft_wrap=True)
        console.print(
            plain(f"    {letter.source or letter.source_topic}  {letter.error}: {letter.message}"), soft_wrap=True
        )


def details(letter: TrackedLetter, replay_of: str | None, came_back: bool) -> Table:
    """All that is known of one."""
    table = Table("field", "value", title=plain(f"Dead letter {letter.id}"), show_header=False)
    where = f"{letter.source_topic}, partition {letter.partition}, offset {letter.offset}"
    fields = {
        "given up at": time(letter.at),
        "by stage": letter.stage,
        "in step": letter.step,
        "after attempts": str(letter.attempts),
        "error": letter.error,
        "message": letter.message,
        "source": letter.source or "not named by its headers",
        "record": where,
    }
    if replay_of is not None:
        fields["is the replay of"] = replay_of
    fields["status"] = letter.status
    if letter.resolution is not None:
        fields |= _resolution(letter.resolution, came_back)
    for name, value in fields.items():
        table.add_row(name, plain(value))
    return table


def _resolution(resolution: Resolution, came_back: bool) -> dict[str, str]:
    fields = {"since": time(resolution.at), "by": resolution.by, "reason": resolution.reason}
    if resolution.offset is not None:
        fields["put back at"] = f"offset {resolution.offset}"
    if came_back and resolution.returns_as is not None:
        fields["came back as"] = resolution.returns_as
    return fields


def escaped(data: bytes | None) -> str:
    """Bytes as text without control characters."""
    if data is None:
        return "(none)"
    return "".join(
        char if char.isprintable() else repr(char)[1:-1] for char in data.decode("utf-8", "backslashreplace")
    )


def plain(text: str) -> Text:
    """Text that is shown as it is, without mark-up and control characters."""
    return Text("".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text))


def time(at: datetime) -> str:
    """An instant in UTC, to the second."""
    return f"{at:%Y-%m-%d %H:%M:%S}Z"
