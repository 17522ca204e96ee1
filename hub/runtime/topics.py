"""Creates the hub's topics and checks them against schemas/topics.py."""

from collections.abc import Iterable

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, for_code

from hub.runtime.errors import TopicMissing
from schemas.topics import TOPICS, Topic


async def create(kafka: str, replication: int, topics: Iterable[Topic] = TOPICS) -> list[str]:
    """Create the topics that are missing; their names. Those that exist are left as they are: `check` judges them."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        missing = [topic for topic in topics if topic.name not in existing]
        new = [NewTopic(topic.name, topic.partitions, replication, topic_configs=topic.settings) for topic in missing]
        if new:
            response = await admin.create_topics(new)
            for name, code, message in response.topic_errors:
                if code not in (0, TopicAlreadyExistsError.errno):
                    raise TopicMissing(f"could not create {name}: {message or for_code(code).__name__}")
        return [topic.name for topic in missing]
    finally:
        await admin.close()


async def problems(kafka: str, topics: Iterable[Topic] = TOPICS) -> list[str]:
    """What is wrong with the topics, each with what to do; empty when all is well.

    Facts and links must never be compacted or expired: the whole record is rebuilt from them.
    """
    wanted = {topic.name: topic for topic in topics}
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        found = [f"{name} is missing: run `sendhub topics`" for name in wanted if name not in existing]
        present = [name for name in wanted if name in existing]
        if not present:
            return found
        for description in await admin.describe_topics(present):
            found += _partition_problems(wanted[description["topic"]], len(description["partitions"]))
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in present]
        for response in await admin.describe_configs(resources):
            for resource in response.resources:
                name, entries = resource[3], resource[4]
                found += _setting_problems(wanted[name], {entry[0]: entry[1] for entry in entries})
        return found
    finally:
        await admin.close()


def _partition_problems(topic: Topic, partitions: int) -> list[str]:
    if partitions == topic.partitions:
        return []
    return [
        f"{topic.name} has {partitions} partitions, not {topic.partitions}: keys would move. Make the topic anew and "
        "rebuild from the facts."
    ]


def _setting_problems(topic: Topic, found: dict[str, str]) -> list[str]:
    return [
        f"{topic.name} has {name}={found.get(name)}, not {value}: set it with kafka-configs"
        for name, value in topic.settings.items()
        if found.get(name) != value
    ]
