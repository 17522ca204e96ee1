"""A short part of the fault suite: one series of three faults, on the real Kafka and PostgreSQL."""

import pytest

from tests.faults.kinds import KINDS
from tests.faults.series import run


@pytest.mark.parametrize("fault", ["crash", "pause", "database"])
async def test_nothing_is_lost_wrong_or_repeated(fault: str) -> None:
    row = await run(KINDS[fault], seed=1)
    assert row.clean, row.verdict.findings
    assert row.verdict.inputs > 500
