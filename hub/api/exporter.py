"""`python -m hub.api.exporter`: serve the domain's gauges to Prometheus until SIGTERM."""

import signal
import sys
from threading import Event

import structlog
from prometheus_client import REGISTRY

from hub.api.collector import DomainCollector
from hub.platform import logs, metrics
from hub.platform.clock import clock_from, today
from hub.platform.health import Health
from hub.platform.settings import Settings
from hub.store.engine import open_engine
from hub.store.readmodel import ReadModel


def main() -> int:
    """Run the process; 2 when the settings are wrong."""
    try:
        settings = Settings()
        engine = open_engine(settings.database_url, read_only=True)
    except ValueError as error:
        sys.stderr.write(f"hub.api.exporter: {error}\n")
        return 2
    logs.set_up("exporter", settings.log_level)
    model, clock, stop = ReadModel(engine), clock_from(settings.clock_file), Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    REGISTRY.register(DomainCollector(model, lambda: today(clock)))
    port = metrics.serve(Health({"read model": model.problem}), settings.host, settings.metrics_port)
    structlog.get_logger().info("listening", port=port)
    stop.wait()
    engine.dispose()
    return 0


if __name__ == "__main__":
    sys.exit(main())
