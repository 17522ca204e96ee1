"""The processes of one machine: connectors, stages, ticker, API and exporter, each with its ports."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from hub.runtime.supervisor import Program


class Part(NamedTuple):
    """One kind of process: its arguments to Python, and the port it prefers for its own protocol (0: it has none)."""

    name: str
    arguments: tuple[str, ...]
    port: int
    metrics_port: int


def _stage(name: str, metrics_port: int) -> Part:
    return Part(name, ("-m", "hub.cli", "stage", name), 0, metrics_port)


PARTS: tuple[Part, ...] = (
    _stage("intake", 9101),
    _stage("identity", 9102),
    _stage("casework", 9103),
    _stage("projection", 9104),
    Part("ticker", ("-m", "hub.cli", "ticker"), 0, 9105),
    Part("webhook", ("-m", "connectors.council.webhook"), 8080, 9106),
    Part("files", ("-m", "connectors.council.files"), 0, 9107),
    Part("bars", ("-m", "connectors.nhs.bars"), 8081, 9108),
    Part("api", ("-m", "hub.api"), 8082, 9109),
    Part("exporter", ("-m", "hub.api.exporter"), 0, 9110),
)

PickPort = Callable[[int], int]
"""The port to use for a preferred one."""


def programs(
    logs: Path, env: Mapping[str, str], pick: PickPort, only: frozenset[str] | None = None
) -> tuple[list[Program], dict[str, dict[str, int]]]:
    """The programs to run, and the ports of each: `{"webhook": {"port": 8080, "metrics": 9106}, …}`."""
    logs.mkdir(parents=True, exist_ok=True)
    made: list[Program] = []
    ports: dict[str, dict[str, int]] = {}
    for part in PARTS:
        if only is not None and part.name not in only:
            continue
        ports[part.name] = {"metrics": pick(part.metrics_port)}
        own = {"SENDHUB_METRICS_PORT": str(ports[part.name]["metrics"])}
        if part.port:
            ports[part.name]["port"] = pick(part.port)
            own["SENDHUB_PORT"] = str(ports[part.name]["port"])
        command = (sys.executable, *part.arguments)
        made.append(Program(part.name, command, {**env, **own}, logs / f"{part.name}.log"))
    return made, ports
