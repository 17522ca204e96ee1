"""A Quix Streams worker with state, at least once, as its documentation has it."""

import os
import tempfile
from collections.abc import Callable
from typing import Any

from quixstreams import Application
from quixstreams.models.serializers import Serializer

from hub.stages.stage import Output, Record

Handle = Callable[[Record, Any], list[Output]]


def run(group: str, source: str, outputs: tuple[str, ...], handle: Handle) -> None:
    """Run until SIGTERM. `handle` gets a record and Quix's state of its key."""
    app = Application(
        broker_address=os.environ["SENDHUB_KAFKA"],
        consumer_group=group,
        auto_offset_reset="earliest",
        state_dir=tempfile.mkdtemp(prefix="quix-"),
        processing_guarantee="at-least-once",
        commit_interval=1.0,
        loglevel="WARNING",
    )
    serializer = _OutputValue()
    topics = {name: app.topic(name, value_serializer=serializer, key_serializer="bytes") for name in outputs}
    topic = app.topic(source, value_deserializer="bytes", key_deserializer="bytes")

    def process(value: bytes, key: bytes, timestamp: int, headers: Any, state: Any) -> list[Output]:
        return handle(Record(source, 0, 0, key, value, tuple(headers or ()), timestamp), state)

    frame = app.dataframe(topic).apply(process, stateful=True, expand=True, metadata=True)
    frame.to_topic(lambda output, *_: topics[output.topic], key=lambda output: output.key)
    app.run()


class _OutputValue(Serializer):
    """Quix serialises the value of the frame; ours is the whole output."""

    def __call__(self, value: Output, ctx: Any) -> bytes | None:
        return value.value
