"""The Publisher on a real Kafka: idempotent, acked by all in-sync replicas, and never slower than its limit.

Values are sealed with the key of the day before anything is sent. What a sender is told rests on three rules:

* `publish` returns only after the broker acked every message, else it raises within `ack_timeout` seconds.
* An idempotent aiokafka producer never gives a batch up, so a message whose publish raised NotAcknowledged may still
  reach the topic later. That is allowed: the ledger says `unknown`, the sender repeats, and the repeat carries the same
  ids, which everything downstream recognises.
* A refused batch leaves a gap in the producer's sequence numbers, after which the broker refuses all that follows on
  that partition. So after any error but a time-out the producer is replaced; after a long row of time-outs too, since
  a client whose brokers all moved never finds the new ones.
"""

import asyncio
import contextlib
from collections.abc import Coroutine, Sequence
from dataclasses import replace

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError, MessageSizeTooLargeError

from connectors.sdk.publisher import Message, NotAcknowledged, TooLarge
from hub.platform.keyring import KeyRing
from hub.platform.keys import KeyFault
from hub.platform.outages import Outages
from hub.platform.seal import DailySeal, about_record
from hub.platform.settings import Settings
from hub.platform.tracing import sending
from schemas.topics import TOPICS

_log = structlog.get_logger()

_LIMITS = {topic.name: topic.max_message_bytes for topic in TOPICS}
_LARGEST = max(_LIMITS.values())
_RECORD_OVERHEAD = 1_024
"""Bytes that the batch and the record add to key, value and headers, with room to spare."""

_BATCH_BYTES = 262_144
_RECONNECT_AFTER = 1.0
_CONNECT_LIMIT = 10.0
_GIVE_UP_AFTER = 15.0
"""Seconds of nothing but time-outs after which the producer is replaced."""


