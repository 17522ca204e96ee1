"""The API's settings: the deployment's, and the tokens that open it."""

import re
from functools import cached_property
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from hub.api.access.oidc.provider import is_safe
from hub.api.access.oidc.systems import DEFAULT, Systems
from hub.api.access.oidc.tokens import ALGORITHMS
from hub.api.access.passwords import is_loopback
from hub.api.remote_desk import RemoteDesk
from hub.api.reviewers import Reviewers
from hub.platform.settings import Settings

_SHA256 = re.compile(r"[0-9a-f]{64}")


class DeskSettings(Settings):
    """Identity's desk: it shows who a child is, and holds what identity holds. Left of identity, for the hub alone."""

    identity_token_sha256: str = Field(
        description="SHA-256 (hex) of each token that opens identity's desk, comma separated. It is for the hub's own "
        "API and commands, and for nobody else.",
    )

    @property
    def token_hashes(self) -> tuple[str, ...]:
        """The hashes, in lower case."""
        return _hashes(self.identity_token_sha256)

    @model_validator(mode="after")
    def _hashes_are_hashes(self) -> Self:
        _require_hashes(self.token_hashes, "SENDHUB_IDENTITY_TOKEN_SHA256")
        return self


class AskingSettings(Settings):
    """Where identity's desk is, for who asks it."""

    identity_url: str = Field("", description="Base URL of identity's desk; unless set nobody is named here.")
    identity_token_file: Path | None = Field(None, description="File with the token that opens identity's desk.")

    def desk(self) -> RemoteDesk | None:
        """The desk, or None where there is none. Raises OSError when the token can't be read."""
        if not self.identity_url or self.identity_token_file is None:
            return None
        return RemoteDesk.at(self.identity_url, self.identity_token_file.read_text("utf-8").strip())


