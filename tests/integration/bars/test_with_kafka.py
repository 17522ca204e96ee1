"""The BaRS receiver on a real Kafka: what a trust is told while the broker is frozen, and what its repeats come to."""

import asyncio
import signal
from pathlib import Path
from uuid import uuid4

import httpx
import orjson
from aiokafka import ConsumerRecord

from hub.embedded.kafka import Kafka
from hub.runtime import topics
from hub.simulator import bars
from schemas.envelope import Envelope
from schemas.topics import NHS_MESSAGES
from tests.contract.bars.conftest import issue
from tests.integration.bars.process import Running, running
from tests.integration.bars.test_process import clocked
from tests.support.sealed import opened
from tests.support.streams import read_all
from tests.unit.bars_cases import AT, CONVERSATION

SENT = orjson.dumps(bars.sent(CONVERSATION, AT))
ACKNOWLEDGED = orjson.dumps(bars.acknowledged(CONVERSATION, AT))


async def test_while_the_broker_is_frozen_503_then_in_flight_425_and_a_repeat_is_on_the_topic_under_one_id(
    broker: Kafka, tmp_path: Path
) -> None:
    await topics.create(broker.bootstrap, 1, [NHS_MESSAGES])
    request_id = str(uuid4())
    changes = {"SENDHUB_KAFKA": broker.bootstrap, "SENDHUB_CLOCK_FILE": clocked(tmp_path), "SENDHUB_ACK_TIMEOUT": "3"}
    with running(tmp_path, **changes) as receiver:
        await _taken(receiver, ACKNOWLEDGED, str(uuid4()))
        broker.process.send_signal(signal.SIGSTOP)
        try:
            first = asyncio.create_task(asyncio.to_thread(receiver.post, SENT, request_id))
            await asyncio.sleep(1)
            meanwhile = await asyncio.to_thread(receiver.post, SENT, request_id)
            other = await asyncio.to_thread(receiver.post, ACKNOWLEDGED, request_id)
            answer = await first
        finally:
            broker.process.send_signal(signal.SIGCONT)
        assert issue(meanwhile) == (425, "REC_TOO_EARLY", "transient")
        assert issue(other) == (400, "REC_BAD_REQUEST", "invalid")
        assert issue(answer) == (503, "REC_SERVICE_UNAVAILABLE", "transient")
        assert int(answer.headers["Retry-After"]) > 0
        assert (await _taken(receiver, SENT, request_id)).status_code == 200
        assert issue(receiver.post(SENT, request_id)) == (409, "REC_CONFLICT", "duplicate")
    on_topic = opened((await read_all(broker.bootstrap, [NHS_MESSAGES.name]))[NHS_MESSAGES.name])
    ours = [record for record in on_topic if _id(record) == request_id]
    assert ours
    assert {record.value for record in ours} == {SENT}, (
        "the bytes as received, twice at most in the log and one message"
    )


def _id(record: ConsumerRecord) -> str:
    return Envelope.of(tuple(record.headers)).id


async def _taken(receiver: Running, body: bytes, request_id: str) -> httpx.Response:
    """Repeat as a trust would until the answer is not 503."""
    async with asyncio.timeout(60):
        while (answer := await asyncio.to_thread(receiver.post, body, request_id)).status_code == 503:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    return answer
