"""What uses which wrapping key, read from the topics themselves; no key is needed for that."""

from collections import Counter

from hub.core.identity.erasure import DATA_KEY
from hub.platform.keys import SealBroken
from hub.platform.seal import wrapped_with
from hub.platform.settings import Settings
from hub.runtime import topics as kafka_topics
from hub.runtime.letter_keys import LetterKeys
from hub.runtime.log_reader import LogReader
from hub.runtime.partitions import Partition
from schemas.topics import DEADLETTER_KEYS, IDENTITY_STATE


async def of_wrapping_keys(settings: Settings) -> dict[str, int]:
    """How many keys are wrapped with each wrapping key, by id. Raises Unavailable while Kafka or a topic is away."""
    await kafka_topics.require(settings.kafka, [IDENTITY_STATE.name, DEADLETTER_KEYS.name])
    held: dict[bytes, bytes] = {}
    async with LogReader(settings, [Partition(IDENTITY_STATE.name, 0)]) as log:
        async for batch in log.read_on():
            for raw in batch:
                if raw.key.startswith(DATA_KEY.encode()):
                    if raw.value is None:
                        held.pop(raw.key, None)
                    else:
                        held[raw.key] = raw.value
    found = Counter(filter(None, map(_id, held.values())))
    return found + (await LetterKeys.read(settings)).uses()


def _id(wrapped: bytes) -> str | None:
    try:
        return wrapped_with(wrapped)
    except SealBroken:
        return None
