"""The PDS connector's own settings, beside those that every process has."""

import ipaddress
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from hub.platform.settings import Settings


class PdsSettings(Settings):
    """Settings of `python -m connectors.nhs.pds`; docs/connectors/pds.md explains them."""

    pds_url: str = Field("", description="Address of the service, up to what stands before `/Patient`. Required.")
    pds_token_url: str = Field("", description="Address where access tokens are given. Required.")
    pds_api_key: str = Field("", description="Our application's key: who signs (`iss`, `sub`). Required.")
    pds_key_file: Path = Field(
        Path("pds.pem"), description="Our private RSA key (PEM), which only its owner may read (mode 600)."
    )
    pds_key_id: str = Field("", description="The id (`kid`) under which our public key is registered. Required.")
    pds_per_second: int = Field(5, ge=1, le=5, description="Most questions in one second.")
    pds_timeout: float = Field(10.0, gt=0, description="Seconds that one question may take.")
    pds_attempts: int = Field(4, ge=1, description="How often a question is asked before it waits longer.")
    pds_breaker_failures: int = Field(5, ge=1, description="Failures in a row after which the service is left alone.")
    pds_breaker_seconds: float = Field(30.0, gt=0, description="Seconds that it is left alone.")
    pds_cache_seconds: float = Field(86_400.0, ge=0, description="Seconds that an answer about a person is kept.")
    pds_cache_none_seconds: float = Field(
        3_600.0, ge=0, description="Seconds that an answer that found nobody is kept."
    )
    pds_cache_entries: int = Field(10_000, ge=0, description="Most answers that are kept, in memory only.")
    pds_open: int = Field(20, ge=1, le=1_000, description="Most look-ups that are waited for at once.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        needed = ("pds_url", "pds_token_url", "pds_api_key", "pds_key_id")
        missing = [f"SENDHUB_{name.upper()}" for name in needed if not getattr(self, name)]
        if missing:
            raise ValueError(f"{', '.join(missing)}: needed")
        for name in ("pds_url", "pds_token_url"):
            if not _is_safe(getattr(self, name)):
                raise ValueError(f"SENDHUB_{name.upper()}: must be https, unless it is on this machine")
        return self


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and _loopback(parts.hostname or ""))


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
