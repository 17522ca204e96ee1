"""The small server that shows a process's metrics with /live and /ready; `hub.platform.instruments` makes them."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from hub.platform.health import Health


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
