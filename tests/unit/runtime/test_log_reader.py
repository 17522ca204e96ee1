"""A reader that can't connect leaves no connection open."""

import pytest
from aiokafka.errors import KafkaConnectionError

from hub.platform.settings import Settings
from hub.runtime import log_reader
from hub.runtime.log_reader import LogReader
from hub.runtime.partitions import Partition


class Consumer:
    """Keeps whether it runs; fails as told."""

    def __init__(self, fails: str | None = None) -> None:
        self.fails = fails
        self.running = False

    async def start(self) -> None:
        self.running = True
        if self.fails == "start":
            raise KafkaConnectionError("away")

    async def stop(self) -> None:
        self.running = False
        if self.fails == "stop":
            raise KafkaConnectionError("away")

    def assign(self, partitions: object) -> None:
        return

    async def seek_to_beginning(self, *partitions: object) -> None:
        return


@pytest.mark.parametrize("fails", ["start", "stop"])
async def test_neither_client_is_left_running_when_the_other_fails(fails: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clients = {"read_committed": Consumer(), "read_uncommitted": Consumer(fails)}
    monkeypatch.setattr(log_reader, "_consumer", lambda settings, isolation: clients[isolation])
    with pytest.raises(KafkaConnectionError):
        async with LogReader(Settings(), [Partition("test.in", 0)]):
            assert all(client.running for client in clients.values())
    assert not any(client.running for client in clients.values())
