"""Settings, from the environment (prefix SENDHUB_) and nothing else."""

import tomllib
from functools import cached_property
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from hub.platform.keyring import KeyRing
from schemas.sources import Sources


class Settings(BaseSettings):
    """What every process of one deployment is told. `docs/settings.md` lists them."""

    model_config = SettingsConfigDict(env_prefix="SENDHUB_", frozen=True)

    kafka: str = Field("127.0.0.1:9092", description="Kafka bootstrap servers, host:port, comma separated.")
    replication: int = Field(1, description="Replication factor of topics that `sendhub topics` creates.")
    database_url: str = Field(
        "sqlite:///sendhub.db",
        description="The read model's database, as an SQLAlchemy URL (SQLite or postgresql+psycopg).",
    )
    ledger_url: str = Field(
        "sqlite:///sendhub-ledger.db",
        description="The connectors' shared record of what was already taken, as an SQLAlchemy URL.",
    )
    key_file: Path = Field(Path("sendhub.key"), description="File with the deployment's secret key, 32 bytes or more.")
    key_ring_file: Path = Field(
        Path("sendhub.ring"), description="File with the key ring, which only its owner may read (mode 600)."
    )
    key_ring: SecretStr = Field(
        SecretStr(""), description="The key ring itself, as `sendhub key ring` writes it, in the place of the file."
    )
    backup_passphrase: SecretStr = Field(
        SecretStr(""), description="What `sendhub key backup` and `restore` seal and open with; unless set they ask."
    )
    seal_days: int = Field(
        30,
        ge=1,
        description="Days after which the key that a day's raw messages and observations are sealed with is gone.",
    )
    letter_days: int = Field(
        90, ge=1, description="Days after which the key of a dead letter is destroyed at the latest."
    )
    sources_file: Path = Field(Path("sources.toml"), description="The registered sources.")
    clock_file: Path | None = Field(None, description="Follow this file's time instead of the machine's (demo, tests).")
    host: str = Field("127.0.0.1", description="Address that this process's HTTP servers listen on.")
    port: int = Field(0, description="Port of this process's main HTTP server; 0 takes a free one.")
    metrics_port: int = Field(0, description="Port of /metrics, /live and /ready; 0 takes a free one.")
    processes: dict[str, str] = Field(
        default_factory=dict,
        description='Where `sendhub status` finds the metrics of each process, as JSON: `{"intake": "host:9100", …}`; '
        "unless set, the ports of `sendhub up` on this machine.",
    )
    otlp_endpoint: str = Field(
        "", description="Where traces go, by OTLP over HTTP (`http://collector:4318`); unless set nothing is traced."
    )
    instance: str = Field("1", description="This process's name among its kind: static group membership.")
    log_level: str = Field("INFO", description="Least level that is logged.")
    ack_timeout: float = Field(3.0, description="Seconds that a connector waits for the broker before it answers 503.")
    in_flight_limit: int = Field(64, description="Requests a connector holds at once before it answers 503.")
    body_limit: int = Field(4_194_304, description="Largest request body in bytes; larger is 413.")
    session_timeout: float = Field(10.0, description="Seconds without heartbeat after which Kafka reassigns a worker.")
    transaction_timeout: float = Field(10.0, description="Seconds after which Kafka aborts a dead owner's transaction.")
    batch_records: int = Field(500, description="Most records in one transaction.")
    matching_policy: Path | None = Field(None, description="The matching policy as JSON; unless set the hub's own.")
    matching_weights: Path | None = Field(
        None, description="Matching weights of `sendhub match train`; unless set the hub's own."
    )
    heartbeat_seconds: float = Field(
        30.0,
        ge=0,
        description="How often the ticker puts in a heartbeat, by which the way through the hub is timed; 0: never.",
    )
    actor: str = Field("", description="Who runs a command, for hub.audit; unless set the operating system's user.")
    group_prefix: str = Field("sendhub", description="Prefix of consumer groups and transactional ids.")

    @cached_property
    def key(self) -> bytes:
        """The deployment's secret key; raises FileNotFoundError or ValueError that says what to do."""
        key = self.key_file.read_bytes().strip()
        if len(key) < 32:
            raise ValueError(f"{self.key_file} holds fewer than 32 bytes: make a new key with `sendhub key`")
        return key

    @cached_property
    def ring(self) -> KeyRing:
        """The key ring: read when a key is first needed."""
        return KeyRing(self.key_ring_file, self.key_ring.get_secret_value(), self.seal_days)

    @cached_property
    def sources(self) -> Sources:
        """The registered sources; raises ValueError that names what is wrong in the file."""
        return Sources.model_validate(tomllib.loads(self.sources_file.read_text("utf-8")))
