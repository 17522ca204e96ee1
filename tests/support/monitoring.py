"""A real Prometheus and a real Alertmanager beside a hub: own folders, free loopback ports, ended by their own process
ids. They use the rules and routes of deploy/, with minutes made seconds.
"""

import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import orjson
import yaml

from hub.embedded.ports import LOOPBACK, free_port
from tests.support.missing import missing
from tests.support.processes import PROJECT

PROMETHEUS = PROJECT / "deploy" / "prometheus"
ALERTMANAGER = PROJECT / "deploy" / "alertmanager"
THRESHOLDS = {"> 120": "> 8", "> 900": "> 60", "for: 2m\n": "for: 5m\n", "keep_firing_for: 5m": "keep_firing_for: 12m"}
"""Ages of heartbeats, which come each second there; and some seconds more, for a machine that is busy."""


def tool(name: str) -> str:
    """The path of a program of Prometheus; where it is not installed the test goes the way of `missing`."""
    found = shutil.which(name)
    if found is None:
        missing(f"{name} is not installed (Debian: apt-get install prometheus prometheus-alertmanager)")
    return found


def quick(rules: str) -> str:
    """Rules with minutes made seconds, hours minutes, and the thresholds of heartbeats with them."""
    for long, short in THRESHOLDS.items():
        rules = rules.replace(long, short)
    units = {"m": ("s", 1), "h": ("m", 1), "d": ("m", 24)}
    pattern = re.compile(r"(?<=[\[ ])(\d+)([mhd])(?=[\]\s)])")
    return pattern.sub(lambda match: f"{int(match[1]) * units[match[2]][1]}{units[match[2]][0]}", rules)


@dataclass
class Told:
    """What Alertmanager told whom: (receiver, status, labels), in order."""

    said: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def now(self, status: str) -> list[dict[str, str]]:
        """The labels of the alerts that were last told so, the watchdog apart."""
        last: dict[str, tuple[str, dict[str, str]]] = {}
        for _, found, labels in self.said:
            last[str(sorted(labels.items()))] = (found, labels)
        return [labels for found, labels in last.values() if found == status and labels["severity"] != "none"]


def checked(text: str) -> None:
    """What a process serves is as Prometheus wants it; raises AssertionError with what it says."""
    command = [tool("promtool"), "check", "metrics"]
    answer = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


@dataclass(frozen=True)
class Monitoring:
    """Where Prometheus is, and what Alertmanager told."""

    url: str
    told: Told

    def alerts(self) -> list[dict[str, Any]]:
        """What Prometheus says is pending or fires, with its words."""
        answer = httpx.get(f"{self.url}/api/v1/alerts", timeout=10, trust_env=False).json()
        found: list[dict[str, Any]] = answer["data"]["alerts"]
        return found

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The answer to an instant query; raises AssertionError with what Prometheus says when it refuses."""
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": expression}, timeout=10, trust_env=False).json()
        assert answer["status"] == "success", f"{expression}: {answer.get('error')}"
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found


@contextmanager
def watching(folder: Path, processes: Mapping[str, str]) -> Iterator[Monitoring]:
    """Both, watching these processes: name to host:port of their metrics."""
    told = Told()
    with _receiver(told) as receiver, _alertmanager(folder / "alertmanager", receiver) as alertmanager:
        made = folder / "prometheus"
        (made / "rules").mkdir(parents=True)
        for rules in (PROMETHEUS / "rules").glob("*.yml"):
            (made / "rules" / rules.name).write_text(quick(rules.read_text()))
        config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
        config["global"] |= {"scrape_interval": "2s", "evaluation_interval": "1s"}
        config["alerting"]["alertmanagers"][0]["static_configs"] = [{"targets": [alertmanager]}]
        (job,) = config["scrape_configs"]
        job["scrape_timeout"] = "2s"
        job["static_configs"] = [{"targets": [place], "labels": {"process": name}} for name, place in processes.items()]
        del job["relabel_configs"], job["dns_sd_configs"]
        (made / "prometheus.yml").write_text(yaml.safe_dump(config))
        port = free_port()
        command = [
            tool("prometheus"),
            f"--config.file={made / 'prometheus.yml'}",
            f"--storage.tsdb.path={made / 'data'}",
            f"--web.listen-address={LOOPBACK}:{port}",
        ]
        with _running(command, made / "log", f"http://{LOOPBACK}:{port}/-/ready"):
            yield Monitoring(f"http://{LOOPBACK}:{port}", told)


@contextmanager
def _alertmanager(folder: Path, receiver: str) -> Iterator[str]:
    folder.mkdir(parents=True)
    config = yaml.safe_load((ALERTMANAGER / "alertmanager.yml").read_text())
    config["templates"] = [str(ALERTMANAGER / "templates" / "*.tmpl")]
    config["global"] = {"resolve_timeout": "5s"}
    for route in (config["route"], *config["route"]["routes"]):
        route |= {"group_wait": "1s", "group_interval": "1s", "repeat_interval": "1h"}
    config["receivers"] = [
        {"name": each["name"], "webhook_configs": [{"url": f"{receiver}/{each['name']}", "send_resolved": True}]}
        for each in config["receivers"]
    ]
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(config))
    place = f"{LOOPBACK}:{free_port()}"
    command = [
        tool("prometheus-alertmanager"),
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address={place}",
        "--cluster.listen-address=",
    ]
    with _running(command, folder / "log", f"http://{place}/-/ready"):
        yield place


@contextmanager
def _receiver(told: Told) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
            for alert in body["alerts"]:
                told.said.append((self.path.strip("/"), alert["status"], alert["labels"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{LOOPBACK}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _running(command: list[str], log: Path, ready: str) -> Iterator[None]:
    with log.open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        _until_ready(process, log, ready)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until_ready(process: "subprocess.Popen[bytes]", log: Path, url: str) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            if httpx.get(url, timeout=1, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"not ready: {log.read_text()}")
