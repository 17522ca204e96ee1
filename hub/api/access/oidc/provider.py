"""What is known of the provider: its own description, and its keys. Both are kept, and fetched only so often."""

import asyncio
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet
from pydantic import BaseModel, ConfigDict, ValidationError

from hub.stages.errors import Unavailable

FRESH_SECONDS = 3_600.0
"""How long the description and the keys are taken as they are."""
AGAIN_SECONDS = 30.0
"""A token by an unknown key makes us look for new keys, and no more often than this; so does a description that we
could not have."""
STALE_SECONDS = 86_400.0
"""How long known keys are used while the provider does not answer."""
LARGEST = 1 << 20
SECONDS = 5.0


class ProviderAway(Unavailable):
    """Whoever signs people in does not answer, or not as it must."""


class Description(BaseModel):
    """What is used of the provider's own description (OpenID Connect Discovery)."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None = None


class Provider:
    """One issuer. `now` is a clock that only goes forward, in seconds."""

    def __init__(self, issuer: str, client: httpx.AsyncClient, now: Callable[[], float] = time.monotonic) -> None:
        self.issuer = issuer
        self._client = client
        self._now = now
        self._describing, self._renewing = asyncio.Lock(), asyncio.Lock()
        self._description: Description | None = None
        self._keys = KeySet([])
        self._described_at = self._asked_at = self._keys_at = self._tried_at = float("-inf")

    @classmethod
    def at(cls, issuer: str) -> "Provider":
        """The provider at an issuer's address."""
        return cls(issuer, httpx.AsyncClient(timeout=SECONDS, follow_redirects=False))

    async def description(self) -> Description:
        """Its endpoints; raises ProviderAway."""
        async with self._describing:
            return await self._describe()

    async def key(self, kid: str | None) -> Key | None:
        """The key of this id (without one: the only key there is), or None; raises ProviderAway.

        One that is not known is looked for once more, but not again and again: anybody may send a token by any key. A
        known one waits for nobody's look.
        """
        found = _find(self._keys, kid)
        if found is not None and self._will_do(self._now()):
            return found
        async with self._renewing:
            now = self._now()
            found = _find(self._keys, kid)
            fresh = now - self._keys_at < FRESH_SECONDS
            if (found is None or not fresh) and now - self._tried_at >= AGAIN_SECONDS:
                self._tried_at = now
                await self._renew_keys(now)
                found = _find(self._keys, kid)
            if now - self._keys_at > STALE_SECONDS:
                raise ProviderAway("the keys of the provider can't be had")
            return found

    def _will_do(self, now: float) -> bool:
        """Whether keys that are known are taken as they are: fresh, or being renewed, or just not to be had."""
        age = now - self._keys_at
        busy = self._renewing.locked() or now - self._tried_at < AGAIN_SECONDS
        return age < FRESH_SECONDS or (busy and age <= STALE_SECONDS)

    async def exchange(self, form: dict[str, str]) -> dict[str, Any]:
        """The tokens for a code. Raises ProviderAway; ValueError where the code is not taken."""
        description = await self.description()
        try:
            answer = await self._client.post(description.token_endpoint, data=form)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ProviderAway(f"the provider does not answer ({type(error).__name__})") from None
        if answer.status_code >= 500 or answer.status_code == 429:
            raise ProviderAway(f"the provider answers {answer.status_code}")
        if answer.status_code != 200:
            raise ValueError("the provider does not take the code")
        return _object(answer)

    async def close(self) -> None:
        """Let the connections go."""
        await self._client.aclose()

    async def _describe(self) -> Description:
        now = self._now()
        if self._description is not None and now - self._described_at < FRESH_SECONDS:
            return self._description
        try:
            found = await self._ask(now)
        except ProviderAway:
            if self._description is None or now - self._described_at > STALE_SECONDS:
                raise
            return self._description
        self._description, self._described_at = found, now
        return found

    async def _ask(self, now: float) -> Description:
        """The description as it is now; whoever asks soon after one that could not be had is not made to wait."""
        if now - self._asked_at < AGAIN_SECONDS:
            raise ProviderAway("the provider did not answer a moment ago")
        self._asked_at = now
        said = await self._get(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            found = Description.model_validate(said)
        except ValidationError:
            raise ProviderAway("the provider's description lacks what is needed") from None
        _check(found, self.issuer)
        return found

    async def _renew_keys(self, now: float) -> None:
        try:
            described = await self.description()
            said = await self._get(described.jwks_uri)
            self._keys = _public(KeySet.import_key_set(said))  # type: ignore[arg-type]
            self._keys_at = now
        except (JoseError, KeyError, TypeError, ValueError):
            if now - self._keys_at > STALE_SECONDS:
                raise ProviderAway("the provider's keys can't be read") from None
        except ProviderAway:
            if now - self._keys_at > STALE_SECONDS:
                raise

    async def _get(self, url: str) -> dict[str, Any]:
        try:
            async with asyncio.timeout(SECONDS):
                answer = await self._client.get(url)
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as error:
            raise ProviderAway(f"the provider does not answer ({type(error).__name__})") from None
        if answer.status_code != 200:
            raise ProviderAway(f"the provider answers {answer.status_code}")
        return _object(answer)


def _check(found: Description, issuer: str) -> None:
    """It has to speak of itself, and nowhere in the clear but on this machine."""
    if found.issuer != issuer:
        raise ProviderAway("the description is another issuer's")
    for url in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
        if not is_safe(url):
            raise ProviderAway("the provider has an address that is not https")


def is_safe(url: str) -> bool:
    """Whether an address is https, or of this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost"))


def _public(keys: KeySet) -> KeySet:
    """Those that check signatures: never a shared secret, with which whoever can check could sign."""
    return KeySet([key for key in keys if key.key_type != "oct" and key.get("use", "sig") == "sig"])


def _find(keys: KeySet, kid: str | None) -> Key | None:
    if kid is None:
        return keys.keys[0] if len(keys.keys) == 1 else None
    return next((key for key in keys if key.kid == kid), None)


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = orjson.loads(answer.content) if len(answer.content) <= LARGEST else None
    except orjson.JSONDecodeError:
        said = None
    if not isinstance(said, dict):
        raise ProviderAway("the provider answers with no JSON object")
    return said
