"""What the file connector counts besides what every connector does. Labels are feeds and a few fixed words."""

from prometheus_client import Counter, Gauge

FILES = Counter("sendhub_files", "Files put away, by outcome and reason.", ["feed", "outcome", "code"])
ROWS = Counter("sendhub_files_rows", "Rows read, by what became of them.", ["feed", "outcome"])
WAITING = Gauge("sendhub_files_waiting", "Files in the watched folders that are not put away yet.")
RETRIES = Counter("sendhub_files_retries", "Polls that ended early, by reason.", ["reason"])
