"""Topics on the real broker: created as the table says, and judged where they are otherwise."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from hub.embedded.kafka import Kafka
from hub.embedded.ports import LOOPBACK, free_port
from hub.runtime import topics
from hub.runtime.errors import TopicUnfit
from hub.stages.errors import Unavailable
from schemas.topics import CHILDREN, COUNCIL_EVENTS, FACTS, LINKS, Topic
from tests.support.topic_settings import set_to


@pytest.fixture
async def admin(broker: Kafka) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    yield admin
    await admin.close()


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> dict[str, Topic]:
    """The hub's topics under names of this test's own, for the broker is everybody's."""
    prefix = f"t{uuid4().hex[:8]}."
    made = {topic.name: replace(topic, name=prefix + topic.name) for topic in (FACTS, LINKS, CHILDREN, COUNCIL_EVENTS)}
    monkeypatch.setattr(topics, "TOPICS", tuple(made.values()))
    return made


async def test_what_is_created_is_as_it_must_be_and_made_only_once(broker: Kafka, own: dict[str, Topic]) -> None:
    names = [topic.name for topic in own.values()]
    assert await topics.problems(broker.bootstrap, own.values()) == [
        f"{name} is missing: run `sendhub topics`" for name in names
    ]
    assert await topics.create(broker.bootstrap, 1, own.values()) == names
    assert await topics.create(broker.bootstrap, 1, own.values()) == []
    assert await topics.problems(broker.bootstrap, own.values()) == []
    await topics.require(broker.bootstrap, names)


@pytest.mark.parametrize(
    ("name", "setting", "value"),
    [
        (FACTS.name, "cleanup.policy", "compact"),
        (FACTS.name, "cleanup.policy", "compact,delete"),
        (FACTS.name, "retention.ms", "86400000"),
        (FACTS.name, "retention.bytes", "1000000"),
        (LINKS.name, "retention.ms", "86400000"),
        (LINKS.name, "cleanup.policy", "compact"),
        (CHILDREN.name, "cleanup.policy", "delete"),
    ],
)
async def test_what_is_kept_for_ever_may_neither_expire_nor_be_compacted_away(
    broker: Kafka, admin: AIOKafkaAdminClient, own: dict[str, Topic], name: str, setting: str, value: str
) -> None:
    topic = own[name]
    await topics.create(broker.bootstrap, 1, [topic])
    await set_to(admin, topic, **{setting.replace(".", "_"): value})
    wrong = f"{topic.name} has {setting}={value}, not {topic.settings[setting]}"
    (problem,) = await topics.problems(broker.bootstrap, [topic])
    assert problem.startswith(wrong)
    with pytest.raises(TopicUnfit, match=wrong):
        await topics.require(broker.bootstrap, [topic.name])


async def test_what_is_kept_for_ever_may_not_be_left_to_a_remote_store_alone(
    broker: Kafka, admin: AIOKafkaAdminClient, own: dict[str, Topic]
) -> None:
    facts, raw = own[FACTS.name], own[COUNCIL_EVENTS.name]
    await topics.create(broker.bootstrap, 1, [facts, raw])
    await set_to(admin, facts, local_retention_ms="86400000")
    await set_to(admin, raw, local_retention_ms="86400000")
    assert [problem.split(":")[0] for problem in await topics.problems(broker.bootstrap, [facts, raw])] == [
        f"{facts.name} has local.retention.ms=86400000, not -2"
    ]
    with pytest.raises(TopicUnfit, match=r"local\.retention\.ms"):
        await topics.require(broker.bootstrap, [facts.name])


async def test_other_partitions_are_a_grave_problem(
    broker: Kafka, admin: AIOKafkaAdminClient, own: dict[str, Topic]
) -> None:
    topic = own[FACTS.name]
    await admin.create_topics([NewTopic(topic.name, 3, 1, topic_configs=topic.settings)])
    (problem,) = await topics.problems(broker.bootstrap, [topic])
    assert problem.startswith(f"{topic.name} has 3 partitions, not 4")
    with pytest.raises(TopicUnfit, match="3 partitions"):
        await topics.require(broker.bootstrap, [topic.name])


async def test_how_long_raw_messages_are_kept_is_told_but_stops_nobody(
    broker: Kafka, admin: AIOKafkaAdminClient, own: dict[str, Topic]
) -> None:
    topic = own[COUNCIL_EVENTS.name]
    await topics.create(broker.bootstrap, 1, [topic])
    await set_to(admin, topic, retention_ms="604800000")
    assert len(await topics.problems(broker.bootstrap, [topic])) == 1
    await topics.require(broker.bootstrap, [topic.name])


async def test_a_missing_topic_and_an_absent_broker_are_only_waited_for(broker: Kafka, own: dict[str, Topic]) -> None:
    missing = own[FACTS.name].name
    with pytest.raises(Unavailable, match=f"{missing} is missing: run `sendhub topics`"):
        await topics.require(broker.bootstrap, [missing])
    with pytest.raises(Unavailable, match="Kafka does not answer"):
        await topics.require(f"{LOOPBACK}:{free_port()}", [missing])