class ApiSettings(AskingSettings):
    """Who may ask the API and see pages. There has to be a way in: tokens, a provider, or on one machine passwords."""

    api_token_sha256: str = Field(
        "",
        description="SHA-256 (hex) of each bearer token that may read the API, comma separated: two while one is "
        'replaced by the next. Make one with `printf %s "$TOKEN" | sha256sum`: only the hash is kept.',
    )

    api_restricted_token_sha256: str = Field(
        "",
        description="SHA-256 (hex) of each bearer token that may read of restricted children as well, comma separated: "
        "of the named people who keep chasing for them. Others are shown the id and `restricted`.",
    )
    api_reviewers_file: Path | None = Field(
        None,
        description="TOML file of those who may look and decide: a table `[reviewers]`, an opaque id of the person to "
        "the SHA-256 (hex) of each of their tokens. These tokens read as well.",
    )

    access_key_file: Path | None = Field(
        None,
        description="File with 32 random bytes or more, which only its owner may read: sessions are sealed with it, "
        "and people's opaque ids made from it. Unless set, sessions end with the process.",
    )
    access_file: Path | None = Field(
        None, description="TOML file of what a provider's claims grant, and who is named for restricted children."
    )
    oidc_issuer: str = Field("", description="The OpenID Connect provider that people and systems are known by.")
    oidc_client_id: str = Field("", description="Our id at the provider; unless set nobody signs in by it.")
    oidc_client_secret_file: Path | None = Field(None, description="File with our secret at the provider, if any.")
    oidc_scope: str = Field("openid", description="What is asked of the provider when people sign in.")
    oidc_audience: str = Field(
        "", description="The audience that systems' tokens must be for; unless set no system is known by the provider."
    )
    oidc_algorithms: str = Field(
        "RS256,PS256,ES256,EdDSA", description="Signatures that are taken, comma separated: never a shared secret's."
    )
    oidc_systems: str = Field(
        DEFAULT,
        description="By what in a token it is a system's, comma separated: `a==b` for two claims that are alike, `a=x` "
        "for a claim of this value. Any other is a person's, and opens no API.",
    )
    public_url: str = Field("", description="Our own address as browsers see it, such as https://hub.example.org.")
    users_file: Path | None = Field(
        None,
        description="TOML file of people with passwords (`sendhub user add`), for a demo on one machine: only where "
        "the process listens on loopback.",
    )
    session_idle_minutes: float = Field(30, gt=0, le=480, description="Minutes unused after which a session ends.")
    session_hours: float = Field(10, gt=0, le=24, description="Hours after which a session ends at the latest.")

    @property
    def oidc_allowed(self) -> tuple[str, ...]:
        """The signatures that are taken."""
        return tuple(part.strip() for part in self.oidc_algorithms.split(",") if part.strip())

    @property
    def oidc_known_systems(self) -> Systems:
        """By what tokens are systems'; raises ValueError."""
        return Systems.read(self.oidc_systems)

    @cached_property
    def oidc_secret(self) -> str | None:
        """Our secret at the provider; raises OSError."""
        return None if self.oidc_client_secret_file is None else self.oidc_client_secret_file.read_text().strip()

    @property
    def token_hashes(self) -> tuple[str, ...]:
        """The hashes of the tokens that read, in lower case."""
        return _hashes(self.api_token_sha256)

    @property
    def restricted_hashes(self) -> tuple[str, ...]:
        """The hashes of the tokens that read of restricted children as well."""
        return _hashes(self.api_restricted_token_sha256)

    @cached_property
    def reviewers(self) -> Reviewers:
        """Those who may look and decide; raises OSError, or ValueError that says what is wrong in the file."""
        return Reviewers.read(self.api_reviewers_file) if self.api_reviewers_file is not None else Reviewers({})

    @model_validator(mode="after")
    def _hashes_are_hashes(self) -> Self:
        if self.api_token_sha256:
            _require_hashes(self.token_hashes, "SENDHUB_API_TOKEN_SHA256")
        if self.api_restricted_token_sha256:
            _require_hashes(self.restricted_hashes, "SENDHUB_API_RESTRICTED_TOKEN_SHA256")
        return self

    @model_validator(mode="after")
    def _has_a_way_in(self) -> Self:
        if not (self.api_token_sha256 or self.api_reviewers_file or self.oidc_issuer or self.users_file):
            raise ValueError(
                "nobody could ask: set SENDHUB_API_TOKEN_SHA256 (SHA-256 in hex), SENDHUB_OIDC_ISSUER, or on one "
                "machine SENDHUB_USERS_FILE"
            )
        if self.users_file is not None and not is_loopback(self.host):
            raise ValueError("SENDHUB_USERS_FILE is for a demo on one machine: SENDHUB_HOST has to be 127.0.0.1")
        return self

    @model_validator(mode="after")
    def _provider_is_whole(self) -> Self:
        if not self.oidc_issuer:
            return self
        needed: dict[str, object] = {"ACCESS_KEY_FILE": self.access_key_file, "ACCESS_FILE": self.access_file}
        if self.oidc_client_id:
            needed["PUBLIC_URL"] = self.public_url
        elif not self.oidc_audience:
            raise ValueError("SENDHUB_OIDC_ISSUER needs SENDHUB_OIDC_CLIENT_ID, SENDHUB_OIDC_AUDIENCE or both")
        if missing := [f"SENDHUB_{name}" for name, value in needed.items() if not value]:
            raise ValueError(f"SENDHUB_OIDC_ISSUER needs {', '.join(missing)}")
        if self.oidc_audience == self.oidc_client_id:
            raise ValueError("SENDHUB_OIDC_AUDIENCE is another one than SENDHUB_OIDC_CLIENT_ID: id tokens open no API")
        if not all(map(is_safe, filter(None, (self.oidc_issuer, self.public_url)))):
            raise ValueError("SENDHUB_OIDC_ISSUER and SENDHUB_PUBLIC_URL have to be https")
        if not self.oidc_allowed or not set(self.oidc_allowed) <= set(ALGORITHMS):
            raise ValueError(f"SENDHUB_OIDC_ALGORITHMS may name {', '.join(ALGORITHMS)}")
        try:
            Systems.read(self.oidc_systems)
        except ValueError as error:
            raise ValueError(f"SENDHUB_OIDC_SYSTEMS: {error}") from None
        return self


def _hashes(text: str) -> tuple[str, ...]:
    return tuple(part.strip().lower() for part in text.split(",") if part.strip())


def _require_hashes(hashes: tuple[str, ...], name: str) -> None:
    if not hashes or not all(map(_SHA256.fullmatch, hashes)):
        raise ValueError(f"{name} is not one or more SHA-256 in hex, comma separated")
