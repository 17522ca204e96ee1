"""People by name and password, out of a file: for a demo on one machine, and nowhere else.

[users.amina]
actor = "prs-…"                # opaque: what the audit names
hash = "scrypt$15$8$1$…$…"     # as `sendhub user add` writes it
restricted = false

[[users.amina.grants]]
role = "coordinator"
areas = ["825"]
"""

import base64
import hashlib
import hmac
import ipaddress
import secrets
import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hub.api.access.principal import Grant
from schemas.kinds import validation_errors

COST, BLOCK, LANES = 15, 8, 1
"""scrypt: 2 to the 15th, 8, 1: 32 MiB and some 100 ms for each try."""
MEMORY = 1 << 27
HASH = r"^scrypt\$\d{1,2}\$\d{1,2}\$\d{1,2}\$[A-Za-z0-9_-]{16,}={0,2}\$[A-Za-z0-9_-]{32,}={0,2}$"
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
LONGEST = 1_000
"""Most bytes of a password."""


class User(BaseModel):
    """One of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    actor: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")]
    hash: Annotated[str, Field(pattern=HASH)]
    restricted: bool = False
    grants: tuple[Grant, ...] = ()


class Users(BaseModel):
    """The file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    users: dict[Name, User] = {}

    @classmethod
    def read(cls, path: Path) -> "Users":
        """From a TOML file; raises OSError, or ValueError that names what is wrong without a value."""
        try:
            return cls.model_validate(tomllib.loads(path.read_text("utf-8")))
        except ValidationError as error:
            wrong = "; ".join(f"{field}: {message}" for field, message in validation_errors(error))
            raise ValueError(f"{path}: {wrong}") from None

    def find(self, name: str, password: str) -> User | None:
        """Whoever has this name and password. It takes as long for a name that nobody has."""
        user = self.users.get(name)
        good = verify(password, user.hash if user is not None else _NOBODY)
        return user if good and user is not None else None


def hash_password(password: str) -> str:
    """What is kept of a password."""
    salt = secrets.token_bytes(16)
    return f"scrypt${COST}${BLOCK}${LANES}${_text(salt)}${_text(_derived(password, salt, COST, BLOCK, LANES))}"


def verify(password: str, kept: str) -> bool:
    """Whether it is the password of which this is kept."""
    _, cost, block, lanes, salt, derived = kept.split("$")
    try:
        offered = _derived(password, base64.urlsafe_b64decode(salt), int(cost), int(block), int(lanes))
    except (ValueError, MemoryError):
        return False
    return hmac.compare_digest(offered, base64.urlsafe_b64decode(derived))


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _derived(password: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    said = password.encode()
    if len(said) > LONGEST:
        raise ValueError("the password is too long")
    return hashlib.scrypt(said, salt=salt, n=1 << cost, r=block, p=lanes, maxmem=MEMORY, dklen=32)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()


_NOBODY = hash_password(secrets.token_urlsafe(16))
