"""Changing a topic's settings on a running broker."""

import asyncio

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from schemas.topics import Topic


async def set_to(admin: AIOKafkaAdminClient, topic: Topic, **settings: str) -> None:
    """Return once the broker says them itself: it learns of a change only after that was acknowledged."""
    changed = {name.replace("_", "."): value for name, value in settings.items()}
    resource = ConfigResource(ConfigResourceType.TOPIC, topic.name, {**topic.settings, **changed})
    await admin.alter_configs([resource])
    for _ in range(300):
        if (await _settings(admin, topic)).items() >= changed.items():
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{topic.name} never took {sorted(changed)}")


async def _settings(admin: AIOKafkaAdminClient, topic: Topic) -> dict[str, str]:
    (response,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic.name)])
    ((*_, entries),) = response.resources
    return {entry[0]: entry[1] for entry in entries}
