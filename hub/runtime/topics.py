"""Creates the hub's topics and checks them against schemas/topics.py."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from hub.runtime.errors import TopicUnfit
from hub.stages.errors import Unavailable
from schemas.topics import TOPICS, Topic

ADMIN_TIMEOUT_MS = 10_000
VITAL = frozenset({"cleanup.policy", "retention.ms", "retention.bytes"})
"""Settings by which a topic that is kept for ever would lose records."""

NOT_SHORTER = {"local.retention.ms": ("-2", "-1"), "local.retention.bytes": ("-2", "-1")}
"""With tiered storage: as `retention`, or for ever. Anything else leaves the records to a remote store alone."""


class Problem(NamedTuple):
    """What is wrong with a topic, with what to do. Before a `grave` one is mended nothing may be read or written."""

    what: str
    grave: bool


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
                    raise TopicUnfit(f"could not create {name}: {message or for_code(code).__name__}")
        return [topic.name for topic in missing]
    finally:
        await admin.close()


async def problems(kafka: str, topics: Iterable[Topic] = TOPICS) -> list[str]:
    """What is wrong with the topics, each with what to do; empty when all is well.

    Facts and links must never be compacted or expired: the whole record is rebuilt from them.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        wanted = {topic.name: topic for topic in topics}
        missing = await _missing(admin, wanted)
        present = [topic for name, topic in wanted.items() if name not in missing]
        return [_is_missing(name) for name in missing] + [problem.what for problem in await _wrong(admin, present)]
    finally:
        await admin.close()


async def require(kafka: str, names: Iterable[str]) -> None:
    """Return when these topics are there, and none is as it would do harm: of these, and of those kept for ever.

    So no stage adds to a hub that loses its facts. Raises Unavailable while one of these is missing or Kafka is away,
    TopicUnfit when one has other partitions than it must have, or could lose what is kept for ever.
    """
    wanted = set(names)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka, request_timeout_ms=ADMIN_TIMEOUT_MS)
    try:
        await admin.start()
        judged = [topic for topic in TOPICS if topic.name in wanted or _is_kept_for_ever(topic)]
        missing = await _missing(admin, wanted | {topic.name for topic in judged})
        if awaited := sorted(wanted.intersection(missing)):
            raise Unavailable("; ".join(map(_is_missing, awaited)))
        wrong = await _wrong(admin, [topic for topic in judged if topic.name not in missing])
    except (KafkaError, OSError) as error:
        raise Unavailable(f"Kafka does not answer ({type(error).__name__})") from error
    finally:
        await admin.close()
    grave = [problem.what for problem in wrong if problem.grave]
    if grave:
        raise TopicUnfit("; ".join(grave))


async def partitions_of(kafka: str, name: str) -> int:
    """How many partitions a topic has; raises Unavailable when it is missing or Kafka is away."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka, request_timeout_ms=ADMIN_TIMEOUT_MS)
    try:
        await admin.start()
        if await _missing(admin, [name]):
            raise Unavailable(_is_missing(name))
        (description,) = await admin.describe_topics([name])
    except (KafkaError, OSError) as error:
        raise Unavailable(f"Kafka does not answer ({type(error).__name__})") from error
    finally:
        await admin.close()
    return len(description["partitions"])


async def _missing(admin: AIOKafkaAdminClient, names: Collection[str]) -> list[str]:
    existing = set(await admin.list_topics())
    return [name for name in names if name not in existing]


def _is_missing(name: str) -> str:
    return f"{name} is missing: run `sendhub topics`"


async def _wrong(admin: AIOKafkaAdminClient, present: Collection[Topic]) -> list[Problem]:
    if not present:
        return []
    wanted = {topic.name: topic for topic in present}
    found: list[Problem] = []
    for description in await admin.describe_topics(list(wanted)):
        found += _partition_problems(wanted[description["topic"]], len(description["partitions"]))
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in wanted]
    for response in await admin.describe_configs(resources):
        for resource in response.resources:
            name, entries = resource[3], resource[4]
            found += _setting_problems(wanted[name], {entry[0]: entry[1] for entry in entries})
    return found


def _partition_problems(topic: Topic, partitions: int) -> list[Problem]:
    if partitions == topic.partitions:
        return []
    what = (
        f"{topic.name} has {partitions} partitions, not {topic.partitions}: keys would move. Make the topic anew and "
        "rebuild from the facts."
    )
    return [Problem(what, grave=True)]


def _setting_problems(topic: Topic, found: dict[str, str]) -> list[Problem]:
    return _unlike(topic, found) + _shorter(topic, found)


def _is_kept_for_ever(topic: Topic) -> bool:
    """Every record of it, not only the last of each key."""
    return topic.policy == "delete" and topic.keep_days is None


def _shorter(topic: Topic, found: dict[str, str]) -> list[Problem]:
    if not _is_kept_for_ever(topic):
        return []
    return [
        Problem(f"{topic.name} has {name}={found[name]}, not {may[0]}: set it with kafka-configs", grave=True)
        for name, may in NOT_SHORTER.items()
        if found.get(name, may[0]) not in may
    ]


def _unlike(topic: Topic, found: dict[str, str]) -> list[Problem]:
    return [
        Problem(
            f"{topic.name} has {name}={found.get(name)}, not {value}: set it with kafka-configs",
            grave=topic.keep_days is None and name in VITAL,
        )
        for name, value in topic.settings.items()
        if found.get(name) != value
    ]
