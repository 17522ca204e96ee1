"""What a series feeds the hub, and its history: every message, when it was offered and when it was acked.

Messages go the way of the connectors: their own publisher, repeated until the broker has acked.
"""

import asyncio
import json
import random
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import orjson

from connectors.sdk.kafka import KafkaPublisher
from connectors.sdk.publisher import Message, NotAcknowledged
from hub.platform.keyring import KeyRing
from schemas.envelope import Envelope
from schemas.ids import digest
from schemas.topics import COUNCIL_EVENTS

COUNCIL = "one-education:825:2022"
CHILDREN = 150
NAMES = ("Ada", "Ben", "Cora", "Dev", "Esme", "Finn", "Gwen", "Hari", "Isla", "Jude")
SHUFFLED_WITHIN = 40
GARBAGE = b"\x00\xff not an event"
STRANGER = "unregistered:825:2026"


class Style(NamedTuple):
    """How a series feeds: each message up to `times`, shuffled or not, `poison` of them unreadable."""

    times: int = 1
    poison: float = 0.0


Now = Callable[[], datetime]


def messages(style: Style, chosen: random.Random, now: Now) -> Iterator[Message]:
    """Endless: the lives of children, one event after the other, all received now.

    The children began one day apart, so that with each day some deadline comes near and another passes.
    """
    window: list[Message] = []
    for number, message in enumerate(_lives(chosen, now)):
        if chosen.random() < style.poison:
            window.append(_spoilt(message, number))
        repeats = chosen.randint(1, style.times)
        window.extend([message] * repeats)
        if style.times == 1:
            yield from window
            window.clear()
        elif len(window) > SHUFFLED_WITHIN:
            chosen.shuffle(window)
            yield from window[: SHUFFLED_WITHIN // 2]
            del window[: SHUFFLED_WITHIN // 2]


async def feed(
    kafka: str, ring: Path, stream: Iterator[Message], rate: float, stopping: asyncio.Event, history: Path
) -> dict[str, bool]:
    """Offer `rate` messages a second until told to stop; ids of those that the broker acked.

    What was not acked is offered again until it is, also after `stopping`: as a sender does that was told 503.
    """
    publisher = KafkaPublisher(kafka, 4.0, KeyRing(ring))
    await publisher.start()
    acked: dict[str, bool] = {}
    try:
        with history.open("a") as out:
            async with asyncio.TaskGroup() as group:
                start, number = time.monotonic(), 0
                while not stopping.is_set():
                    message = next(stream)
                    group.create_task(_offer(publisher, message, acked, out))
                    number += 1
                    await asyncio.sleep(max(0.0, start + number / rate - time.monotonic()))
    finally:
        await publisher.stop()
    return acked


async def _offer(publisher: KafkaPublisher, message: Message, acked: dict[str, bool], out: object) -> None:
    offered = time.time()
    while True:
        try:
            await publisher.publish(COUNCIL_EVENTS.name, [message])
        except NotAcknowledged:
            await asyncio.sleep(0.5)
        else:
            break
    acked[message.envelope.id] = True
    print(json.dumps({"id": message.envelope.id, "offered": offered, "acked": time.time()}), file=out)  # type: ignore[call-overload]


def _lives(chosen: random.Random, now: Now) -> Iterator[Message]:
    turn = 0
    while True:
        for child in range(CHILDREN):
            yield _message(_event(child, turn, chosen, now()), now())
        turn += 1


def _event(child: int, turn: int, chosen: random.Random, now: datetime) -> dict[str, object]:
    """A request first, then advice asked for and received, over and over.

    All of a child's is of one day, at any hour that the series runs: an open alert is not said again when its earliest
    date changes, so what it says of dates would be that of the batch which opened it.
    """
    began = now - timedelta(days=child % 60)
    recorded = began - timedelta(minutes=chosen.randrange(400))
    request, advice = f"REQ-{child}", f"ADV-{child}-{(turn - 1) // 2}"
    subject = {"request": request}
    if turn == 0:
        kind, record, data = "assessment.requested", request, {"case_reference": request}
    elif turn % 2:
        kind, record = "advice.requested", advice
        data = {"heading": "medical", "service": "other", "asked": {"role": "icb", "ods": "QU9"}}
    else:
        kind, record, data = "advice.received", advice, {}
    if turn:
        subject["advice"] = advice
    given, family = NAMES[child % 10], f"Example{chr(97 + child // 26 % 26)}{chr(97 + child % 26)}"
    person = {"id": f"P{child}", "given": given, "family": family, "birth_date": f"2015-{child % 12 + 1:02}-11"}
    return {
        "kind": kind,
        "record": record,
        "version": 1 + turn,
        "occurrence": "",
        "subject": subject,
        "effective_on": began.date().isoformat(),
        "recorded_at": recorded.isoformat(),
        "data": data,
        "person": person,
    }


def _message(event: dict[str, object], now: datetime) -> Message:
    value = orjson.dumps(event)
    id_ = digest(COUNCIL, event["record"], event["kind"], event["version"])
    envelope = Envelope(id=id_, source=COUNCIL, type="sendhub.council.event", time=now)
    return Message(digest(COUNCIL, event["record"]).encode(), value, envelope)


def _spoilt(message: Message, number: int) -> Message:
    """Unreadable, or of a source that nobody registered."""
    id_ = digest("spoilt", message.envelope.id, number)
    if number % 2:
        return Message(message.key, GARBAGE, message.envelope.model_copy(update={"id": id_}))
    return Message(message.key, message.value, message.envelope.model_copy(update={"id": id_, "source": STRANGER}))
