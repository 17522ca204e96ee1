"""The judge: everything that was written in a series beside what a serial replay of the same logs writes."""

import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select

from hub.core.casework.policy import Policy
from hub.platform.settings import Settings
from hub.runtime.changelog import OFFSET_HEADER, ORIGIN
from hub.runtime.matching import matching_of
from hub.runtime.partitions import to_record
from hub.stages import projection
from hub.stages.casework import casework
from hub.stages.heartbeat import is_heartbeat
from hub.stages.identity import identity
from hub.stages.intake import intake
from hub.stages.stage import Output, Record, Stage
from hub.store.engine import open_engine
from hub.store.tables import metadata
from schemas.deadletters import parse
from schemas.heartbeats import KEY
from schemas.ids import digest
from schemas.instants import london_day
from schemas.topics import (
    ALERTS,
    CASEWORK_STATE,
    CHILDREN,
    COUNCIL_EVENTS,
    DEADLETTER,
    DEADLINES,
    FACTS,
    IDENTITY_STATE,
    LINKS,
    NHS_MESSAGES,
    OBSERVATIONS,
    REVIEW,
    TICKER_STATE,
    TRAIL,
)
from schemas.versions import versioned
from tests.faults import counting
from tests.faults.replay import Replayed, replay
from tests.faults.watch import Watch
from tests.faults.world import SOURCES, World
from tests.support.sealed import in_clear
from tests.support.streams import read_all

TOPICS = (
    *(COUNCIL_EVENTS, NHS_MESSAGES, OBSERVATIONS, FACTS, LINKS, CHILDREN, DEADLINES, ALERTS),
    *(REVIEW, TRAIL, DEADLETTER, TICKER_STATE),
    *(IDENTITY_STATE, CASEWORK_STATE, counting.OUTPUT, counting.STATE),
)
DAY_KEY = b"day"
PLANTED = b"planted"
"""Key of records on hub.deadletter that are no dead letters: what the projection refuses."""
Said = tuple[bytes | None, bytes | None, tuple[tuple[str, bytes], ...]]
"""A record as a consumer sees it: key, value, headers."""


@dataclass
class Verdict:
    """Counts, and a sentence for each finding (ids and offsets only)."""

    inputs: int = 0
    lost: int = 0
    wrong: int = 0
    repeated: int = 0
    findings: list[str] = field(default_factory=list)

    def lose(self, number: int, what: str) -> None:
        self.lost += self._find(number, f"lost: {what}")

    def err(self, number: int, what: str) -> None:
        self.wrong += self._find(number, f"wrong: {what}")

    def repeat(self, number: int, what: str) -> None:
        self.repeated += self._find(number, f"repeated: {what}")

    def _find(self, number: int, what: str) -> int:
        if number:
            self.findings.append(f"{number} {what}")
        return number


Logs = Mapping[str, Sequence[Record]]
"""Everything that the topics hold, by topic; the records of a partition in order."""
Committed = Mapping[tuple[str, str, int], int]
"""Where each stage's group stands, by stage, topic and partition."""


async def judge(world: World, watch: Watch, acked: Iterable[str], rough: bool) -> Verdict:
    """Read every log of a series that has come to rest, and compare."""
    found = await read_all(world.direct, [topic.name for topic in TOPICS])
    settings = Settings(kafka=world.direct, key_ring_file=Path(world.env["SENDHUB_KEY_RING_FILE"]))
    logs = await in_clear({topic: [to_record(each) for each in records] for topic, records in found.items()}, settings)
    key = (world.deployment.folder / "key").read_bytes().strip()
    _keep(logs, world.folder / "outputs.jsonl")
    last_day = london_day(world.clock.now())
    read_model = world.env["SENDHUB_DATABASE_URL"]
    verdict = compare(logs, stages(key, rough), acked, watch.committed(), read_model, last_day)
    back = watch.went_back()
    verdict.err(len(back), f"committed offsets that went back: {back[:3]}")
    return verdict


