"""The process: `python -m connectors.nhs.bars`."""

import asyncio
import sys
import time

from pydantic import ValidationError

from connectors.nhs.bars.app import CONNECTOR, Bars, create_app
from connectors.nhs.bars.callers import Callers, CertificateCallers, TokenCallers, read_callers, read_keys
from connectors.nhs.bars.parsers import Parsers
from connectors.nhs.bars.receiver import Receiver
from connectors.nhs.bars.settings import BarsSettings
from connectors.nhs.bars.tls import certificate_in_use, tls_options
from connectors.sdk.kafka import KafkaPublisher, own_ring
from connectors.sdk.pause import following
from connectors.sdk.server import check, serve
from connectors.sdk.sql_ledger import SqlLedger
from hub.platform import expiry, logs, tracing
from hub.platform.clock import clock_from
from hub.platform.health import Health
from schemas.kinds import validation_errors

_SECURITY = {"token": "signed token (JWT, Authorization: Bearer)", "certificate": "TLS client certificate"}


def main() -> None:
    """Run until SIGTERM or SIGINT; one sentence and status 1 where the settings or their files are wrong."""
    try:
        settings = BarsSettings()
        logs.set_up(CONNECTOR, settings.log_level)
        tracing.set_up(settings, CONNECTOR)
        asyncio.run(run(settings))
    except ValidationError as error:
        problems = "; ".join(f"{field}: {message}" for field, message in validation_errors(error))
        sys.exit(f"the BaRS connector cannot run: {problems}")
    except (OSError, ValueError) as error:
        sys.exit(f"the BaRS connector cannot run: {error}")


async def run(settings: BarsSettings) -> None:
    """Build the ports from the settings and serve."""
    callers = known_callers(settings)
    publisher = KafkaPublisher(
        settings.kafka, settings.ack_timeout, own_ring(settings), client_id=f"sendhub-bars-{settings.instance}"
    )
    ledger = SqlLedger(settings.ledger_url, CONNECTOR)
    parsers = Parsers(settings.bars_parsers, settings.bars_parse_seconds)
    receiver = Receiver(
        publisher=publisher,
        ledger=ledger,
        reader=parsers,
        clock=clock_from(settings.clock_file),
        key=settings.key,
        profile=settings.profile,
        ack_timeout=settings.ack_timeout,
    )
    pausing = following(settings, CONNECTOR)
    bars = Bars(
        receiver,
        callers,
        security=_SECURITY[settings.bars_identify_by],
        in_flight_limit=settings.in_flight_limit,
        body_limit=settings.body_limit,
        paused=pausing.told,
    )
    health = Health(
        {
            "broker": check(publisher.ready, "the broker does not answer"),
            "ledger": check(ledger.ready, "the ledger's database does not answer"),
            "pause": pausing.told,
        }
    )
    if settings.bars_tls_certificate is not None:
        expiry.watch("bars-certificate", certificate_in_use(settings.bars_tls_certificate))
    await publisher.start()
    try:
        await parsers.warm()
        await serve(create_app(bars), settings, health, **tls_options(settings))
    finally:
        await publisher.stop()
        parsers.close()
        ledger.close()


def known_callers(settings: BarsSettings) -> Callers:
    """The callers, known as the settings say. Tokens expire by the machine's clock, also while a demo drives ours."""
    callers = read_callers(settings.bars_callers_file, settings.sources)
    if settings.bars_identify_by == "certificate":
        return CertificateCallers(callers)
    return TokenCallers(callers, read_keys(settings.bars_jwks_file), settings.bars_audience, lambda: int(time.time()))


if __name__ == "__main__":
    main()
