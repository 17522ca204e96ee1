"""The API's settings: the deployment's, and the tokens that open it."""

import re
from functools import cached_property
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

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
    """The API keeps no token, only the hash of each: make one with `printf %s "$TOKEN" | sha256sum`."""

    api_token_sha256: str = Field(
        description="SHA-256 (hex) of each bearer token that may read the API, comma separated: two while one is "
        "replaced by the next.",
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
        _require_hashes(self.token_hashes, "SENDHUB_API_TOKEN_SHA256")
        if self.api_restricted_token_sha256:
            _require_hashes(self.restricted_hashes, "SENDHUB_API_RESTRICTED_TOKEN_SHA256")
        return self


def _hashes(text: str) -> tuple[str, ...]:
    return tuple(part.strip().lower() for part in text.split(",") if part.strip())


def _require_hashes(hashes: tuple[str, ...], name: str) -> None:
    if not hashes or not all(map(_SHA256.fullmatch, hashes)):
        raise ValueError(f"{name} is not one or more SHA-256 in hex, comma separated")
