"""All ways in, as the settings say."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from hub.api.access.authenticators import REVIEWER, SYSTEM, Authenticator, TokenHashes
from hub.api.access.keys import AccessKey
from hub.api.access.limits import Limiter
from hub.api.access.mapping import Mapped
from hub.api.access.oidc import BearerTokens, Provider, TokenCheck
from hub.api.access.oidc.signing_in import SigningIn
from hub.api.access.passwords import User, Users
from hub.api.access.principal import Principal
from hub.api.access.sessions import Sessions
from hub.api.access.ways import PAGES
from hub.api.settings import ApiSettings
from hub.platform.clock import Clock

PASSWORDS_AT_ONCE = 2
"""Each try takes memory and time: more wait."""


@dataclass
class Access:
    """`authenticators` are tried in turn. Without `users` nobody signs in by password, without `signing_in` nobody by a
    provider."""

    key: AccessKey
    cursor_key: bytes
    sessions: Sessions
    authenticators: Sequence[Authenticator]
    mapped: Mapped = field(default_factory=lambda: Mapped(()))
    issuer: str = ""
    users: Users | None = None
    signing_in: SigningIn | None = None
    limiter: Limiter = field(default_factory=Limiter)
    _trying: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PASSWORDS_AT_ONCE))

    async def find_user(self, name: str, password: str) -> User | None:
        """Whoever has this name and password, without holding anybody else up."""
        if self.users is None:
            return None
        async with self._trying:
            return await asyncio.to_thread(self.users.find, name, password)


def access_of(settings: ApiSettings, clock: Clock) -> Access:
    """As the settings say; raises OSError, or ValueError that says what is wrong in a file."""
    key = AccessKey.passing() if settings.access_key_file is None else AccessKey.read(settings.access_key_file)
    sessions = Sessions(
        key, clock, timedelta(minutes=settings.session_idle_minutes), timedelta(hours=settings.session_hours)
    )
    access = Access(key, _cursor_key(settings, key), sessions, [token_hashes(settings), sessions])
    if settings.users_file is not None:
        access.users = Users.read(settings.users_file)
    if settings.access_file is not None:
        access.mapped = Mapped.read(settings.access_file)
    if settings.oidc_issuer:
        _add_provider(access, settings, clock)
    return access


def _cursor_key(settings: ApiSettings, key: AccessKey) -> bytes:
    """The same in all processes, and after a restart: a cursor shows nothing, so what the settings hold is enough."""
    if settings.access_key_file is None and settings.token_hashes:
        return hashlib.sha256(f"cursor:{settings.token_hashes[0]}".encode()).digest()
    return key.of("cursor")


def token_hashes(settings: ApiSettings) -> TokenHashes:
    """The tokens of the settings: readers, reviewers, and which of both are named for restricted children."""
    named = frozenset(settings.restricted_hashes)
    systems = {
        each: Principal(actor=f"token-{each[:12]}", kind="system", how="token", grants=SYSTEM, restricted=each in named)
        for each in (*settings.token_hashes, *settings.restricted_hashes)
    }
    people = {
        each: Principal(actor=actor, kind="person", how="token", grants=REVIEWER, restricted=each in named)
        for actor, hashes in settings.reviewers.people
        for each in hashes
    }
    return TokenHashes(systems | people)


def _add_provider(access: Access, settings: ApiSettings, clock: Clock) -> None:
    access.issuer = settings.oidc_issuer
    provider = Provider.at(settings.oidc_issuer)
    algorithms = settings.oidc_allowed
    if settings.oidc_audience:
        check = TokenCheck(provider, settings.oidc_audience, clock, algorithms)
        bearer = BearerTokens(check, access.mapped, access.key, settings.oidc_issuer, settings.oidc_known_systems)
        access.authenticators = [*access.authenticators, bearer]
    if settings.oidc_client_id:
        access.signing_in = SigningIn(
            provider,
            TokenCheck(provider, settings.oidc_client_id, clock, algorithms),
            access.key,
            clock,
            settings.oidc_client_id,
            settings.oidc_secret,
            f"{settings.public_url.rstrip('/')}{PAGES}/sign-in/back",
            settings.oidc_scope,
        )
