"""The metrics every process shares, and the small server that shows them with /live and /ready.

Base units, one prefix, no label that grows with children.
"""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, Gauge, Histogram, generate_latest

from hub.platform.health import Health

STAGE_IN = Counter("sendhub_stage_messages_in", "Records read by a stage.", ["stage", "source"])
STAGE_OUT = Counter("sendhub_stage_messages_out", "Records a stage committed.", ["stage", "topic"])
STAGE_FAILED = Counter("sendhub_stage_failures", "Attempts that failed.", ["stage", "error"])
STAGE_DEAD = Counter("sendhub_stage_dead_letters", "Records given up as dead letters.", ["stage", "source"])
STAGE_OUTCOME = Counter(
    "sendhub_stage_outcomes",
    "Messages that leave no record of their own: repeat or out-of-scope.",
    ["outcome", "source"],
)
STAGE_BATCH = Histogram(
    "sendhub_stage_batch_seconds",
    "Time from reading a batch to its commit.",
    ["stage"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
STAGE_LAG = Gauge("sendhub_stage_lag_records", "Records not yet committed.", ["stage", "topic", "partition"])
STAGE_WAITING = Gauge(
    "sendhub_stage_waiting", "1 while a partition waits for what is away.", ["stage", "topic", "partition"]
)
STAGE_LAST_COMMIT = Gauge("sendhub_stage_last_commit_timestamp_seconds", "Time of the last commit.", ["stage"])

CONNECTOR_RECEIVED = Counter("sendhub_connector_messages_received", "Messages offered.", ["connector", "source"])
CONNECTOR_ACCEPTED = Counter(
    "sendhub_connector_messages_accepted", "Messages the broker acked.", ["connector", "source"]
)
CONNECTOR_REFUSED = Counter(
    "sendhub_connector_messages_refused", "Messages refused, by reason.", ["connector", "source", "reason"]
)
CONNECTOR_LAST = Gauge(
    "sendhub_source_last_event_timestamp_seconds", "Time of the last event accepted from a source.", ["source"]
)

RECEIPT_TO_RECORD = Histogram(
    "sendhub_receipt_to_record_seconds",
    "Time from receipt by the connector to the reconciled record in the read model.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600),
)


def serve(health: Health, host: str, port: int) -> int:
    """Serve /metrics, /live and /ready from a thread of its own; returns the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(200, CONTENT_TYPE_LATEST, generate_latest(REGISTRY))
            elif self.path == "/live":
                live = health.live()
                self._answer(200 if live else 503, "application/json", json.dumps({"live": live}).encode())
            elif self.path == "/ready":
                problems = health.problems()
                body = json.dumps({"ready": not problems, "problems": problems}).encode()
                self._answer(503 if problems else 200, "application/json", body)
            else:
                self._answer(404, "text/plain", b"only /metrics, /live and /ready are here\n")

        def _answer(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True, name="metrics").start()
    return int(server.server_address[1])
