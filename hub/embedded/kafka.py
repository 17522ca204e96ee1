"""One Apache Kafka 4.2.0 node (KRaft) on loopback, from the jars that Maven fetches by deploy/kafka/pom.xml."""

import os
import shutil
import signal
import subprocess
import time
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


@dataclass
class Kafka:
    """A running broker. `bootstrap` is its address; it is ended by its own process id."""

    process: subprocess.Popen[bytes]
    bootstrap: str
    log: Path

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


def start(project: Path, data: Path, port: int = 0, controller_port: int = 0) -> Kafka:
    """Format `data` when it is new, start the broker there and wait until it answers; raises KafkaUnavailable."""
    need("java", "Java 17", "openjdk-17-jre-headless")
    jars = fetch_jars(project)
    data.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    properties = data / "server.properties"
    properties.write_text(_properties(data, port, controller_port or free_port()))
    log = data / "kafka.log"
    if not (data / "log" / "meta.properties").exists():
        cluster = uuid5(NAMESPACE_URL, str(data)).hex[:22]
        _format(jars, properties, cluster)
    with log.open("ab") as out:
        process = subprocess.Popen(  # noqa: S603
            [*_java(jars, f"-Xmx{HEAP}", f"-Xms{HEAP}"), "kafka.Kafka", str(properties)],
            stdout=out,
            stderr=out,
            start_new_session=True,
            env={**os.environ, "LOG_DIR": str(data)},
        )
    kafka = Kafka(process, f"{LOOPBACK}:{port}", log)
    try:
        _await_ready(kafka)
    except BaseException:
        kafka.stop()
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


def _properties(data: Path, port: int, controller_port: int) -> str:
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(data / "log"),
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "group.initial.rebalance.delay.ms": "0",
        "group.min.session.timeout.ms": "1000",
        "message.max.bytes": "20971520",
        "replica.fetch.max.bytes": "20971520",
        "log.cleaner.dedupe.buffer.size": "8388608",
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())
