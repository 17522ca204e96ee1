"""What the broker knows of a stage's consumer group."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from typing import TypeVar

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupLoadInProgressError, KafkaError, for_code

from hub.platform.settings import Settings
from hub.runtime.errors import RuntimeFault
from hub.runtime.partitions import Partition
from hub.runtime.producer import group_id
from hub.stages.errors import Unavailable


class StageRuns(RuntimeFault):
    """The stage's group has members: what is asked for needs it stopped."""


Answer = TypeVar("Answer")

SPARE_SECONDS = 3.0
PATIENCE_SECONDS = 10.0
"""How long a group's coordinator may take to answer: after a broker's start it has to read its groups first."""


async def offsets(settings: Settings, stage: str, partitions: Collection[Partition]) -> dict[Partition, int]:
    """The group's committed offset of each of these partitions that has one. Raises Unavailable while Kafka is away."""
    wanted = [TopicPartition(*partition) for partition in partitions]

    async def ask(admin: AIOKafkaAdminClient) -> dict[Partition, int]:
        found = await admin.list_consumer_group_offsets(group_id(settings, stage), partitions=wanted)
        if not found.keys() >= set(wanted):
            # An error of the whole group (its coordinator still loads, or is another) comes with no partition at all,
            # and the client does not look at it. "Never committed" is an offset of -1, and nothing else.
            raise GroupLoadInProgressError(f"{group_id(settings, stage)} is not told of")
        return {Partition(*tp): each.offset for tp, each in found.items() if each.offset >= 0}

    return await _ask(settings, ask)


async def require_stopped(settings: Settings, stage: str) -> None:
    """Raises StageRuns while the group has members.

    A worker that ended counts until its session times out, for static members do not take leave: so long is waited.
    """
    end = time.monotonic() + settings.session_timeout + SPARE_SECONDS
    while members := await _members(settings, stage):
        if time.monotonic() > end:
            raise StageRuns(
                f"{stage} runs: group {group_id(settings, stage)} has {members} members. Stop it on all machines first"
            )
        await asyncio.sleep(0.5)


async def _members(settings: Settings, stage: str) -> int:
    async def ask(admin: AIOKafkaAdminClient) -> int:
        (response,) = await admin.describe_consumer_groups([group_id(settings, stage)])
        ((code, _, _, _, _, members, *_),) = response.groups
        if code:
            # Such an answer names no members either.
            raise for_code(code)(f"{group_id(settings, stage)} is not described")
        return len(members)

    return await _ask(settings, ask)


async def _ask(settings: Settings, question: Callable[[AIOKafkaAdminClient], Awaitable[Answer]]) -> Answer:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await admin.start()
            return await _until_answered(admin, question)
    except (KafkaError, OSError, TimeoutError) as error:
        raise Unavailable(f"Kafka does not answer ({type(error).__name__})") from error
    finally:
        await admin.close()


async def _until_answered(
    admin: AIOKafkaAdminClient, question: Callable[[AIOKafkaAdminClient], Awaitable[Answer]]
) -> Answer:
    while True:
        try:
            return await question(admin)
        except KafkaError as error:
            if not error.retriable:
                raise
            await asyncio.sleep(0.2)