def compare(
    logs: Logs, stages: Mapping[str, Stage], acked: Iterable[str], committed: Committed, read_model: str, last_day: date
) -> Verdict:
    """What is wrong with logs, beside what these stages make of them one record after the other."""
    verdict = Verdict(inputs=sum(not is_heartbeat(record) for record in logs[COUNCIL_EVENTS.name]))
    replayed = {name: _replay(stage, logs) for name, stage in stages.items()}
    _inputs(verdict, logs, acked)
    _exact(verdict, logs, replayed)
    _casework(verdict, logs, replayed)
    _states(verdict, logs, stages, replayed)
    _letters(verdict, logs, replayed)
    _offsets(verdict, logs, stages, committed)
    _days(verdict, logs, last_day)
    _read_model(verdict, logs, read_model)
    return verdict


def stages(key: bytes, rough: bool) -> dict[str, Stage]:
    """The stages that write to Kafka, as the workers run them."""
    return {
        "intake": intake(SOURCES, _note),
        "identity": identity(key, SOURCES, _note, matching_of(Settings())),
        "casework": casework(Policy(SOURCES), time.monotonic),
        counting.NAME: counting.counting(rough),
    }


def _keep(logs: Logs, file: Path) -> None:
    """The history of everything that was written: where, and a hash of what."""
    with file.open("w") as out:
        for records in logs.values():
            for each in records:
                place = [each.topic, each.partition, each.offset]
                print(json.dumps({"at": place, "hash": digest(each.key, each.value)}), file=out)


def _note(outcome: str, source: str) -> None:
    """Nothing counts the outcomes of a replay."""


def _replay(stage: Stage, logs: Logs) -> list[Replayed]:
    found = []
    for topic in stage.sources:
        records = logs.get(topic, ())
        for partition in sorted({record.partition for record in records}):
            mine = [record for record in records if record.partition == partition]
            found.append(replay(stage, partition, mine, too_large))
    return found


def too_large(output: Output) -> bool:
    """Whether the broker refuses an output for its size."""
    return output.topic == counting.OUTPUT.name and len(output.value or b"") > counting.OUTPUT.max_message_bytes


def _inputs(verdict: Verdict, logs: Logs, acked: Iterable[str]) -> None:
    held = {dict(record.headers)["ce_id"].decode() for record in logs[COUNCIL_EVENTS.name] if not is_heartbeat(record)}
    verdict.lose(len(set(acked) - held), "messages that the broker had acked")


def _exact(verdict: Verdict, logs: Logs, replayed: Mapping[str, Sequence[Replayed]]) -> None:
    """Stages that say the same however their input is cut into batches: their outputs are known one by one."""
    expected: dict[str, Counter[Said]] = {}
    for name in ("intake", "identity", counting.NAME):
        for part in replayed[name]:
            for output in part.outputs:
                expected.setdefault(output.topic, Counter())[_said(output)] += 1
    for topic in (OBSERVATIONS, FACTS, LINKS, TRAIL, counting.OUTPUT):
        found = Counter(map(_said, _of_stages(logs[topic.name])))
        _compare(verdict, topic.name, expected.get(topic.name, Counter()), found)
    for topic in (REVIEW, ALERTS):
        found = Counter(map(_said, logs[topic.name]))
        verdict.lose((expected.get(topic.name, Counter()) - found).total(), f"records of {topic.name}")
    for topic, stage in ((FACTS, "identity"), (LINKS, "identity"), (counting.OUTPUT, counting.NAME)):
        if not _in_order(logs[topic.name], replayed[stage], topic.name):
            verdict.err(1, f"{topic.name} is not in the order of a serial run")
    _observations_in_order(verdict, logs, replayed["intake"])


def _observations_in_order(verdict: Verdict, logs: Logs, replayed: Sequence[Replayed]) -> None:
    """Those of one raw partition stand as it has them; between raw partitions there is no order."""
    found = [_said(each) for each in logs[OBSERVATIONS.name]]
    for part in replayed:
        expected = [_said(output) for output in part.outputs if output.topic == OBSERVATIONS.name]
        ours = set(expected)
        if [said for said in found if said in ours] != expected:
            verdict.err(1, f"{OBSERVATIONS.name} is not in the order of raw partition {part.partition}")


def _compare(verdict: Verdict, topic: str, expected: Counter[Said], found: Counter[Said]) -> None:
    surplus = found - expected
    known = sum(number for said, number in surplus.items() if said in expected)
    verdict.lose((expected - found).total(), f"records of {topic}")
    verdict.repeat(known, f"records of {topic}")
    verdict.err(surplus.total() - known, f"records of {topic} that a serial run does not write")


