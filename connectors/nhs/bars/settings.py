"""The BaRS connector's own settings, beside those that every process has."""

import ipaddress
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from connectors.nhs.bars.profile import CONFORMANCE, Profile
from hub.platform.settings import Settings
from schemas.bars import codes
from schemas.bars.workflow import STRICT, TOLERANT


class BarsSettings(Settings):
    """Settings of `python -m connectors.nhs.bars`. Lists are written as JSON."""

    bars_profile: Literal["production", "conformance"] = Field(
        "production",
        description="`conformance` takes the published examples, whatever their use case and receiver; loopback only.",
    )
    bars_identify_by: Literal["token", "certificate"] = Field(
        "token", description="How callers are known: a signed token (JWT), or a TLS client certificate."
    )
    bars_callers_file: Path = Field(Path("bars-callers.toml"), description="TOML `[[callers]]`: who they are.")
    bars_jwks_file: Path = Field(Path("bars-jwks.json"), description="The callers' public keys, as a JWK set.")
    bars_audience: str = Field("sendhub-bars", description="The audience that a token must be for.")
    bars_tls_certificate: Path | None = Field(None, description="Our certificate chain (PEM); with it we speak TLS.")
    bars_tls_key: Path | None = Field(None, description="The key of our certificate (PEM).")
    bars_tls_client_ca: Path | None = Field(None, description="The authorities that may issue clients' certificates.")
    bars_ods_codes: tuple[str, ...] = Field((), description="Our ODS codes: MessageHeader.destination.receiver.")
    bars_dos_services: tuple[str, ...] = Field((), description="The service ids we run; empty: any at our ODS codes.")
    bars_use_cases: tuple[str, ...] = Field((codes.EHC_ADVICE,), description="Use cases taken; any other is 422.")
    bars_versions: tuple[str, ...] = Field(
        ("1.0.0", "1.1.0", "1.2.0"), description="Versions of the standard taken (Bundle.meta.versionId); else 422."
    )
    bars_workflow: Literal["strict", "tolerant"] = Field(
        "strict",
        description="`tolerant` also takes the combinations that published examples use beside the standard's.",
    )
    bars_parsers: int = Field(2, ge=1, le=32, description="Processes that read FHIR.")
    bars_parse_seconds: float = Field(4.0, gt=0, description="Longest time to read one message; longer is 408.")
    bars_clock_skew: float = Field(300.0, ge=0, description="Seconds a sender's clock may be ahead of ours.")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.bars_profile == "conformance" and not _loopback(self.host):
            raise ValueError("the conformance profile takes anybody's messages: it listens on a loopback address only")
        if self.bars_profile == "production" and not self.bars_ods_codes:
            raise ValueError("SENDHUB_BARS_ODS_CODES is needed: without it no message is addressed to us")
        tls = (self.bars_tls_certificate, self.bars_tls_key)
        if any(tls) and not all(tls):
            raise ValueError("SENDHUB_BARS_TLS_CERTIFICATE and SENDHUB_BARS_TLS_KEY go together")
        if self.bars_identify_by == "certificate" and not (all(tls) and self.bars_tls_client_ca):
            raise ValueError("client certificates need SENDHUB_BARS_TLS_CERTIFICATE, _KEY and _CLIENT_CA")
        return self

    @property
    def profile(self) -> Profile:
        """What is taken."""
        if self.bars_profile == "conformance":
            return CONFORMANCE
        return Profile(
            versions=frozenset(self.bars_versions),
            use_cases=frozenset(self.bars_use_cases),
            ods_codes=frozenset(self.bars_ods_codes),
            services=frozenset(self.bars_dos_services),
            rows=STRICT if self.bars_workflow == "strict" else TOLERANT,
            clock_skew=self.bars_clock_skew,
        )


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
