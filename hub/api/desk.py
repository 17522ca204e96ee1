"""`python -m hub.api.desk`: identity's desk, for the API and the commands of this deployment, until SIGTERM.

It stands beside the identity stage, left of identity: it can read identity's changelog and write to hub.audit.
"""

import sys

import structlog
import uvicorn
from pydantic import ValidationError

from hub.api.desk_app import create_desk
from hub.api.desk_bytes import KeptBytes
from hub.api.desk_state import FollowedState
from hub.api.identities import Desk
from hub.api.settings import DeskSettings
from hub.core.identity import Identity
from hub.platform import logs, metrics
from hub.platform.clock import clock_from
from hub.platform.health import Health
from hub.platform.listening import listen
from hub.platform.settings import Settings
from hub.runtime import audit
from hub.runtime.matching import matching_of


def desk_of(settings: Settings, writer: audit.Writer) -> Desk:
    """The desk over this deployment's changelog and audit."""
    identity = Identity(settings.key, settings.sources, matching_of(settings).policy)
    state = FollowedState(settings)
    return Desk(identity, state.read, writer.note, clock_from(settings.clock_file), state.marks)


def main() -> int:
    """Run the process; 2 when the settings are wrong."""
    try:
        settings = DeskSettings()
        writer = audit.Writer(settings)
        desk = desk_of(settings, writer)
        raw = KeptBytes(settings, writer.note, clock_from(settings.clock_file))
    except ValidationError as error:
        for item in error.errors(include_input=False):
            name = "".join(f"SENDHUB_{part}: ".upper() for part in item["loc"])
            sys.stderr.write(f"hub.api.desk: {name}{item['msg']}\n")
        return 2
    except (ValueError, OSError) as error:
        sys.stderr.write(f"hub.api.desk: {error}\n")
        return 2
    logs.set_up("desk", settings.log_level)
    listening = listen(settings.host, settings.port)
    metrics_port = metrics.serve(Health(), settings.host, settings.metrics_port)
    structlog.get_logger().info("listening", port=listening.getsockname()[1], metrics_port=metrics_port)
    config = uvicorn.Config(
        create_desk(desk, settings.token_hashes, raw, writer.close),
        access_log=False,
        log_config=None,
        server_header=False,
    )
    uvicorn.Server(config).run(sockets=[listening])
    return 0


if __name__ == "__main__":
    sys.exit(main())
