"""When something that the hub rests on ends: data that somebody has to renew, keys, certificates."""

from collections.abc import Callable
from datetime import UTC, date, datetime

from hub.platform.instruments import gauge

EXPIRES = gauge(
    "expires_timestamp_seconds",
    "When something has to have been renewed: bank-holidays, timetable, wrapping-key, bars-certificate; 0 where it "
    "can't be read.",
    ["what"],
    unit="seconds",
    reader="operations",
    process="ticker",
)


def watch(what: str, ends: Callable[[], date | None]) -> None:
    """Tell at each scrape when something ends: by the end of that day; never where it has no end."""

    def told() -> float:
        try:
            day = ends()
        except Exception:
            return 0.0
        return float("inf") if day is None else _instant(day)

    EXPIRES.labels(what).set_function(told)


def _instant(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
