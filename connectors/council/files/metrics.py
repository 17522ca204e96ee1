"""What the file connector counts besides what every connector does. Labels are feeds and a few fixed words."""

from hub.platform.instruments import counter, gauge

FILES = counter(
    "files",
    "Files put away, by outcome and reason.",
    ["feed", "outcome", "code"],
    unit="files",
    reader="integration engineers",
    process="files",
)
ROWS = counter(
    "files_rows",
    "Rows read, by what became of them.",
    ["feed", "outcome"],
    unit="rows",
    reader="data quality",
    process="files",
)
WAITING = gauge(
    "files_waiting",
    "Files in the watched folders that are not put away yet.",
    unit="files",
    reader="integration engineers",
    process="files",
)
RETRIES = counter(
    "files_retries",
    "Polls that ended early, by reason.",
    ["reason"],
    unit="polls",
    reader="integration engineers",
    process="files",
)
