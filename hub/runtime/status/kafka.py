"""What Kafka knows: whether it answers, how far each stage is behind, and what is paused."""

from collections.abc import Mapping, Sequence

from aiokafka.errors import KafkaError

from hub.platform.settings import Settings
from hub.runtime import groups, pauses
from hub.runtime.log_reader import LogReader
from hub.runtime.partitions import Partition
from hub.runtime.reads import READS
from hub.runtime.status.judging import judged
from hub.stages.errors import Unavailable
from schemas.status import Item
from schemas.topics import Topic

MANY = 1_000
"""Records that a stage may be behind by while the hub counts as well: a backlog is worked off in seconds."""


async def look(settings: Settings) -> list[Item]:
    """Each stage's lag, and who paused what."""
    places = {stage: _partitions(topics) for stage, topics in READS.items()}
    try:
        ends = await _ends(settings, sorted({each for mine in places.values() for each in mine}))
        paused = await pauses.standing(settings)
        lags = [_lag(stage, await groups.offsets(settings, stage, mine), mine, ends) for stage, mine in places.items()]
    except (KafkaError, OSError, Unavailable) as error:
        words = f"{settings.kafka} does not answer ({type(error).__name__}): how far stages are behind can't be told"
        return [judged("kafka", "kafka", words, "stage-waiting")]
    held = [judged("process", name, each.words, "paused") for name, each in paused.items()]
    return [judged("kafka", "kafka", "answers"), *lags, *held]


async def _ends(settings: Settings, partitions: Sequence[Partition]) -> dict[Partition, tuple[int, int]]:
    async with LogReader(settings, partitions) as log:
        return await log.bounds()


def _partitions(topics: Sequence[Topic]) -> list[Partition]:
    return [Partition(topic.name, number) for topic in topics for number in range(topic.partitions)]


def _lag(
    stage: str,
    passed: Mapping[Partition, int],
    mine: Sequence[Partition],
    ends: Mapping[Partition, tuple[int, int]],
) -> Item:
    left = {each: max(0, ends[each][1] - passed.get(each, ends[each][0])) for each in mine}
    behind, most = sum(left.values()), max(mine, key=lambda each: left[each])
    words = f"{behind:,} records behind" if behind > 1 else "has read everything"
    if behind > 1 and len(mine) > 1:
        words += f", {left[most]:,} of them on partition {most.partition} of {most.topic}"
    runbook = "lag-rising" if behind > MANY else None
    return judged("stage", stage, words, runbook, {"lag_records": behind})
