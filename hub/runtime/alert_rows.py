"""A deployment's own rows about alerts, in a TOML file: who is told, and how early. docs/alerts.md shows it."""

import tomllib
from pathlib import Path

from pydantic import Field, ValidationError

from hub.core.alerts.rules import RULES, AlertRules, unknown_in
from hub.core.clocks import rules as clocks
from hub.platform.settings import Settings
from schemas.alerts import AlertRows
from schemas.kinds import validation_errors


class AlertSettings(Settings):
    """What casework and the digests are told beside the others."""

    alerts_file: Path | None = Field(None, description="Rows about alerts of one's own: who is told, and how early.")


def alert_rules(file: Path | None) -> AlertRules:
    """The rows that are shipped, and those of the file where one is named.

    Raises OSError when the file cannot be read, ValueError that names each row that is wrong.
    """
    if file is None:
        return RULES
    try:
        value = tomllib.loads(file.read_text("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise ValueError(f"{file} is not a TOML file in UTF-8") from None
    try:
        rows = AlertRows.model_validate(value)
    except ValidationError as error:
        wrong = [f"{_row(field, value)}: {message}" for field, message in validation_errors(error)]
        raise ValueError(f"{file}: {'; '.join(wrong)}") from None
    wrong = unknown_in(rows, (rule.clock for rule in clocks.RULES))
    if wrong:
        raise ValueError(f"{file}: {'; '.join(wrong)}")
    return RULES.with_own(rows)


def _row(field: str, value: dict[str, object]) -> str:
    """`told.1.clocks` as the row that a person sees: by its name where it has one, else by its number in the file."""
    kind, _, rest = field.partition(".")
    number, _, column = rest.partition(".")
    rows = value.get(kind)
    if not number.isdigit() or not isinstance(rows, list):
        return field
    row = rows[int(number)]
    name = row.get("name") if isinstance(row, dict) else None
    said = repr(name) if isinstance(name, str) else str(int(number) + 1)
    return f"{kind} row {said}" + (f", {column}" if column else "")
