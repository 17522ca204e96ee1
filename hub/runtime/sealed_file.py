"""Files that only the deployment's key opens (a JWE, `dir` and A256GCM), written whole or not at all."""

import base64
import hashlib
import os
import zlib
from pathlib import Path
from typing import Any

import orjson
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwe import JWERegistry
from joserfc.jwk import OctKey

from hub.runtime.errors import RuntimeFault
from schemas.ids import keyed_digest

ALGORITHMS = ["dir", "A256GCM"]


class _NoLimit(JWERegistry):
    """The library's own limit is made for tokens."""

    max_ciphertext_length = 1 << 40


_REGISTRY = _NoLimit(algorithms=ALGORITHMS)


class BackupUnfit(RuntimeFault):
    """A file is no backup that this deployment can restore, or restoring it would lose, double or reorder something."""


def seal(content: Any, format_: str, key: bytes) -> bytes:
    """Content (what JSON can say) as bytes that only the deployment's key opens."""
    header = {"alg": "dir", "enc": "A256GCM", "kid": _key_id(key), "typ": format_}
    return jwe.encrypt_compact(header, zlib.compress(orjson.dumps(content)), _key(key), registry=_REGISTRY).encode()


def unseal(sealed: bytes, format_: str, key: bytes, command: str) -> Any:
    """What `seal` sealed; raises BackupUnfit. `command` makes such a file."""
    header = _header(sealed)
    if header.get("typ") != format_:
        raise BackupUnfit(f"the file is no {format_}: take one with `{command}`")
    if header.get("kid") != _key_id(key):
        raise BackupUnfit("the backup was sealed with another key: set SENDHUB_KEY_FILE to the deployment's own")
    try:
        opened = jwe.decrypt_compact(sealed, _key(key), registry=_REGISTRY)
        return orjson.loads(zlib.decompress(opened.plaintext or b""))
    except (JoseError, ValueError, zlib.error):
        raise BackupUnfit("the backup is truncated or was tampered with: nothing was changed") from None


def write_whole(content: bytes, file: Path) -> None:
    """Write a file, readable by its owner alone: wholly or not at all. Raises OSError."""
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    _sync_folder(file.parent)


def _key(key: bytes) -> OctKey:
    return OctKey.import_key(hashlib.sha256(b"sendhub-backup" + key).digest())


def _key_id(key: bytes) -> str:
    return keyed_digest(key, "backup-key")


def _header(sealed: bytes) -> dict[str, Any]:
    try:
        first = sealed.split(b".", 1)[0]
        found = orjson.loads(base64.urlsafe_b64decode(first + b"=" * (-len(first) % 4)))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
