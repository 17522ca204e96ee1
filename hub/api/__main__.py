"""`python -m hub.api`: serve the HTTP API until SIGTERM."""

import sys

import structlog
import uvicorn
from pydantic import ValidationError

from hub.api.app import create_app
from hub.api.settings import ApiSettings
from hub.platform import logs, metrics
from hub.platform.health import Health
from hub.platform.listening import listen
from hub.store.engine import open_engine
from hub.store.readmodel import ReadModel

STOP_SECONDS = 5
"""How long streams and those that wait may go on once the process is to end: they come back where they were."""


def main() -> int:
    """Run the process; 2 when the settings are wrong."""
    try:
        settings = ApiSettings()
        engine = open_engine(settings.database_url, read_only=True)
        app = create_app(settings, engine)
    except ValidationError as error:
        for item in error.errors(include_input=False):
            name = "".join(f"SENDHUB_{part}: ".upper() for part in item["loc"])
            sys.stderr.write(f"hub.api: {name}{item['msg']}\n")
        return 2
    except (ValueError, OSError) as error:
        sys.stderr.write(f"hub.api: {error}\n")
        return 2
    logs.set_up("api", settings.log_level)
    listening = listen(settings.host, settings.port)
    health = Health({"read model": ReadModel(engine).problem})
    metrics_port = metrics.serve(health, settings.host, settings.metrics_port)
    structlog.get_logger().info("listening", port=listening.getsockname()[1], metrics_port=metrics_port)
    # No access log: query strings may hold what should not be kept.
    config = uvicorn.Config(
        app, access_log=False, log_config=None, server_header=False, timeout_graceful_shutdown=STOP_SECONDS
    )
    uvicorn.Server(config).run(sockets=[listening])
    engine.dispose()
    return 0


if __name__ == "__main__":
    sys.exit(main())
