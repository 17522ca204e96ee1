"""The systems that are compared, each a worker process. Usage: python -m bench.systems SYSTEM HANDLER SOURCE PREFIX.

Every one of them reads SOURCE, writes to PREFIX.* and commits to the group PREFIX-bench.
"""

import asyncio
import os
import sys
import tempfile
from typing import Any

from bench import samples
from bench.handlers import OUTPUTS, Nothing, single, stage
from hub.platform.logs import set_up
from hub.platform.settings import Settings
from hub.stages.stage import Output, Record

BATCH = 500


def lane(handler: str, source: str, prefix: str) -> None:
    """This hub's runtime: exactly once."""
    from hub.runtime.worker import run_stage

    set_up("bench", "WARNING")
    run_stage(Settings(group_prefix=prefix), stage(handler, source, prefix), lambda point: samples.start())


def quix(handler: str, source: str, prefix: str, guarantee: str = "at-least-once") -> None:
    """Quix Streams with state, as its documentation has it."""
    from quixstreams import Application
    from quixstreams.models.serializers import Serializer

    class Value(Serializer):
        """Quix serialises the value of the frame; ours is the whole output."""

        def __call__(self, value: Output, ctx: Any) -> bytes | None:
            return value.value

    app = Application(
        broker_address=Settings().kafka,
        consumer_group=f"{prefix}-bench",
        auto_offset_reset="earliest",
        state_dir=tempfile.mkdtemp(prefix="quix-"),
        processing_guarantee=guarantee,  # type: ignore[arg-type]
        commit_interval=1.0,
        loglevel="WARNING",
    )
    names = [f"{prefix}.{topic.name}" for topic in OUTPUTS[handler]]
    topics = {name: app.topic(name, value_serializer=Value(), key_serializer="bytes") for name in names}
    handle = single(handler, prefix)

    def process(value: bytes, key: bytes, timestamp: int, headers: Any, state: Any) -> list[Output]:
        return handle(Record(source, 0, 0, key, value, tuple(headers or ()), timestamp), TextState(state))

    frame = app.dataframe(app.topic(source, value_deserializer="bytes", key_deserializer="bytes"))
    frame = frame.apply(process, stateful=True, expand=True, metadata=True)
    frame.to_topic(lambda output, *_: topics[output.topic], key=lambda output: output.key)
    app.run()


def quix_eos(handler: str, source: str, prefix: str) -> None:
    """Quix Streams with state, exactly once."""
    quix(handler, source, prefix, "exactly-once")


def faust(handler: str, source: str, prefix: str) -> None:
    """Stock Faust: an agent and a table, as its documentation has it."""
    import faust as stock

    raw = {"value_type": bytes, "value_serializer": "raw", "key_type": bytes, "key_serializer": "raw"}
    app = stock.App(f"{prefix}-bench", broker=f"kafka://{Settings().kafka}", web_enabled=False, topic_partitions=4)
    app.conf.datadir = tempfile.mkdtemp(prefix="faust-")
    table = app.Table("state", partitions=4)
    topics = {name: app.topic(name, **raw) for name in (f"{prefix}.{topic.name}" for topic in OUTPUTS[handler])}
    handle = single(handler, prefix)

    @app.agent(app.topic(source, **raw))
    async def work(stream: Any) -> None:
        async for event in stream.events():
            for output in handle(Record(source, 0, 0, event.key, event.value), TableState(table)):
                await topics[output.topic].send(key=output.key, value=output.value)

    app.finalize()
    stock.Worker(app, loglevel="warning", quiet=True).execute_from_commandline()


def aiokafka(handler: str, source: str, prefix: str) -> None:
    """The client that the lane is built on, without state and without transactions."""
    asyncio.run(_aiokafka(handler, source, prefix))


async def _aiokafka(handler: str, source: str, prefix: str) -> None:
    from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

    kafka, handle, nothing = Settings().kafka, single(handler, prefix), Nothing()
    consumer = AIOKafkaConsumer(
        source,
        bootstrap_servers=kafka,
        group_id=f"{prefix}-bench",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    producer = AIOKafkaProducer(bootstrap_servers=kafka, enable_idempotence=True, linger_ms=5)
    await consumer.start()
    await producer.start()
    while True:
        sent = []
        for records in (await consumer.getmany(timeout_ms=500, max_records=4 * BATCH)).values():
            for each in records:
                for output in handle(Record(source, 0, 0, each.key, each.value), nothing):
                    sent.append(await producer.send(output.topic, output.value, key=output.key))
        if sent:
            await asyncio.gather(*sent)
            await consumer.commit()


def confluent(handler: str, source: str, prefix: str) -> None:
    """The C client, without state: the ceiling."""
    from confluent_kafka import Consumer, Producer

    kafka, handle, nothing = Settings().kafka, single(handler, prefix), Nothing()
    settings = {"bootstrap.servers": kafka, "group.id": f"{prefix}-bench", "auto.offset.reset": "earliest"}
    consumer = Consumer({**settings, "enable.auto.commit": False})
    producer = Producer({"bootstrap.servers": kafka, "enable.idempotence": True, "linger.ms": 5})
    consumer.subscribe([source])
    while True:
        batch = consumer.consume(4 * BATCH, 0.5)
        for each in batch:
            for output in handle(Record(source, 0, 0, each.key(), each.value()), nothing):
                producer.produce(output.topic, output.value, output.key)
                producer.poll(0)
        if batch:
            producer.flush()
            consumer.commit(asynchronous=False)


class TextState(Nothing):
    """Quix's state of one key as a stage's view: text for bytes, since Quix keeps JSON."""

    def __init__(self, state: Any) -> None:
        self._state = state

    def get(self, key: str) -> bytes | None:
        found = self._state.get(key)
        return None if found is None else str(found).encode()

    def put(self, key: str, value: bytes | None) -> None:
        if value is None:
            self._state.delete(key)
        else:
            self._state.set(key, value.decode())


class TableState(TextState):
    """A Faust table as a stage's view."""

    def put(self, key: str, value: bytes | None) -> None:
        self._state[key] = None if value is None else value.decode()


SYSTEMS = {
    "lane": lane,
    "quix": quix,
    "quix-eos": quix_eos,
    "faust": faust,
    "aiokafka": aiokafka,
    "confluent": confluent,
}

if __name__ == "__main__":
    os.environ.setdefault("PYTHONHASHSEED", "0")
    SYSTEMS[sys.argv[1]](*sys.argv[2:])
