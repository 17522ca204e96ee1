"""The access key, apart from the deployment's: cookies are sealed with it, actors' ids and cursors are made from it."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


class Unsealed(ValueError):
    """What was given back was not sealed here, or for something else."""


class AccessKey:
    """Derives a key for each purpose from one secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def read(cls, path: Path) -> "AccessKey":
        """From a file; raises OSError, or ValueError where it is short or others may read it."""
        if path.stat().st_mode & 0o077:
            raise ValueError(f"{path} may be read by others than its owner: chmod 600")
        secret = path.read_bytes().strip()
        if len(secret) < 32:
            raise ValueError(f"{path} holds fewer than 32 bytes: make one with `openssl rand -hex 32`")
        return cls(secret)

    @classmethod
    def passing(cls) -> "AccessKey":
        """One that nobody keeps: what it sealed ends with the process."""
        return cls(secrets.token_bytes(32))

    def of(self, purpose: str) -> bytes:
        """32 bytes for one purpose alone."""
        return hmac.digest(self._secret, f"sendhub:{purpose}".encode(), "sha256")

    def actor(self, issuer: str, subject: str) -> str:
        """The opaque id of whoever a provider knows by a subject: the same each time, and nobody guesses it back."""
        said = f"{len(issuer)}:{issuer}{subject}".encode()
        return f"prs-{hmac.digest(self.of('actor'), said, 'sha256').hex()[:24]}"

    def seal(self, purpose: str, content: bytes) -> bytes:
        """Seal for one purpose."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self.of(purpose)).encrypt(nonce, content, purpose.encode())

    def unseal(self, purpose: str, sealed: bytes) -> bytes:
        """What was sealed for this purpose; raises Unsealed."""
        try:
            return AESGCM(self.of(purpose)).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], purpose.encode())
        except (InvalidTag, ValueError):
            raise Unsealed(purpose) from None

    def mark(self, purpose: str, of: str) -> str:
        """A keyed digest of a text, for one purpose."""
        return hashlib.blake2b(of.encode(), key=self.of(purpose), digest_size=20).hexdigest()
