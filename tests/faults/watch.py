"""Watching a series from outside: where each group stands, all the time. The history tells recovery times, and offsets
that went back.
"""

import asyncio
import json
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from hub.embedded.pipeline import FLOW, Flow
from schemas.topics import FACTS
from tests.faults.counting import NAME

READS: Flow = (*FLOW, (NAME, (FACTS,)))
"""The groups, upstream first, with what each reads."""
POLL_SECONDS = 0.2
BUSY_SECONDS, BUSY_MOVES = 30.0, 4
"""A partition that was seen to move so often, so recently, moves again as soon as somebody can move it."""


class Seen(NamedTuple):
    """Where a group's partition stood, first seen at a time."""

    at: float
    group: str
    partition: TopicPartition
    offset: int


class Watch:
    """Follows the committed offsets of all groups. A broker that is away is asked again."""

    def __init__(self, kafka: str, history: Path) -> None:
        self._kafka = kafka
        self._file = history
        self.seen: list[Seen] = []
        self._latest: dict[tuple[str, TopicPartition], int] = {}

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            with suppress(KafkaError, OSError):
                await self._follow()
            await asyncio.sleep(POLL_SECONDS)

    async def _follow(self) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._kafka, request_timeout_ms=5000)
        try:
            await admin.start()
            while True:
                await self._look(admin)
                await asyncio.sleep(POLL_SECONDS)
        finally:
            with suppress(KafkaError, OSError):
                await admin.close()

    async def look(self) -> None:
        """Once more, when every worker has ended."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._kafka, request_timeout_ms=5000)
        try:
            await admin.start()
            await self._look(admin)
        finally:
            await admin.close()

    async def _look(self, admin: AIOKafkaAdminClient) -> None:
        for group, _ in READS:
            for partition, found in (await admin.list_consumer_group_offsets(f"sendhub-{group}")).items():
                self._note(group, partition, found.offset)

    def _note(self, group: str, partition: TopicPartition, offset: int) -> None:
        if self._latest.get((group, partition)) != offset:
            self._latest[group, partition] = offset
            self.seen.append(Seen(time.time(), group, partition, offset))

    def committed(self) -> dict[tuple[str, str, int], int]:
        """Where each group stood last, by stage, topic and partition."""
        return {(group, tp.topic, tp.partition): offset for (group, tp), offset in self._latest.items()}

    def went_back(self) -> list[Seen]:
        """What was seen at an offset below an earlier one."""
        highest: dict[tuple[str, TopicPartition], int] = {}
        back = []
        for seen in self.seen:
            place = (seen.group, seen.partition)
            if seen.offset < highest.get(place, 0):
                back.append(seen)
            highest[place] = max(seen.offset, highest.get(place, 0))
        return back

    def recovery(self, group: str, at: float) -> float:
        """Seconds from `at` until all of the group's partitions moved again that had been moving before."""
        seen = [each for each in self.seen if each.group == group]
        moves = Counter(each.partition for each in seen if at - BUSY_SECONDS < each.at <= at)
        busy = {partition for partition, number in moves.items() if number >= BUSY_MOVES}
        moved: dict[TopicPartition, float] = {}
        for each in seen:
            if each.at > at and each.partition in busy:
                moved.setdefault(each.partition, each.at)
        never = [self.seen[-1].at] if busy - moved.keys() else []
        return max([*moved.values(), *never], default=at) - at

    def write(self) -> None:
        """Keep the history."""
        with self._file.open("w") as out:
            for seen in self.seen:
                place = f"{seen.partition.topic}/{seen.partition.partition}"
                print(json.dumps({"at": seen.at, "group": seen.group, "at_offset": [place, seen.offset]}), file=out)


async def positions(kafka: str) -> dict[tuple[str, TopicPartition], int]:
    """Where each group stands in each partition of facts."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        return {
            (group, partition): found.offset
            for group, _ in READS
            for partition, found in (await admin.list_consumer_group_offsets(f"sendhub-{group}")).items()
            if partition.topic == FACTS.name
        }
    finally:
        await admin.close()