class KafkaPublisher:
    """Publishes to the brokers of `servers` (host:port, comma separated), sealed with the keys of `ring`.

    `start` returns at once, whether or not a broker is there: until one is, publish raises NotAcknowledged. Memory is
    bounded by the producer's own rule of one waiting batch for each partition.
    """

    def __init__(self, servers: str, ack_timeout: float, ring: KeyRing, client_id: str = "sendhub-connector") -> None:
        self._seal = DailySeal(ring)
        self._servers = servers
        self._ack_timeout = ack_timeout
        self._client_id = client_id
        self._producer: AIOKafkaProducer | None = None
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._failing_since: float | None = None
        self._outages = Outages()
        self._stopping = False

    async def start(self) -> None:
        """Begin to connect, and go on trying."""
        self._spawn(self._keep_connected())

    async def stop(self) -> None:
        """End the connection; what is in flight gets `ack_timeout` seconds to be acked."""
        self._stopping = True
        while self._tasks:
            # More than once: a wait that ends at the moment it is cancelled swallows the cancellation (Python 3.11).
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(set(self._tasks), timeout=0.5)
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await self._close(producer)

    async def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """Return once every message is on all in-sync replicas; raises NotAcknowledged or TooLarge.

        Sizes are checked before anything is sent, so TooLarge means that none of the messages was.
        """
        messages = [self._sealed(topic, message) for message in messages]
        for message in messages:
            _check_size(topic, message)
        producer = None
        try:
            async with asyncio.timeout(self._ack_timeout):
                producer = await self._connected()
                await asyncio.gather(*(_send(producer, topic, message) for message in messages))
        except (TimeoutError, KafkaTimeoutError):
            self._note_timeout(producer)
            raise NotAcknowledged(f"no ack within {self._ack_timeout:g} s") from None
        except asyncio.CancelledError:
            # The caller's own limit may be a little shorter than ours.
            self._note_timeout(producer)
            raise
        except MessageSizeTooLargeError as error:
            self._retire(producer, error)
            raise TooLarge(f"larger than {topic} takes") from error
        except KafkaError as error:
            self._retire(producer, error)
            raise NotAcknowledged(type(error).__name__) from error
        self._failing_since = None

    async def ready(self) -> bool:
        """Whether a broker answers now (one metadata request, at most two seconds)."""
        if self._producer is None:
            return False
        try:
            async with asyncio.timeout(2.0):
                await self._producer.client.fetch_all_metadata()
        except (TimeoutError, KafkaError):
            return False
        return True

    def _sealed(self, topic: str, message: Message) -> Message:
        try:
            value = self._seal.seal(message.value, about_record(topic, message.envelope.headers()))
        except KeyFault as error:
            _log.error("nothing can be taken", why=str(error))
            raise NotAcknowledged(type(error).__name__) from None
        return replace(message, value=value)

    async def _connected(self) -> AIOKafkaProducer:
        async with self._changed:
            await self._changed.wait_for(lambda: self._producer is not None)
            return self._producer

    async def _keep_connected(self) -> None:
        while not self._stopping:
            async with self._changed:
                await self._changed.wait_for(lambda: self._producer is None)
            producer = await self._connect()
            if producer is None:
                await asyncio.sleep(_RECONNECT_AFTER)
                continue
            async with self._changed:
                self._producer = producer
                self._failing_since = None
                self._changed.notify_all()

    async def _connect(self) -> AIOKafkaProducer | None:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._servers,
            client_id=self._client_id,
            acks="all",
            enable_idempotence=True,
            request_timeout_ms=int(self._ack_timeout * 1_000),
            max_request_size=_LARGEST,
            max_batch_size=_BATCH_BYTES,
        )
        try:
            await asyncio.wait_for(producer.start(), _CONNECT_LIMIT)
        except (TimeoutError, KafkaError, OSError) as error:
            self._outages.begins(self, f"no broker answers ({type(error).__name__})")
            await self._close(producer)
            return None
        except BaseException:
            await self._close(producer)
            raise
        self._outages.ends(self)
        _log.info("connected to the broker")
        return producer

    def _note_timeout(self, producer: AIOKafkaProducer | None) -> None:
        now = asyncio.get_running_loop().time()
        if self._failing_since is None:
            self._failing_since = now
        elif now - self._failing_since > _GIVE_UP_AFTER:
            self._retire(producer, TimeoutError())

    def _retire(self, producer: AIOKafkaProducer | None, error: Exception) -> None:
        """Replace the producer, unless another caller already did."""
        if producer is None or producer is not self._producer:
            return
        _log.warning("replacing the producer", error=type(error).__name__)
        self._producer = None
        self._spawn(self._announce())
        self._spawn(self._close(producer))

    async def _announce(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _close(self, producer: AIOKafkaProducer) -> None:
        try:
            await asyncio.wait_for(producer.stop(), self._ack_timeout)
        except (TimeoutError, KafkaError):
            # stop() flushes first and never gives up; without this the sender task would retry for ever.
            with contextlib.suppress(TimeoutError, KafkaError):
                await asyncio.wait_for(producer._sender.close(), self._ack_timeout)
            await producer.client.close()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def own_ring(settings: Settings) -> KeyRing:
    """The deployment's key ring; raises ValueError at once where nothing could be sealed with it."""
    try:
        settings.ring.current().sealing(settings.ring.today())
    except KeyFault as error:
        raise ValueError(str(error)) from None
    return settings.ring


async def _send(producer: AIOKafkaProducer, topic: str, message: Message) -> None:
    with sending(topic, message.envelope) as traced:
        headers = [*message.envelope.headers(), *traced]
        await producer.send_and_wait(topic, value=message.value, key=message.key, headers=headers)


def _check_size(topic: str, message: Message) -> None:
    headers = sum(len(name) + len(value) for name, value in message.envelope.headers())
    size = len(message.key) + len(message.value) + headers + _RECORD_OVERHEAD
    if size > _LIMITS.get(topic, _LARGEST):
        raise TooLarge(f"larger than {topic} takes")
