"""Ids made of content, so that a repeat is recognisable as one."""

import hashlib
import hmac

_SEPARATOR = "\x1f"


def digest(*parts: object) -> str:
    """24 hex digits of the SHA-256 of the parts. Same parts, same id; never used for personal data."""
    return hashlib.sha256(_join(parts)).hexdigest()[:24]


def keyed_digest(key: bytes, *parts: object) -> str:
    """24 hex digits of an HMAC-SHA-256: for ids that nobody without the key may derive or confirm."""
    return hmac.new(key, _join(parts), hashlib.sha256).hexdigest()[:24]


def full_id(source: str, bare: str) -> str:
    """`source/id`; an id that already names its source stays as it is."""
    return bare if "/" in bare else f"{source}/{bare}"


def _join(parts: tuple[object, ...]) -> bytes:
    return _SEPARATOR.join(str(part) for part in parts).encode()
