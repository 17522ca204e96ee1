"""Casework's policy as a deployment sets it: sources, alert rows, the forecast, what every assessment needs.

The stage and what rebuilds its state must be told the same: all of them ask here.
"""

from pathlib import Path

import orjson
from pydantic import Field

from hub.core.casework.policy import EXEMPT_REVIEW_DAYS, REQUIRED_HEADINGS, Policy
from hub.core.forecast.likely_late import LikelyLate
from hub.core.forecast.model import ForecastModel, NotAModel, from_json
from hub.core.forecast.outlook import Outlook
from hub.platform.settings import Settings
from hub.runtime.alert_rows import AlertSettings, alert_rules

DEFAULT = LikelyLate()


class CaseworkSettings(AlertSettings):
    """What casework is told beside the others. Changed settings are read at a restart and followed for each child with
    its next fact, or on the next day reached. What was said of days before stays as it was, until a fact of the past
    makes them be worked out again."""

    forecast_folder: Path | None = Field(
        None, description="Folder of fitted forecast models (*.json); without it nothing is ever likely late."
    )
    likely_late_below: float = Field(
        DEFAULT.below, description="Likely late: the chance of being in time is below this."
    )
    likely_late_working_days: int = Field(
        DEFAULT.working_days, description="Likely late is only said with so many working days left to act."
    )
    likely_late_history: int = Field(
        DEFAULT.history_least, description="Likely late is only said of services with so many requests in the history."
    )
    required_headings: frozenset[str] = Field(
        REQUIRED_HEADINGS, description="The kinds of advice that every assessment needs, as a JSON list."
    )
    exempt_review_days: int = Field(
        EXEMPT_REVIEW_DAYS, ge=1, description="After how many days an exempt deadline is to be looked at again."
    )


def policy_of(settings: Settings) -> Policy:
    """The policy; raises OSError when a file cannot be read, ValueError that names what is wrong in it."""
    own = settings if isinstance(settings, CaseworkSettings) else CaseworkSettings(**dict(settings))
    return Policy(
        own.sources,
        alerts=alert_rules(own.alerts_file),
        forecast=_outlook(own),
        required_headings=own.required_headings,
        exempt_review_days=own.exempt_review_days,
    )


def _outlook(settings: CaseworkSettings) -> Outlook | None:
    folder = settings.forecast_folder
    if folder is None:
        return None
    if not folder.is_dir():
        raise ValueError(
            f"SENDHUB_FORECAST_FOLDER names {folder}, which is no folder: `sendhub forecast fit` writes models"
        )
    models = tuple(_model(file) for file in sorted(folder.glob("*.json")))
    limits = LikelyLate(settings.likely_late_below, settings.likely_late_working_days, settings.likely_late_history)
    return Outlook(models, limits)


def _model(file: Path) -> ForecastModel:
    try:
        return from_json(orjson.loads(file.read_bytes()))
    except (orjson.JSONDecodeError, NotAModel) as error:
        said = str(error) if isinstance(error, NotAModel) else "it is not JSON"
        raise ValueError(f"{file} is no forecast model: {said}") from None
