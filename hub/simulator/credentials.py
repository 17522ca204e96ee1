"""Keys and tokens of the synthetic senders, and the files that tell the connectors of them."""

import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from joserfc.jwk import ECKey

from hub.simulator.feeds import CASES, HUB_ODS, ODS
from schemas.sources import Sources


@dataclass(frozen=True)
class Credentials:
    """`tokens` by source (and `api`), and `keys`, the trusts' private keys by source, are for Endpoints.

    `environment` are the settings by which connectors and API know them.
    """

    tokens: dict[str, str]
    keys: dict[str, Path]
    environment: dict[str, str]


def write_credentials(folder: Path, sources: Sources) -> Credentials:
    """Make new ones in a folder, readable by the owner alone, with the file of registered sources."""
    folder.mkdir(parents=True, exist_ok=True)
    tokens = {CASES: secrets.token_urlsafe(32), "api": secrets.token_urlsafe(32)}
    keys = {source: ECKey.generate_key("P-256", {"kid": ods}) for source, ods in ODS.items()}
    public = {"keys": [key.as_dict(private=False) for key in keys.values()]}
    environment = {
        "SENDHUB_SOURCES_FILE": _write(folder / "sources.toml", _sources_toml(sources)),
        "SENDHUB_WEBHOOK_TOKENS_FILE": _write(folder / "webhook-tokens.toml", _tokens_toml(tokens[CASES])),
        "SENDHUB_BARS_CALLERS_FILE": _write(folder / "bars-callers.toml", _callers_toml()),
        "SENDHUB_BARS_JWKS_FILE": _write(folder / "bars-jwks.json", json.dumps(public)),
        "SENDHUB_BARS_ODS_CODES": json.dumps([HUB_ODS]),
        "SENDHUB_API_TOKEN_SHA256": _sha256(tokens["api"]),
    }
    paths = {source: folder / f"{ODS[source]}.jwk.json" for source in keys}
    for source, key in keys.items():
        _write(paths[source], json.dumps(key.as_dict(private=True)))
    return Credentials(tokens, paths, environment)


def _write(path: Path, text: str) -> str:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)
    return str(path)


def _sources_toml(sources: Sources) -> str:
    return "\n".join(_table("sources", source.model_dump(exclude_none=True)) for source in sources.sources)


def _tokens_toml(token: str) -> str:
    return f'[tokens]\n"{CASES}" = ["{_sha256(token)}"]\n'


def _callers_toml() -> str:
    callers = ({"source": source, "ods": [ods], "token_subject": source} for source, ods in ODS.items())
    return "\n".join(_table("callers", caller) for caller in callers)


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _table(name: str, values: Mapping[str, object]) -> str:
    """One entry of a TOML array of tables: JSON writes texts, numbers and lists as TOML does, and dates stand bare."""
    lines = [
        f"{key} = {json.dumps(value) if not hasattr(value, 'isoformat') else value}" for key, value in values.items()
    ]
    return "\n".join([f"[[{name}]]", *lines, ""])
