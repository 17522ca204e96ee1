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


DESK = "desk"
"""Identity's desk, which the API asks who a child is."""

PARTS: tuple[Part, ...] = (
    _stage("intake", 9101),
    _stage("identity", 9102),
    _stage("casework", 9103),
    _stage("projection", 9104),
    _stage("audit", 9113),
    Part("ticker", ("-m", "hub.cli", "ticker"), 0, 9105),
    Part("webhook", ("-m", "connectors.council.webhook"), 8080, 9106),
    Part("files", ("-m", "connectors.council.files"), 0, 9107),
    Part("bars", ("-m", "connectors.nhs.bars"), 8081, 9108),
    Part("api", ("-m", "hub.api"), 8082, 9109),
    Part("exporter", ("-m", "hub.api.exporter"), 0, 9110),
    Part(DESK, ("-m", "hub.api.desk"), 8083, 9111),
)

OPTIONAL: Mapping[str, Part] = {"SENDHUB_PDS_URL": Part("pds", ("-m", "connectors.nhs.pds"), 0, 9112)}
"""Processes that run only where the setting that they can't do without is there."""

PickPort = Callable[[int], int]
"""The port to use for a preferred one."""


def configured(env: Mapping[str, str]) -> tuple[Part, ...]:
    """The processes of a deployment with these settings."""
    return (*PARTS, *(part for setting, part in OPTIONAL.items() if env.get(setting)))


def programs(
    logs: Path,
    env: Mapping[str, str],
    pick: PickPort,
    only: frozenset[str] | None = None,
    kinds: tuple[Part, ...] = PARTS,
) -> tuple[list[Program], dict[str, dict[str, int]]]:
    """The programs to run, and the ports of each: `{"webhook": {"port": 8080, "metrics": 9106}, …}`."""
    logs.mkdir(parents=True, exist_ok=True)
    parts = [part for part in kinds if only is None or part.name in only]
    ports: dict[str, dict[str, int]] = {}
    for part in parts:
        ports[part.name] = {"metrics": pick(part.metrics_port)}
        if part.port:
            ports[part.name]["port"] = pick(part.port)
    desk = {"SENDHUB_IDENTITY_URL": f"http://127.0.0.1:{ports[DESK]['port']}"} if DESK in ports else {}
    made = [
        Program(part.name, (sys.executable, *part.arguments), {**desk, **env, **_ports(ports[part.name])}, log)
        for part in parts
        for log in [logs / f"{part.name}.log"]
    ]
    return made, ports


def _ports(own: Mapping[str, int]) -> dict[str, str]:
    return {{"metrics": "SENDHUB_METRICS_PORT", "port": "SENDHUB_PORT"}[kind]: str(port) for kind, port in own.items()}
