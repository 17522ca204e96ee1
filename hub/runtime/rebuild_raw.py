"""`sendhub rebuild --from-raw`: the facts of the raw messages that are still kept, worked out again.

Intake's own handler reads them, identity's own rules make facts of what they say; who a source person is, is read from
hub.links and never decided again. Compared are sets: what each source person said, under the decision that stands now.
Stages may go on meanwhile: what intake has passed is compared, once identity has passed what came of it. Personal data
is in memory only.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from pydantic import ValidationError

from hub.core.errors import CoreError
from hub.core.identity.bodies import body_of
from hub.core.identity.erasure import DATA_KEY
from hub.platform.settings import Settings
from hub.runtime import groups
from hub.runtime.backup import identity_vault
from hub.runtime.log_reader import LogReader
from hub.runtime.partitions import Partition, to_record
from hub.runtime.rebuild import Compared
from hub.runtime.rebuild_links import Standing, decided
from hub.runtime.records import buried
from hub.runtime.sealing import Boundary
from hub.runtime.state import PartitionState
from hub.stages.errors import PermanentError, Unavailable
from hub.stages.heartbeat import is_heartbeat
from hub.stages.intake import IntakeHandler
from hub.stages.stage import Record, State
from schemas.ids import digest, keyed_digest
from schemas.statements import Observation
from schemas.topics import COUNCIL_EVENTS, FACTS, IDENTITY_STATE, NHS_MESSAGES, OBSERVATIONS, Topic

OF_THE_HUB = ("received_at", "message", "child_id", "link", "seq")
"""Fields of a fact that its source did not state."""

PATIENCE_SECONDS = 60.0
"""How long identity may take to pass what intake had said when the comparison began."""

HELD_BACK, LINK = b"disputed:", b"link:"
RAW = (COUNCIL_EVENTS, NHS_MESSAGES)


@dataclass
class Window:
    """The raw messages of a topic that are there: instants (broker's, UTC) and offsets of the first and the last."""

    topic: str
    first: Record | None = None
    last: Record | None = None
    number: int = 0

    def take(self, record: Record) -> None:
        """Widen it by a record."""
        self.number += 1
        if self.first is None or record.timestamp < self.first.timestamp:
            self.first = record
        if self.last is None or record.timestamp >= self.last.timestamp:
            self.last = record

    def __str__(self) -> str:
        if self.first is None or self.last is None:
            return f"{self.topic}: no messages"
        return f"{self.topic}: {self.number} messages, {_place(self.first)} to {_place(self.last)}"


@dataclass
class FromRaw:
    """What the comparison covers, and what came of it."""

    windows: list[Window]
    compared: Compared


async def rebuild_raw(settings: Settings, patience: float = PATIENCE_SECONDS) -> FromRaw:
    """Compare the facts of the window with those on hub.facts.

    Raises Unavailable while Kafka is away, or when identity has not caught up after `patience` seconds.
    """
    intake = IntakeHandler(settings.sources, lambda outcome, source: None)
    passed = await groups.offsets(settings, "intake", [each for topic in RAW for each in _partitions(topic)])
    await _await_identity(settings, patience)
    given_up = await buried(settings, "intake")
    windows, observations = [], []
    boundary = Boundary(settings.ring)
    for topic in RAW:
        window = Window(topic.name)
        async for sealed in _records(settings, topic, {each: passed.get(each, 0) for each in _partitions(topic)}):
            if is_heartbeat(sealed):
                continue
            try:
                record = boundary.open(sealed)
            except PermanentError:
                # Its day's key was destroyed, which takes it out of the window; or intake could not open it either.
                continue
            window.take(record)
            # One that was given up has no facts, also where it could be read today: a replay puts it behind the rest.
            if record.offset not in given_up.get(Partition(record.topic, record.partition), ()):
                observations += _read(intake, record)
        windows.append(window)
    links, kept = await decided(settings), await _kept(settings)
    messages = {(observation.source, observation.message) for observation in observations}
    everywhere, inside = await _facts(settings, messages, links)
    expected: dict[str, str] = {}
    missing: dict[str, str] = {}
    waiting = 0
    for observation in observations:
        possible = _possible(observation, links, kept.seconds, settings.key)
        there = {content: child_id for content, child_id in possible.items() if content in everywhere}
        expected |= there
        if not possible:
            waiting += 1
        elif not there and (observation.source, observation.message) not in kept.held_back:
            missing |= dict([next(iter(possible.items()))])
    counts = {"facts": len(expected) + len(missing), "waiting": waiting, "held_back": len(kept.held_back)}
    compared = Compared("hub.facts from raw", counts)
    for content in sorted(missing):
        compared.differ(missing[content], "a fact is missing")
    for content in sorted(inside.keys() - expected.keys()):
        compared.differ(inside[content], "a fact should not be there")
    return FromRaw(windows, compared)


async def _await_identity(settings: Settings, patience: float) -> None:
    """Return once identity has passed the observations that are there now."""
    async with LogReader(settings, _partitions(OBSERVATIONS)) as log:
        ends = {partition: last for partition, (_, last) in (await log.bounds()).items()}
    limit = time.monotonic() + patience
    while True:
        passed = await groups.offsets(settings, "identity", list(ends))
        behind = [each for each, end in ends.items() if passed.get(each, 0) < end]
        if not behind:
            return
        if time.monotonic() > limit:
            here = behind[0]
            raise Unavailable(
                f"identity stands at {passed.get(here, 0)} of {here.topic}/{here.partition} and has to reach "
                f"{ends[here]}: its facts are not all there yet. Start it, or wait until it has caught up; then run "
                "this again"
            )
        await asyncio.sleep(0.5)


def _partitions(topic: Topic) -> list[Partition]:
    return [Partition(topic.name, number) for number in range(topic.partitions)]


async def _records(settings: Settings, topic: Topic, ends: Mapping[Partition, int] | None = None) -> Any:
    """The records up to now, or up to before these offsets."""
    async with LogReader(settings, _partitions(topic)) as log:
        async for batch in log.read_on() if ends is None else log.read_to(dict(ends)):
            for raw in batch:
                record = to_record(raw)
                if ends is None or record.offset < ends[Partition(record.topic, record.partition)]:
                    yield record


def _read(intake: IntakeHandler, record: Record) -> list[Observation]:
    """The observations of a message; none of one that became a dead letter, whatever it failed with."""
    try:
        step = intake.handle([record], _NO_STATE)
    except Exception:
        return []
    said = [output for output in step.outputs if output.topic == OBSERVATIONS.name]
    return [Observation.model_validate_json(output.value or b"") for output in said]


def _possible(
    observation: Observation, links: dict[str, Standing], seconds: Mapping[str, list[str]], key: bytes
) -> dict[str, str]:
    """The facts that an observation can be, as digests, with their children: one for each source person whom people
    said the source knows under this id; none where these have no child."""
    person = observation.person
    if person is not None and person.id is not None:
        link = keyed_digest(key, "person", observation.source, person.id)
    else:
        link = keyed_digest(key, "record", observation.source, observation.record)
    try:
        body, _ = body_of(observation, key)
    except CoreError:
        return {}
    found = {}
    for each in (link, *seconds.get(link, ())):
        standing = links.get(each)
        if standing is not None and standing.child_id is not None:
            fact = {**body, "child_id": standing.child_id, "link": each, "seq": standing.seq}
            found[_content(fact)] = standing.child_id
    return found


async def _facts(
    settings: Settings, messages: set[tuple[str, str | None]], links: dict[str, Standing]
) -> tuple[dict[str, str], dict[str, str]]:
    """The facts under decisions that stand, by content, with their child: all of them, and those of these messages."""
    everywhere: dict[str, str] = {}
    inside: dict[str, str] = {}
    async for record in _records(settings, FACTS):
        try:
            fact = orjson.loads(record.value or b"")
        except orjson.JSONDecodeError:
            continue
        if not isinstance(fact, dict) or "link" not in fact or str(fact.get("kind")).startswith("link."):
            continue
        standing = links.get(fact["link"])
        if standing is None or (standing.seq, standing.child_id) != (fact.get("seq"), fact.get("child_id")):
            continue
        content = _content(fact)
        everywhere[content] = fact["child_id"]
        if (fact["source"], fact.get("message")) in messages:
            inside[content] = fact["child_id"]
    return everywhere, inside


def _content(fact: dict[str, Any]) -> str:
    """What was stated, and under which decision: not when it was received, nor by which message."""
    said = {
        name: value for name, value in fact.items() if name not in OF_THE_HUB and value not in (None, "", {}, False)
    }
    stands = [fact["child_id"], fact["link"], fact["seq"]]
    return digest(orjson.dumps([said, stands], option=orjson.OPT_SORT_KEYS).hex())


class Kept(NamedTuple):
    """What identity's state says beside hub.links: source and message of each observation that is held back until a
    person decides; and by link those of other people whom the source knows under the same id."""

    held_back: set[tuple[str, str | None]]
    seconds: dict[str, list[str]]


async def _kept(settings: Settings) -> Kept:
    held = PartitionState()
    async with LogReader(settings, [Partition(IDENTITY_STATE.name, 0)]) as log:
        async for batch in log.read_on():
            for raw in batch:
                if raw.key.startswith((HELD_BACK, LINK, DATA_KEY.encode())):
                    held.load(raw.key.decode(), raw.value)
    found = Kept(set(), {})
    for key, value in identity_vault(settings).open_state(held).state.items():
        if key.startswith(LINK.decode()):
            found.seconds[key.removeprefix(LINK.decode())] = _seconds(value)
        else:
            _note_held_back(found, value)
    return found


def _seconds(value: bytes) -> list[str]:
    try:
        seconds = orjson.loads(value).get("seconds", [])
    except (orjson.JSONDecodeError, AttributeError):
        return []
    return seconds if isinstance(seconds, list) else []


def _note_held_back(found: Kept, value: bytes) -> None:
    try:
        observation = Observation.model_validate_json(value)
    except ValidationError:
        return
    found.held_back.add((observation.source, observation.message))


class _NoState:
    """Intake keeps none."""

    def get(self, key: str) -> bytes | None:
        return None

    def put(self, key: str, value: bytes | None) -> None:
        raise TypeError("intake keeps no state")

    def items(self) -> Any:
        return iter(())


_NO_STATE: State = _NoState()


def _place(record: Record) -> str:
    at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
    return f"{at:%Y-%m-%d %H:%M:%S}Z ({record.partition} at {record.offset})"
