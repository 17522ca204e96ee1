"""Apache Kafka 4.2.0 (KRaft) on loopback, one node or a cluster, from the jars that Maven fetches by
deploy/kafka/pom.xml.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from hub.embedded.ports import LOOPBACK, free_port
from hub.embedded.probe import answers

START_SECONDS = 60.0
STOP_SECONDS = 20.0
HEAP = "512m"


class KafkaUnavailable(Exception):
    """Kafka can't be fetched or started; the message says what to do."""


@dataclass(frozen=True)
class Listeners:
    """A node's ports on loopback. `via` listens too, but tells clients to come to `proxied`: where a proxy of the
    caller's stands.
    """

    clients: int
    controller: int
    via: int = 0
    proxied: int = 0


@dataclass
class Kafka:
    """A running broker. `bootstrap` is its address; it is ended by its own process id.

    `data` is its folder, with which `restart` starts it again.
    """

    process: subprocess.Popen[bytes]
    bootstrap: str
    log: Path
    data: Path
    via: int = 0

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End it in an orderly way, within STOP_SECONDS."""
        if self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()


def fetch_jars(project: Path) -> Path:
    """The folder with Kafka's jars, fetched by Maven when it is not there; raises KafkaUnavailable."""
    jars = project / ".cache" / "kafka"
    done = jars / ".complete"
    if done.exists():
        return jars
    need("mvn", "Maven", "maven")
    pom = project / "deploy" / "kafka" / "pom.xml"
    command = ["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={jars}"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if result.returncode != 0:
        raise KafkaUnavailable(f"Maven could not fetch Kafka: {result.stdout.strip()[-500:]}")
    done.touch()
    return jars


def need(command: str, name: str, package: str) -> None:
    """Raise KafkaUnavailable with one sentence when a program is missing."""
    if shutil.which(command) is None:
        raise KafkaUnavailable(
            f"{name} is missing: install it (on Debian: apt-get install {package}), or run as root with INSTALL=1."
        )


def start(
    project: Path,
    data: Path,
    port: int = 0,
    controller_port: int = 0,
    *,
    proxied: int = 0,
    settings: Mapping[str, str] | None = None,
) -> Kafka:
    """Format `data` when it is new, start the broker there and wait until it answers; raises KafkaUnavailable.

    `proxied` is the port of a proxy that forwards to the broker's `via`; `settings` come on top of our own.
    """
    ports = Listeners(port or free_port(), controller_port or free_port(), free_port() if proxied else 0, proxied)
    _prepare(fetch_jars(project), data, {1: ports}, 1, settings or {})
    return _answering(_launch(project, data, ports))


def start_cluster(
    project: Path, folder: Path, nodes: int = 3, settings: Mapping[str, str] | None = None
) -> list[Kafka]:
    """Start a cluster in which every topic can have a copy on each node; raises KafkaUnavailable."""
    ports = {number: Listeners(free_port(), free_port()) for number in range(1, nodes + 1)}
    for number in ports:
        _prepare(fetch_jars(project), folder / str(number), ports, number, settings or {})
    launched = [_launch(project, folder / str(number), own) for number, own in ports.items()]
    return [_answering(kafka, launched) for kafka in launched]


def restart(project: Path, kafka: Kafka) -> Kafka:
    """Start a broker that ended once more, as it was, and wait until it answers; raises KafkaUnavailable."""
    port = int(kafka.bootstrap.rsplit(":", 1)[1])
    return _answering(_launch(project, kafka.data, Listeners(port, 0, kafka.via)))


def _prepare(jars: Path, data: Path, ports: Mapping[int, Listeners], number: int, settings: Mapping[str, str]) -> None:
    need("java", "Java 17", "openjdk-17-jre-headless")
    data.mkdir(parents=True, exist_ok=True)
    properties = data / "server.properties"
    lines = {**_properties(data, ports, number), **settings}
    properties.write_text("".join(f"{name}={value}\n" for name, value in lines.items()))
    if not (data / "log" / "meta.properties").exists():
        cluster = uuid5(NAMESPACE_URL, "|".join(str(each) for each in sorted(ports.items()))).hex[:22]
        _format(jars, properties, cluster)


def _launch(project: Path, data: Path, ports: Listeners) -> Kafka:
    log = data / "kafka.log"
    with log.open("ab") as out:
        process = subprocess.Popen(  # noqa: S603
            [*_java(fetch_jars(project), f"-Xmx{HEAP}", f"-Xms{HEAP}"), "kafka.Kafka", str(data / "server.properties")],
            stdout=out,
            stderr=out,
            start_new_session=True,
            env={**os.environ, "LOG_DIR": str(data)},
        )
    return Kafka(process, f"{LOOPBACK}:{ports.clients}", log, data, ports.via)


def _answering(kafka: Kafka, cluster: Iterable[Kafka] = ()) -> Kafka:
    try:
        _await_ready(kafka)
    except BaseException:
        for each in (kafka, *cluster):
            each.kill()
        raise
    return kafka


def _java(jars: Path, *options: str) -> list[str]:
    quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
    # The quick compiler only: a broker that lives for minutes would spend a core on optimising itself.
    return ["java", *options, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", quiet, "-cp", f"{jars}/*"]


def _format(jars: Path, properties: Path, cluster: str) -> None:
    command = [*_java(jars, "-Xmx128m"), "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(properties)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if result.returncode != 0:
        raise KafkaUnavailable(f"Kafka's storage could not be formatted: {result.stderr.strip()[-500:]}")


def _await_ready(kafka: Kafka) -> None:
    """The broker says 'started' in its log only at a level that is turned off, so ask its port and its API."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if kafka.process.poll() is not None:
            tail = kafka.log.read_text("utf-8", "replace")[-800:]
            raise KafkaUnavailable(f"Kafka ended at its start; its log {kafka.log} ends with:\n{tail}")
        if answers(kafka.bootstrap):
            return
        time.sleep(0.2)
    raise KafkaUnavailable(f"Kafka did not answer within {START_SECONDS:.0f} s; its log is {kafka.log}")


def _properties(data: Path, ports: Mapping[int, Listeners], number: int) -> dict[str, str]:
    own, copies = ports[number], str(len(ports))
    listeners = {"PLAINTEXT": own.clients, "CONTROLLER": own.controller}
    advertised = {"PLAINTEXT": own.clients}
    if own.via:
        listeners["VIA"], advertised["VIA"] = own.via, own.proxied
    return {
        "process.roles": "broker,controller",
        "node.id": str(number),
        "controller.quorum.voters": ",".join(f"{each}@{LOOPBACK}:{at.controller}" for each, at in ports.items()),
        "listeners": _addresses(listeners),
        "advertised.listeners": _addresses(advertised),
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": ",".join(f"{name}:PLAINTEXT" for name in listeners),
        "log.dirs": str(data / "log"),
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": copies,
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": str(len(ports) // 2 + 1),
        "min.insync.replicas": str(len(ports) // 2 + 1),
        "transaction.state.log.num.partitions": "4",
        # How late the broker notices that a transaction's time is over: its own default is 10 s on top.
        "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        "message.max.bytes": "20971520",
        "replica.fetch.max.bytes": "20971520",
        "log.cleaner.dedupe.buffer.size": "8388608",
    }


def _addresses(ports: Mapping[str, int]) -> str:
    return ",".join(f"{name}://{LOOPBACK}:{port}" for name, port in ports.items())
