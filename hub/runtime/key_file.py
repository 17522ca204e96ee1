"""The minting key in a file of its own, sealed with a passphrase (scrypt, AES-256-GCM)."""

import base64
import json
import os
from pathlib import Path

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from hub.platform.keys import SealBroken
from hub.platform.seal import lock, unlock
from hub.runtime.sealed_file import BackupUnfit, write_whole
from schemas.ids import keyed_digest

FORMAT = "sendhub-key-backup-1"
COST = 2**16
"""Of scrypt, with r=8, p=1: 64 MB and a fraction of a second for each passphrase that is tried."""


def fingerprint(key: bytes) -> str:
    """Tells keys apart, and nothing else of them."""
    return keyed_digest(key, "backup-key")


def write(key: bytes, file: Path, passphrase: str) -> None:
    """Write the key, readable by its owner alone: wholly or not at all. Raises OSError."""
    salt = os.urandom(16)
    sealed = lock(_derived(passphrase, salt), key, FORMAT.encode())
    content = {"format": FORMAT, "salt": _text(salt), "sealed": _text(sealed), "key": fingerprint(key)}
    write_whole((json.dumps(content, indent=1) + "\n").encode(), file)


def read(file: Path, passphrase: str) -> bytes:
    """The key of a file; raises OSError, or BackupUnfit that says what is wrong."""
    try:
        content = json.loads(file.read_bytes())
        known = content["format"] == FORMAT
        salt, sealed = base64.b64decode(content["salt"]), base64.b64decode(content["sealed"])
    except (ValueError, KeyError, TypeError):
        known = False
    if not known:
        raise BackupUnfit(f"the file is no {FORMAT}: `sendhub key backup` makes one")
    try:
        return unlock(_derived(passphrase, salt), sealed, FORMAT.encode())
    except SealBroken:
        raise BackupUnfit("the passphrase is another, or the file was changed: nothing was written") from None


def put_back(key: bytes, file: Path) -> bool:
    """Write the key where the deployment reads it; False when it is there already.

    Raises OSError, or BackupUnfit where another key is there.
    """
    if file.exists():
        if file.read_bytes().strip() == key:
            return False
        raise BackupUnfit(f"{file} holds another key: move it away first, if you are sure that it is not in use")
    write_whole(key + b"\n", file)
    return True


def _derived(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=COST, r=8, p=1).derive(passphrase.encode())


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
