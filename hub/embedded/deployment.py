"""The files of one embedded deployment: keys, tokens, sources, folders; and the environment that makes processes use
them.

Everything is made anew in one folder and is worth nothing outside it.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from joserfc.jwk import ECKey

from hub.embedded.people import write_users
from hub.platform.keyring import machine_day, write_ring
from hub.platform.keys import new_ring
from schemas.sources import Source, Sources

HUB_ODS = "X9Z01"
"""The made-up ODS code that the embedded hub answers to."""

REVIEWER = "reviewer-1"
"""The opaque id of the embedded deployment's one reviewer."""


@dataclass(frozen=True)
class Deployment:
    """`tokens` open the webhook by source; `api_token` opens the API, `reviewer_token` also looks and decides there, as
    REVIEWER; `signing_keys` sign BaRS senders' tokens by source; with `password` each of the people of
    hub/embedded/people.py signs in to the pages.
    """

    folder: Path
    tokens: Mapping[str, str]
    api_token: str
    reviewer_token: str
    signing_keys: Mapping[str, Path]
    password: str

    @property
    def inbox(self) -> Path:
        """The watched folder."""
        return self.folder / "inbox"

    @property
    def clock_file(self) -> Path:
        """The file that all processes take the time from; empty or absent it is the machine's."""
        return self.folder / "clock"

    @property
    def logs(self) -> Path:
        """One log file for each process."""
        return self.folder / "logs"

    def environment(self, kafka: str) -> dict[str, str]:
        """The settings of every process of the deployment."""
        folder = self.folder
        return {
            "SENDHUB_KAFKA": kafka,
            "SENDHUB_DATABASE_URL": f"sqlite:///{folder / 'readmodel.db'}",
            "SENDHUB_LEDGER_URL": f"sqlite:///{folder / 'ledger.db'}",
            "SENDHUB_KEY_FILE": str(folder / "key"),
            "SENDHUB_KEY_RING_FILE": str(folder / "ring"),
            "SENDHUB_SOURCES_FILE": str(folder / "sources.toml"),
            "SENDHUB_CLOCK_FILE": str(self.clock_file),
            "SENDHUB_WEBHOOK_TOKENS_FILE": str(folder / "webhook-tokens.toml"),
            "SENDHUB_FILES_FOLDERS": str(self.inbox),
            "SENDHUB_FILES_POLL": "0.2",
            "SENDHUB_FILES_SETTLE": "0.4",
            "SENDHUB_BARS_CALLERS_FILE": str(folder / "bars-callers.toml"),
            "SENDHUB_BARS_JWKS_FILE": str(folder / "bars-jwks.json"),
            "SENDHUB_BARS_ODS_CODES": json.dumps([HUB_ODS]),
            "SENDHUB_BARS_PARSERS": "1",
            "SENDHUB_API_TOKEN_SHA256": _sha256(self.api_token),
            "SENDHUB_API_REVIEWERS_FILE": str(folder / "reviewers.toml"),
            "SENDHUB_USERS_FILE": str(folder / "users.toml"),
            "SENDHUB_IDENTITY_TOKEN_FILE": str(folder / "identity-token"),
            "SENDHUB_IDENTITY_TOKEN_SHA256": _sha256((folder / "identity-token").read_text()),
        }


def create(folder: Path, sources: Sources) -> Deployment:
    """Make a deployment for these sources in a folder, which is made too."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "inbox").mkdir(exist_ok=True)
    _write_private(folder / "key", secrets.token_hex(32))
    write_ring(folder / "ring", new_ring(machine_day()))
    (folder / "sources.toml").write_text(_sources_toml(sources))
    councils = [source.id for source in sources.sources if source.kind == "council"]
    tokens = {source: secrets.token_urlsafe(32) for source in councils}
    hashes = "".join(f"{_quoted(source)} = [{_quoted(_sha256(token))}]\n" for source, token in tokens.items())
    (folder / "webhook-tokens.toml").write_text(f"[tokens]\n{hashes}")
    trusts = [source for source in sources.sources if source.kind == "nhs"]
    keys = _bars_callers(folder, trusts)
    _write_private(folder / "identity-token", secrets.token_urlsafe(32))
    reviewer = secrets.token_urlsafe(32)
    (folder / "reviewers.toml").write_text(f"[reviewers]\n{_quoted(REVIEWER)} = [{_quoted(_sha256(reviewer))}]\n")
    password = secrets.token_urlsafe(12)
    write_users(folder / "users.toml", password)
    return Deployment(folder, tokens, secrets.token_urlsafe(32), reviewer, keys, password)


def _bars_callers(folder: Path, trusts: list[Source]) -> dict[str, Path]:
    """A signing key for each trust, known to the connector by its public half."""
    public, private, callers = [], {}, []
    for source in trusts:
        key = ECKey.generate_key("P-256", {"use": "sig", "kid": _sha256(source.id)[:16], "alg": "ES256"})
        private[source.id] = folder / f"signing-{_sha256(source.id)[:16]}.json"
        _write_private(private[source.id], json.dumps(key.as_dict(private=True)))
        public.append(key.as_dict(private=False))
        body = source.id.split(":")[1]
        caller = f"source = {_quoted(source.id)}\ntoken_subject = {_quoted(source.id)}\nods = [{_quoted(body)}]\n"
        callers.append(f"[[callers]]\n{caller}")
    (folder / "bars-jwks.json").write_text(json.dumps({"keys": public}))
    (folder / "bars-callers.toml").write_text("\n".join(callers) or "callers = []\n")
    return private


def _sources_toml(sources: Sources) -> str:
    tables = []
    for source in sources.sources:
        fields = source.model_dump(exclude_none=True, mode="python")
        lines = [f"{name} = {_toml(value)}" for name, value in fields.items()]
        tables.append("[[sources]]\n" + "\n".join(lines) + "\n")
    return "\n".join(tables)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return _quoted(value) if isinstance(value, str) else str(value)


def _quoted(text: str) -> str:
    return json.dumps(text)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
