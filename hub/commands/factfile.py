"""Facts in a file for the commands that need no broker: one JSON object a line, checked like facts on the topic."""

import re
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from pydantic import ValidationError

from hub.commands.failures import stop
from hub.core.alerts.silence import KINDS as SAYINGS
from hub.core.alerts.silence import Saying, Silences, read_saying
from hub.core.casework.evaluate import Evaluation, evaluate
from hub.core.casework.policy import Policy
from hub.core.casework.record import MERGED
from hub.core.facts.belonging import ASSIGNED, RELEASED
from hub.core.facts.fact import Fact, read_fact
from hub.core.facts.purged import PURGED, is_purged
from schemas.kinds import CONTROL_KINDS, data_errors, validation_errors
from schemas.sources import Sources
from schemas.statements import Fact as Checked

_LIKE_A_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
MOST_ERRORS = 20
"""How many lines are complained about at once."""


class BadLine(ValueError):
    """One line is no fact; says which field and what is wrong with it, never what was in it."""


def evaluations(file: Path, as_of: str, known_at: str | None, sources: Path | None) -> list[Evaluation]:
    """Every child of the file on a day, in the order of their ids, but for those that were purged; ends the command
    when anything is wrong."""
    day = read_day("--as-of", as_of)
    known = date.max if known_at == "now" else read_day("--known-at", known_at) if known_at else day
    policy = Policy(_sources(sources))
    children, silences = _read(file)
    kept = [child_id for child_id in sorted(children) if not is_purged(children[child_id])]
    return [evaluate(child_id, children[child_id], day, policy, known, silences=silences) for child_id in kept]


def read_day(option: str, text: str) -> date:
    """A day given as an option."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        stop(f"{option} must be a date like 2026-11-24")


def _sources(file: Path | None) -> Sources:
    if file is None:
        return Sources()
    try:
        return Sources.model_validate(tomllib.loads(file.read_text("utf-8")))
    except OSError as error:
        stop(f"{file} cannot be read: {error.strerror}")
    except ValidationError as error:
        field, message = validation_errors(error)[0]
        stop(f"{file} is not a sources file: {field}: {message}")
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        stop(f"{file} is not a TOML file in UTF-8")


def _read(file: Path) -> tuple[dict[str, list[Fact]], Silences]:
    """The facts by child and what is said of sources, or the end of the command with every bad line named."""
    children: dict[str, list[Fact]] = {}
    sayings: list[Saying] = []
    errors = []
    with _opened(file) as lines:
        for number, line in enumerate(lines, 1):
            try:
                _add(line, children, sayings)
            except BadLine as error:
                errors.append(f"{file} line {number}: {error}")
                if len(errors) == MOST_ERRORS:
                    break
    if errors:
        stop("\n".join(errors))
    return children, Silences(sayings)


@contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    if str(file) == "-":
        yield sys.stdin.buffer
        return
    try:
        opened = file.open("rb")
    except OSError as error:
        stop(f"{file} cannot be read: {error.strerror}")
    with opened:
        yield opened


def _add(line: bytes, children: dict[str, list[Fact]], sayings: list[Saying]) -> None:
    if not line.strip():
        return
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise BadLine("not JSON in UTF-8") from None
    if not isinstance(value, dict):
        raise BadLine("not a JSON object")
    kind = value.get("kind")
    if kind in SAYINGS:
        try:
            sayings.append(read_saying(value))
        except ValueError as error:
            raise BadLine(str(error)) from None
        return
    if kind in CONTROL_KINDS and kind not in (ASSIGNED, RELEASED, MERGED, PURGED):
        return  # days of the topic are about no child
    errors = _errors(line, value)
    if errors:
        raise BadLine("; ".join(f"{field}: {message}" for field, message in errors))
    try:
        children.setdefault(value["child_id"], []).append(read_fact(value))
    except ValueError as error:
        raise BadLine(str(error)) from None


def _errors(line: bytes, value: dict[str, object]) -> list[tuple[str, str]]:
    """What makes a line no fact. A day that the calendar does not have (2026-02-30) is no reason to refuse it: the fact
    counts for nothing, and says so in a question."""
    try:
        # A date is its text, never a number of seconds.
        fact = Checked.model_validate_json(line, strict=True)
    except ValidationError as error:
        found = validation_errors(error)
        others = [each for each in found if not _is_no_day(value.get(each[0]))]
        return others or _errors_of(str(value.get("kind")), value)
    return _errors_of(fact.kind, value)


def _errors_of(kind: str, value: dict[str, object]) -> list[tuple[str, str]]:
    if kind in (ASSIGNED, RELEASED):
        missing = [name for name in ("link", "seq") if value.get(name) is None]
        return [(name, f"{kind} needs it") for name in missing]
    if kind in (MERGED, PURGED):
        return []
    data = value.get("data")
    said: dict[str, Any] = data if isinstance(data, dict) else {}
    errors = [each for each in data_errors(kind, said) if not _is_no_day(said.get(each[0].removeprefix("data.")))]
    if value.get("retracted") and not said:
        return [error for error in errors if error[0] == "kind"]  # it need not repeat the data that it takes back
    return errors


def _is_no_day(value: object) -> bool:
    """Whether it is written like a day and is none."""
    if not isinstance(value, str) or not _LIKE_A_DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return True
    return False
