"""What the workers work on: facts of synthetic children, the same for every system."""

import asyncio
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import orjson
from aiokafka import AIOKafkaProducer

FACTS_EACH = 10
FIRST = date(2026, 1, 5)
RECEIVED_AT = "2026-10-01T12:00:00Z"
SOURCE = "one-education:825:2022"


def facts(events: int, seed: int = 1) -> Iterator[tuple[bytes, bytes]]:
    """Key (child id) and value of `events` facts, ten for each child, in the order they are received."""
    chosen = random.Random(seed)
    lives = [_life(number, chosen) for number in range(events // FACTS_EACH)]
    for turn in range(FACTS_EACH):
        for life in lives:
            yield life[turn]


def _life(number: int, chosen: random.Random) -> list[tuple[bytes, bytes]]:
    child, request = f"chd-{number:06}", f"REQ-{number}"
    start = FIRST + timedelta(days=chosen.randrange(120))
    made = [_fact(child, request, "assessment.requested", start, {"basis": "s36", "case_reference": request})]
    made.append(_fact(child, request, "assessment.decided", start + timedelta(days=35), {"outcome": "assess"}))
    services = ["speech-and-language", "occupational-therapy", "community-paediatrics"]
    for place, service in enumerate(services):
        advice = f"ADV-{number}-{place}"
        asked = {"heading": "medical", "service": service, "asked": {"role": "icb", "ods": "QU9"}}
        made.append(_fact(child, request, "advice.requested", start + timedelta(days=36), asked, advice))
        if place < 2:
            made.append(_fact(child, request, "advice.delivered", start + timedelta(days=37), {}, advice))
    for place in range(2):
        late = start + timedelta(days=60 + chosen.randrange(60))
        made.append(_fact(child, request, "advice.received", late, {}, f"ADV-{number}-{place}"))
    made.append(_fact(child, request, "plan.draft-sent", start + timedelta(days=120), {}))
    return made


def _fact(
    child: str, request: str, kind: str, day: date, data: dict[str, object], advice: str | None = None
) -> tuple[bytes, bytes]:
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC).isoformat().replace("+00:00", "Z")
    # All received on one day, so that the day on which a fact is evaluated is the same for every system.
    subject = {"request": request, **({"advice": advice} if advice else {})}
    body = {
        "kind": kind,
        "child_id": child,
        "source": SOURCE,
        "record": advice or request,
        "version": 1,
        "occurrence": "",
        "subject": subject,
        "effective_on": day.isoformat(),
        "recorded_at": at,
        "received_at": RECEIVED_AT,
        "retracted": False,
        "data": data,
    }
    return child.encode(), orjson.dumps(body)


async def fill(kafka: str, topic: str, events: int) -> None:
    """Write the facts to a topic."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, linger_ms=20, max_batch_size=262_144)
    await producer.start()
    try:
        waiting = []
        for key, value in facts(events):
            waiting.append(await producer.send(topic, value, key=key))
        await asyncio.gather(*waiting)
    finally:
        await producer.stop()
