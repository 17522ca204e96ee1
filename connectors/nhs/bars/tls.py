"""TLS with client certificates: uvicorn checks them, but does not say whose they were. This protocol does."""

import asyncio
import ssl
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from cryptography import x509
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from connectors.nhs.bars.callers import with_certificate
from connectors.nhs.bars.settings import BarsSettings


class CertificateProtocol(H11Protocol):
    """HTTP/1.1 that puts the certificate of the connection into the scope of each of its requests."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wrap this connection's application once its certificate is known."""
        super().connection_made(transport)
        connection = transport.get_extra_info("ssl_object")
        der = connection.getpeercert(binary_form=True) if connection else None
        self.app = _Known(self.app, der)


class _Known:
    def __init__(self, app: Any, der: bytes | None) -> None:
        self._app: ASGIApp = app
        self._der = der

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(with_certificate(scope, self._der), receive, send)


def certificate_ends(file: Path) -> date:
    """The last day of our certificate, which comes first in its chain; raises OSError or ValueError."""
    return x509.load_pem_x509_certificates(file.read_bytes())[0].not_valid_after_utc.date()


def certificate_in_use(file: Path) -> Callable[[], date]:
    """Tells the last day of the certificate that lies there now, also when another is put in its place: a process shows
    the one that it began with. Raises OSError or ValueError.
    """
    ends = certificate_ends(file)
    return lambda: ends


def tls_options(settings: BarsSettings) -> dict[str, Any]:
    """The options of uvicorn for TLS as the settings ask for it; none without our certificate."""
    if settings.bars_tls_certificate is None:
        return {}
    options: dict[str, Any] = {
        "ssl_certfile": str(settings.bars_tls_certificate),
        "ssl_keyfile": str(settings.bars_tls_key),
    }
    if settings.bars_tls_client_ca is not None:
        options |= {"ssl_ca_certs": str(settings.bars_tls_client_ca), "ssl_cert_reqs": ssl.CERT_REQUIRED}
    return options | {"http": CertificateProtocol}
