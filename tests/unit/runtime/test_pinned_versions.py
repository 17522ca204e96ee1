"""The runtime overrides parts of Faust and aiokafka that are not their public face.

It was tested with the versions named here.
"""

import inspect
import re
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import faust
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.consumer.subscription_state import Assignment, SubscriptionState, TopicPartitionState
from aiokafka.producer.message_accumulator import BatchBuilder
from faust.transport.drivers import aiokafka as driver
from mode.services import Service

from tests.support.processes import PROJECT

TESTED = {"faust-streaming": "0.15.3", "aiokafka": "0.14.0", "mode-streaming": "0.7.1"}
REQUIREMENTS = sorted((PROJECT / "deploy" / "requirements").glob("*.txt"))
WHAT_TO_DO = (
    "The runtime was tested with other versions. Before the pins move: run `make faults` and "
    "`pytest tests/integration/faust tests/integration/test_exactly_once.py`, read what the new version changed in the "
    "names listed in tests/unit/runtime/test_pinned_versions.py, then change TESTED there."
)

OVERRIDDEN_OR_CALLED: tuple[tuple[Callable[..., Any], str], ...] = (
    (driver.AIOKafkaConsumerThread._create_worker_consumer, "(self, transport)"),
    (driver.AIOKafkaConsumerThread._ensure_consumer, "(self)"),
    (driver.Consumer._new_consumer_thread, "(self)"),
    (driver.Consumer._drain_messages, "(self, fetcher)"),
    (driver.Consumer.perform_seek, "(self)"),
    (driver.Consumer.on_partitions_revoked, "(self, revoked)"),
    (driver.Consumer.on_partitions_assigned, "(self, assigned, generation_id)"),
    (driver.Consumer.on_stop, "(self)"),
    (driver.Consumer.stop_flow, "(self)"),
    (driver.Consumer.verify_event_path, "(self, now, tp)"),
    (driver.Consumer.topic_partitions, "(self, topic)"),
    (driver.Transport.__init__, "(self, *args, **kwargs)"),
    (faust.App._new_transport, "(self)"),
    (faust.App.on_first_start, "(self)"),
    (faust.App.on_start, "(self)"),
    (Service.wait_first, "(self, *coros, timeout)"),
    (Service.add_future, "(self, coro)"),
    (AIOKafkaConsumer.getmany, "(self, *partitions, timeout_ms, max_records)"),
    (AIOKafkaConsumer.seek, "(self, partition, offset)"),
    (AIOKafkaAdminClient.list_consumer_group_offsets, "(self, group_id, group_coordinator_id, partitions)"),
    (AIOKafkaConsumer.commit, "(self, offsets)"),
    (AIOKafkaConsumer.last_stable_offset, "(self, partition)"),
    (AIOKafkaConsumer.beginning_offsets, "(self, partitions)"),
    (AIOKafkaConsumer.end_offsets, "(self, partitions)"),
    (Assignment.state_value, "(self, tp)"),
    (AIOKafkaProducer.begin_transaction, "(self)"),
    (AIOKafkaProducer.send_offsets_to_transaction, "(self, offsets, group_id)"),
    (AIOKafkaProducer.commit_transaction, "(self)"),
    (AIOKafkaProducer.create_batch, "(self)"),
    (AIOKafkaProducer.send_batch, "(self, batch, topic, *, partition)"),
    (AIOKafkaProducer.partitions_for, "(self, topic)"),
    (BatchBuilder.append, "(self, *, timestamp, key, value, headers)"),
)
PROPERTIES = (
    (SubscriptionState, "subscription"),
    (TopicPartitionState, "position"),
    (TopicPartitionState, "has_valid_position"),
)


@pytest.mark.parametrize("name", TESTED)
def test_what_is_installed_was_tested(name: str) -> None:
    assert version(name) == TESTED[name], WHAT_TO_DO


@pytest.mark.parametrize("file", [*REQUIREMENTS, PROJECT / "deploy" / "requirements" / "run.in"], ids=lambda f: f.name)
def test_what_is_pinned_was_tested(file: Any) -> None:
    pinned = dict(re.findall(r"^([\w-]+)==([\w.]+)", file.read_text("utf-8"), re.MULTILINE))
    assert {name: pinned.get(name) for name in TESTED} == TESTED, f"{file.name}: {WHAT_TO_DO}"


@pytest.mark.parametrize(
    ("function", "signature"), OVERRIDDEN_OR_CALLED, ids=lambda each: getattr(each, "__qualname__", "")
)
def test_what_the_runtime_overrides_or_calls_is_there_as_it_was(function: Callable[..., Any], signature: str) -> None:
    assert bare(function) == signature, WHAT_TO_DO


@pytest.mark.parametrize(("owner", "name"), PROPERTIES)
def test_what_the_runtime_reads_is_there_as_it_was(owner: type, name: str) -> None:
    assert isinstance(inspect.getattr_static(owner, name), property), WHAT_TO_DO


def test_the_parts_that_have_no_signature_are_there_as_they_were() -> None:
    """Attributes that are set in the making, and the place where a transport names its consumer."""
    assert driver.Transport.Consumer is driver.Consumer, WHAT_TO_DO
    assert faust.App._consumer is None, WHAT_TO_DO
    app = faust.App("pinned", broker="kafka://localhost:1", web_enabled=False)
    assert isinstance(app.consumer, driver.Consumer), WHAT_TO_DO
    consumer = app.consumer
    assert isinstance(consumer._new_consumer_thread(), driver.AIOKafkaConsumerThread), WHAT_TO_DO
    assert hasattr(consumer, "_thread"), WHAT_TO_DO


def bare(function: Callable[..., Any]) -> str:
    """A signature without types and defaults."""
    parameters = inspect.signature(function).parameters.values()
    empty = inspect.Parameter.empty
    return str(inspect.Signature([each.replace(annotation=empty, default=empty) for each in parameters]))
