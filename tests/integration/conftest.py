"""The whole hub, started once for all tests that look at it from outside."""

import os
import shutil
from collections.abc import AsyncIterator
from datetime import date

import pytest
import pytest_asyncio

from hub.embedded import deployment, system
from hub.embedded.kafka import Kafka
from hub.embedded.ports import free_port
from schemas.sources import Source, Sources

COUNCIL = "one-education:825:2022"
TRACKER = "council-tracker:825:2026"
TRUST = "bht-community:RXQ:2026"
SOCIAL_CARE = "social-care:825:2019"
EARLY_HELP = "early-help:825:2021"
SOURCES = Sources(
    sources=(
        Source(
            id=COUNCIL,
            kind="council",
            area="825",
            creates_children=True,
            trusts_nhs_number=True,
            trusts_upn=True,
            live_from=date(2026, 1, 1),
        ),
        Source(id=TRACKER, kind="council", area="825", trusts_nhs_number=True, trusts_upn=True),
        Source(id=TRUST, kind="nhs", trusts_nhs_number=True),
        Source(id=SOCIAL_CARE, kind="council", area="825"),
        Source(id=EARLY_HELP, kind="council", area="825"),
    )
)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def hub(broker: Kafka, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[system.System]:
    """All processes on the real broker, on free ports, in a folder of their own."""
    made = deployment.create(tmp_path_factory.mktemp("hub"), SOURCES)
    # Connectors that other tests start write to the same topics: with another ring the stages would wait for its keys.
    shutil.copy(os.environ["SENDHUB_KEY_RING_FILE"], made.folder / "ring")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SENDHUB_HEARTBEAT_SECONDS", "1")
        async with system.running(made, broker.bootstrap, lambda preferred: free_port()) as running:
            yield running
