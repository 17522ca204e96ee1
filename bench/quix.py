"""A Quix Streams worker with state, at least once, as its documentation has it; outputs go to the topics they name."""

import os
import tempfile
from collections.abc import Callable
from typing import Any

from quixstreams import Application

from hub.stages.stage import Output, Record

Handle = Callable[[Record, Any], list[Output]]


def run(group: str, source: str, handle: Handle) -> None:
    """Run until SIGTERM."""
    app = Application(
        broker_address=os.environ["SENDHUB_KAFKA"],
        consumer_group=group,
        auto_offset_reset="earliest",
        state_dir=tempfile.mkdtemp(prefix="quix-"),
        processing_guarantee="at-least-once",
        loglevel="WARNING",
    )
    topic = app.topic(source, value_deserializer="bytes", key_deserializer="bytes")
    producer = app.get_producer()

    def process(value: bytes, key: bytes, timestamp: int, headers: Any, state: Any) -> None:
        record = Record(source, 0, 0, key, value, tuple(headers or ()), timestamp)
        for output in handle(record, state):
            producer.produce(output.topic, value=output.value, key=output.key)

    with producer:
        app.dataframe(topic).update(process, stateful=True, metadata=True)
        app.run()