def _in_order(found: Sequence[Record], replayed: Sequence[Replayed], topic: str) -> bool:
    """Whether the records of each key stand as a serial run wrote them."""
    return _by_key(map(_said, found)) == _by_key(
        _said(output) for part in replayed for output in part.outputs if output.topic == topic
    )


def _by_key(said: Iterable[Said]) -> dict[bytes | None, list[Said]]:
    keys: dict[bytes | None, list[Said]] = {}
    for each in said:
        if each[0] not in (DAY_KEY, KEY):  # one key for all partitions: between those there is no order
            keys.setdefault(each[0], []).append(each)
    return keys


def _casework(verdict: Verdict, logs: Logs, replayed: Mapping[str, Sequence[Replayed]]) -> None:
    """What casework says on the way depends on how facts are cut into batches: what stands in the end does not."""
    for topic in (CHILDREN, DEADLINES, ALERTS, REVIEW):
        ids = Counter(dict(record.headers).get("id") for record in logs[topic.name])
        verdict.repeat(sum(number - 1 for number in ids.values()), f"records of {topic.name} with the same id")
    outputs = [output for part in replayed["casework"] for output in part.outputs]
    for topic in (CHILDREN, DEADLINES):
        expected = _last(output for output in outputs if output.topic == topic.name)
        _differ(verdict, topic.name, expected, _last(logs[topic.name]))
    for topic in (CHILDREN, DEADLINES, REVIEW):
        verdict.repeat(_same_again(logs[topic.name]), f"records of {topic.name} that say what stood")
    tasks = [
        each for parts in replayed.values() for part in parts for each in part.outputs if each.topic == REVIEW.name
    ]
    _differ(verdict, f"{REVIEW.name} that are open", _open_tasks(tasks), _open_tasks(logs[REVIEW.name]))
    mine = [record for record in logs[ALERTS.name] if _value(record)["child_id"]]
    expected = _standing(output for output in outputs if output.topic == ALERTS.name)
    _differ(verdict, f"{ALERTS.name} that stand", expected, _standing(mine))
    verdict.repeat(_twice_in_a_row(mine), "alerts opened or cleared twice in a row")


def _standing(said: Iterable[Record | Output]) -> dict[str, dict[str, Any]]:
    """The alerts that are open in the end. One that opened and cleared within a day may never have been said at all."""
    last = {value["id"]: value for value in map(_value, said)}
    return {id_: {**value, "caused_by": None} for id_, value in last.items() if value["state"] == "open"}


def _open_tasks(said: Iterable[Record | Output]) -> dict[bytes | None, bytes]:
    """The questions that are open in the end."""
    return {key: value for key, value in _last(said).items() if orjson.loads(value)["state"] == "open"}


def _same_again(records: Iterable[Record]) -> int:
    """How often a key was given the value that it had."""
    stood: dict[bytes | None, bytes | None] = {}
    repeated = 0
    for each in records:
        repeated += each.key in stood and stood[each.key] == each.value and each.key != KEY
        stood[each.key] = each.value
    return repeated


def _twice_in_a_row(alerts: Iterable[Record]) -> int:
    """How often an alert was said to be what it was; before its first opening it is cleared."""
    states: dict[tuple[str, str], str] = {}
    repeated = 0
    for value in map(_value, alerts):
        place = (value["child_id"], value["id"])
        repeated += states.get(place, "cleared") == value["state"]
        states[place] = value["state"]
    return repeated


def _states(
    verdict: Verdict,
    logs: Logs,
    stages: Mapping[str, Stage],
    replayed: Mapping[str, Sequence[Replayed]],
) -> None:
    for name, stage in stages.items():
        if stage.changelog is not None:
            expected = {(part.partition, key): value for part in replayed[name] for key, value in part.state.items()}
            kept = {(each.partition, (each.key or b"").decode()): each.value for each in logs[stage.changelog]}
            found = {place: value for place, value in kept.items() if value is not None and place[1] != ORIGIN}
            _differ(verdict, f"the state of {name}", expected, found)


