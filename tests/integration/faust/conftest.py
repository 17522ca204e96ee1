"""Each scenario runs twice: against the hub's worker, which must come out right, and against stock Faust, which must
show the defect: so each test is known to be able to fail.
"""

from pathlib import Path
from uuid import uuid4

import pytest

from hub.embedded.kafka import Kafka
from tests.integration.faust.trial import Trial
from tests.support.counting import Run


@pytest.fixture(params=["hub", "stock"])
async def trial(request: pytest.FixtureRequest, broker: Kafka, tmp_path: Path) -> Trial:
    """A trial on the broker of the run, its topics made."""
    trial = Trial(broker.bootstrap, Run(f"faust-{uuid4().hex[:8]}"), tmp_path, request.param == "stock")
    await trial.create()
    return trial
