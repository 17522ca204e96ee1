"""The process: `python -m connectors.council.webhook`."""

import asyncio
import sys

from connectors.council.webhook.app import CONNECTOR, Webhook, create_app
from connectors.council.webhook.settings import WebhookSettings
from connectors.sdk.kafka import KafkaPublisher, own_ring
from connectors.sdk.pause import following
from connectors.sdk.server import check, serve
from connectors.sdk.sql_ledger import SqlLedger
from connectors.sdk.tokens import BearerTokens
from hub.platform import logs, tracing
from hub.platform.clock import clock_from
from hub.platform.health import Health
from schemas.sources import Sources


def main() -> None:
    """Run until SIGTERM or SIGINT; one sentence and status 1 where the settings or their files are wrong."""
    settings = WebhookSettings()
    logs.set_up("webhook", settings.log_level)
    tracing.set_up(settings, CONNECTOR)
    try:
        asyncio.run(run(settings))
    except (OSError, ValueError) as error:
        sys.exit(f"the webhook cannot run: {error}")


async def run(settings: WebhookSettings) -> None:
    """Build the ports from the settings and serve."""
    tokens = BearerTokens.read(settings.webhook_tokens_file)
    check_sources(tokens, settings.sources)
    publisher = KafkaPublisher(
        settings.kafka, settings.ack_timeout, own_ring(settings), client_id=f"sendhub-webhook-{settings.instance}"
    )
    ledger = SqlLedger(settings.ledger_url, CONNECTOR)
    pausing = following(settings, CONNECTOR)
    webhook = Webhook(
        publisher=publisher,
        ledger=ledger,
        tokens=tokens,
        clock=clock_from(settings.clock_file),
        key=settings.key,
        ack_timeout=settings.ack_timeout,
        in_flight_limit=settings.in_flight_limit,
        body_limit=settings.body_limit,
        batch_limit=settings.webhook_batch_limit,
        paused=pausing.told,
    )
    health = Health(
        {
            "broker": check(publisher.ready, "the broker does not answer"),
            "ledger": check(ledger.ready, "the ledger's database does not answer"),
            "pause": pausing.told,
        }
    )
    await publisher.start()
    try:
        await serve(create_app(webhook), settings, health)
    finally:
        await publisher.stop()
        ledger.close()


def check_sources(tokens: BearerTokens, sources: Sources) -> None:
    """Raises ValueError when a token is bound to a source that is not a registered council's."""
    for name in tokens.sources:
        source = sources.find(name)
        if source is None or source.kind != "council":
            raise ValueError(f"the tokens file names {name}, which is not a registered source of kind council")


if __name__ == "__main__":
    main()