def _letters(verdict: Verdict, logs: Logs, replayed: Mapping[str, Sequence[Replayed]]) -> None:
    letters = [parse(each.value, each.headers) for each in logs[DEADLETTER.name] if each.key != PLANTED]
    metas = [letter.meta for letter in letters]
    originals = {(each.topic, each.partition, each.offset): each for records in logs.values() for each in records}
    for letter in letters:
        original = originals[letter.meta.source_topic, letter.meta.partition, letter.meta.offset]
        # One about hub.deadletter itself leaves the bytes where they are.
        whole = (original.key, original.value, original.headers)
        if original.topic != DEADLETTER.name and (letter.key, letter.value, letter.headers) != whole:
            verdict.err(1, f"a dead letter of {letter.meta.source_topic} that is not as its record")
    found = Counter((meta.stage, meta.source_topic, meta.partition, meta.offset) for meta in metas)
    expected = Counter(
        (name, record.topic, record.partition, record.offset)
        for name, parts in replayed.items()
        for part in parts
        for record in part.given_up
    )
    planted = [each for each in logs[DEADLETTER.name] if each.key == PLANTED]
    expected += Counter(("projection", each.topic, each.partition, each.offset) for each in planted)
    verdict.lose((expected - found).total(), "records that are neither in the outputs nor dead letters")
    surplus = found - expected
    known = sum(number for place, number in surplus.items() if place in expected)
    verdict.repeat(known, "dead letters")
    verdict.err(surplus.total() - known, f"dead letters of good records: {list(surplus)[:3]}")


def _offsets(verdict: Verdict, logs: Logs, stages: Mapping[str, Stage], committed: Committed) -> None:
    """A changelog says which source offset it includes: ever more, and in the end no more than was committed."""
    for name, stage in stages.items():
        if stage.changelog is None:
            continue
        latest: dict[int, int] = {}
        for each in logs[stage.changelog]:
            includes = int(dict(each.headers)[OFFSET_HEADER])
            if includes < latest.get(each.partition, 0):
                verdict.err(1, f"{stage.changelog}/{each.partition} goes back to {includes} at {each.offset}")
            latest[each.partition] = includes
        for partition, includes in latest.items():
            if includes > committed[name, stage.sources[0], partition]:
                verdict.err(1, f"{stage.changelog}/{partition} includes {includes}, which was not committed")


def _days(verdict: Verdict, logs: Logs, last: date) -> None:
    """Each day once and in order up to the last, in every partition."""
    for topic in (OBSERVATIONS, FACTS):
        for partition in range(topic.partitions):
            days = [
                date.fromisoformat(orjson.loads(record.value or b"")["effective_on"])
                for record in logs[topic.name]
                if record.partition == partition and record.key == DAY_KEY
            ]
            if not days or days != [last - timedelta(days=number) for number in reversed(range(len(days)))]:
                verdict.err(1, f"days of {topic.name}/{partition} to {last}: {days}")


def _read_model(verdict: Verdict, logs: Logs, url: str) -> None:
    engine = open_engine(url, read_only=True)
    try:
        with engine.connect() as connection:
            changed = projection.changes(_projected(logs))
            for table in [table for table in metadata.tables.values() if "body" in table.columns]:
                rows = changed.get(table.name, {})
                expected = {key: row["body"] for key, row in rows.items() if row is not None}
                found = dict(connection.execute(select(table.c.key, table.c.body)).all())
                _differ(verdict, f"the read model's {table.name}", expected, found)
    finally:
        engine.dispose()


def _projected(logs: Logs) -> list[Record]:
    return [record for topic in projection.TOPICS for record in logs[topic] if record.key != PLANTED]


def _of_stages(records: Iterable[Record]) -> list[Record]:
    """Without the ticker's own."""
    return [record for record in records if record.topic == counting.OUTPUT.name or record.key != DAY_KEY]


def _said(each: Record | Output) -> Said:
    """An output as it leaves: with the version of its shape."""
    if isinstance(each, Output):
        return each.key, each.value, tuple(versioned(each.topic, each.headers))
    return each.key, each.value, each.headers


def _value(each: Record | Output) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(each.value or b"{}")
    return found


def _last(records: Iterable[Record | Output]) -> dict[bytes | None, bytes]:
    last = {record.key: record.value for record in records}
    return {key: value for key, value in last.items() if value is not None}


def _differ(verdict: Verdict, what: str, expected: Mapping[Any, Any], found: Mapping[Any, Any]) -> None:
    keys = [key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key)]
    verdict.err(len(keys), f"entries of {what}")
