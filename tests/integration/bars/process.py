"""A BaRS receiver as a process on loopback, with keys, certificates and settings in a folder of its own."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.jwk import ECKey

from hub.simulator.bars import headers

SOURCE = "bht-community:RXQ:2026"
SUBJECT = "rxq-system"


@dataclass
class Running:
    """The process, its ports, and how to speak to it."""

    process: subprocess.Popen[str]
    port: int
    metrics_port: int
    folder: Path
    key: ECKey

    def token(self) -> str:
        claims = {"sub": SUBJECT, "aud": "sendhub-bars", "exp": int(time.time()) + 300}
        return jwt.encode({"alg": "ES256", "kid": "k"}, claims, self.key)

    def post(self, body: bytes, request_id: str | None = None, **options: Any) -> httpx.Response:
        sent = headers(request_id or str(uuid4()), str(uuid4()), self.token())
        scheme = "https" if options else "http"
        url = f"{scheme}://127.0.0.1:{self.port}/$process-message"
        with httpx.Client(timeout=30, **options) as client:
            return client.post(url, content=body, headers=sent)

    def metric(self, name: str) -> str:
        text = httpx.get(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=10).text
        return next((line.rsplit(" ", 1)[1] for line in text.splitlines() if line.startswith(name)), "absent")


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings(folder: Path, key: ECKey, **changes: str) -> dict[str, str]:
    (folder / "key").write_text("k" * 40)
    (folder / "sources.toml").write_text(f'[[sources]]\nid = "{SOURCE}"\nkind = "nhs"\n')
    (folder / "jwks.json").write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    callers = folder / "callers.toml"
    if not callers.exists():
        callers.write_text(f'[[callers]]\nsource = "{SOURCE}"\nods = ["RXQ"]\ntoken_subject = "{SUBJECT}"\n')
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("SENDHUB_")},
        "SENDHUB_KAFKA": f"127.0.0.1:{closed_port()}",
        "SENDHUB_LEDGER_URL": f"sqlite:///{folder}/ledger.db",
        "SENDHUB_KEY_FILE": str(folder / "key"),
        "SENDHUB_KEY_RING_FILE": os.environ["SENDHUB_KEY_RING_FILE"],
        "SENDHUB_SOURCES_FILE": str(folder / "sources.toml"),
        "SENDHUB_BARS_CALLERS_FILE": str(callers),
        "SENDHUB_BARS_JWKS_FILE": str(folder / "jwks.json"),
        "SENDHUB_BARS_ODS_CODES": '["X9Z01"]',
        "SENDHUB_BARS_PARSERS": "1",
        "SENDHUB_BARS_PARSE_SECONDS": "60",
        "SENDHUB_ACK_TIMEOUT": "1.0",
        **changes,
    }


def start(environment: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "connectors.nhs.bars"]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


@contextmanager
def running(folder: Path, **changes: str) -> Iterator[Running]:
    """Started and listening; ended by its own process id, also when the test fails."""
    key = ECKey.generate_key("P-256", {"kid": "k"})
    process = start(settings(folder, key, **changes))
    try:
        assert process.stderr is not None
        told: dict[str, Any] = {}
        for line in process.stderr:
            told = json.loads(line) if line.startswith("{") else {}
            if told.get("event") == "listening":
                break
        assert told, "it ended before it listened"
        yield Running(process, told["port"], told["metrics_port"], folder, key)
    finally:
        process.kill()
        process.communicate()


@dataclass(frozen=True)
class Authority:
    """Issues certificates into a folder."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def new(cls, folder: Path, name: str) -> "Authority":
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _builder(name, name, key, ca=True).sign(key, hashes.SHA256())
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return cls(folder, key, certificate)

    def issue(self, name: str) -> tuple[Path, Path, str]:
        """Certificate file, key file and SHA-256 fingerprint."""
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
        certificate = _builder(name, str(issuer), key, ca=False).sign(self.key, hashes.SHA256())
        paths = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        paths[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return *paths, certificate.fingerprint(hashes.SHA256()).hex()


def _builder(name: str, issuer: str, key: ec.EllipticCurvePrivateKey, ca: bool) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    found = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if ca:
        return found
    return found.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
