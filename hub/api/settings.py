"""The API's settings: the deployment's, and the tokens that open it."""

import re
from typing import Self

from pydantic import Field, model_validator

from hub.platform.settings import Settings

_SHA256 = re.compile(r"[0-9a-f]{64}")


class ApiSettings(Settings):
    """The API keeps no token, only the hash of each: make one with `printf %s "$TOKEN" | sha256sum`."""

    api_token_sha256: str = Field(
        description="SHA-256 (hex) of each bearer token that may read the API, comma separated: two while one is "
        "replaced by the next.",
    )

    @property
    def token_hashes(self) -> tuple[str, ...]:
        """The hashes, in lower case."""
        return tuple(part.strip().lower() for part in self.api_token_sha256.split(",") if part.strip())

    @model_validator(mode="after")
    def _hashes_are_hashes(self) -> Self:
        if not self.token_hashes or not all(map(_SHA256.fullmatch, self.token_hashes)):
            raise ValueError("SENDHUB_API_TOKEN_SHA256 is not one or more SHA-256 in hex, comma separated")
        return self
