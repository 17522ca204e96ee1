"""The projection's committer on a database of its own, and a log that says where the group stood."""

from datetime import datetime
from pathlib import Path

import pytest

from hub.platform.clock import SystemClock
from hub.platform.settings import Settings
from hub.runtime.database_committer import DatabaseCommitter
from hub.runtime.partitions import Partition
from hub.runtime.worker import no_point
from hub.stages.stage import Record
from hub.store import Projector
from tests.support.readmodel import child

SOURCE = Partition("hub.children", 0)


class Log:
    """A source log whose group stood at an offset, or never committed one."""

    def __init__(self, stood: int | None) -> None:
        self._stood = stood

    async def committed_offset(self, partition: Partition) -> int | None:
        return self._stood

    async def check_start(self, partition: Partition, stored: int | None) -> int:
        return stored or 0

    async def announce(self, partition: Partition, offset: int) -> None:
        return


def received(offset: int) -> Record:
    return child(offset, headers=[("received_at", f"2026-10-20T09:3{offset}:00Z".encode())])


@pytest.mark.parametrize(("stood", "told"), [(None, [0, 1, 2]), (0, [0, 1, 2]), (2, [2]), (3, [])])
async def test_a_read_model_that_is_filled_anew_does_not_tell_a_second_time_how_long_records_took(
    stood: int | None, told: list[int], tmp_path: Path
) -> None:
    """What comes beyond where the one before it stood is told as ever."""
    seen: list[datetime] = []
    projector = Projector.open(f"sqlite:///{tmp_path}/anew.db", seen.append)
    settings = Settings(key_ring_file=tmp_path / "ring")
    committer = DatabaseCommitter(settings, SystemClock(), "projection", SOURCE, projector, Log(stood), no_point)
    assert await committer.open() == 0
    await committer.commit([received(0), received(1)], 2)
    await committer.commit([received(2)], 3)
    projector.close()
    assert [at.minute - 30 for at in seen] == told
