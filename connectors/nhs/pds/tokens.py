"""Access tokens: OAuth 2 client credentials, with a JWT that our own key signs in the place of a secret."""

import asyncio
import re
import uuid
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from connectors.nhs.pds.errors import Away, Busy, Denied, Garbled
from hub.platform.clock import Clock

ALGORITHM = "RS512"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_SIGNED_FOR = timedelta(minutes=4)
_EARLY = timedelta(seconds=30)
"""A token is not used any more so long before it ends."""

_ERROR = re.compile(r"[a-z_]{1,40}")


class Tokens:
    """One token at a time, kept until shortly before it ends; also asked for at once by many, it is fetched once."""

    def __init__(
        self, client: httpx.AsyncClient, url: str, api_key: str, key: RSAKey, key_id: str, clock: Clock
    ) -> None:
        self._client = client
        self._url = url
        self._api_key = api_key
        self._key = key
        self._key_id = key_id
        self._clock = clock
        self._lock = asyncio.Lock()
        self._token = ""
        self._ends: datetime | None = None

    async def current(self) -> tuple[str, bool]:
        """The token, and whether it was fetched just now; raises Denied, Busy, Away or Garbled."""
        async with self._lock:
            if self._ends is not None and self._clock.now() < self._ends:
                return self._token, False
            self._token, lasts = await self._fetch()
            self._ends = self._clock.now() + max(timedelta(seconds=lasts) - _EARLY, timedelta(0))
            return self._token, True

    def forget(self, token: str) -> None:
        """It is not taken any more: the next one asked for is new."""
        if token == self._token:
            self._ends = None

    async def _fetch(self) -> tuple[str, float]:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION,
            "client_assertion": self._signed(),
        }
        why = ""
        try:
            answer = await self._client.post(self._url, data=form)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = type(error).__name__
        if why:
            raise Away(f"no answer where tokens are given ({why})")
        return _read(answer)

    def _signed(self) -> str:
        now = self._clock.now()
        claims = {
            "iss": self._api_key,
            "sub": self._api_key,
            "aud": self._url,
            "jti": str(uuid.uuid4()),
            "exp": int((now + _SIGNED_FOR).timestamp()),
        }
        header = {"alg": ALGORITHM, "kid": self._key_id, "typ": "JWT"}
        return jwt.encode(header, claims, self._key, algorithms=[ALGORITHM])


def read_key(path: Path) -> RSAKey:
    """Our private RSA key (PEM); raises OSError, or ValueError also where others than its owner may read it."""
    if path.stat().st_mode & 0o077:
        raise ValueError(f"{path} may be read by others than its owner: chmod 600")
    try:
        key = RSAKey.import_key(path.read_bytes())
    except (JoseError, ValueError, TypeError) as error:
        raise ValueError(f"{path} holds no RSA key in PEM: {type(error).__name__}") from None
    if not key.is_private:
        raise ValueError(f"{path} holds a public key: the private one signs")
    return key


def _read(answer: httpx.Response) -> tuple[str, float]:
    status = answer.status_code
    if status == 429:
        raise Busy("too many requests where tokens are given (429)")
    if status >= 500:
        raise Away(f"where tokens are given it fails ({status})")
    try:
        body = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise Garbled(f"what answers where tokens are given ({status}) is not JSON")
    if status != 200:
        error = str(body.get("error"))
        raise Denied(f"no token is given ({status}, {error if _ERROR.fullmatch(error) else 'no reason'})")
    token = body.get("access_token")
    try:
        lasts = float(body.get("expires_in", 0))
    except (TypeError, ValueError):
        lasts = 0.0
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
        raise Garbled("what answers where tokens are given sends none")
    return token, lasts
