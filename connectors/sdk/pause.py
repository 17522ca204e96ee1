"""A connector's own answer to `sendhub pause`."""

from connectors.sdk.counts import CONNECTOR_PAUSED
from hub.platform.pausing import Pausing
from hub.platform.settings import Settings


def following(settings: Settings, connector: str) -> Pausing:
    """Follows from now on whether this connector is paused, and shows it as a gauge."""
    return Pausing(settings.kafka, connector, CONNECTOR_PAUSED.labels(connector).set).start()
