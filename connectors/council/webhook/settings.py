"""The webhook's own settings, beside those that every process has."""

from pathlib import Path

from pydantic import Field

from hub.platform.settings import Settings


class WebhookSettings(Settings):
    """Settings of `python -m connectors.council.webhook`."""

    webhook_tokens_file: Path = Field(
        Path("webhook-tokens.toml"),
        description="TOML table `[tokens]`: source id to the SHA-256 of its bearer tokens.",
    )
    webhook_batch_limit: int = Field(1_000, ge=1, description="Most events in one request; more is 413.")
