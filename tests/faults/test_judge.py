"""The judge finds nothing in logs that are as they must be, and finds each thing that is done to them."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pytest

from hub.runtime.changelog import OFFSET_HEADER
from hub.runtime.deadletters import dead_letter
from hub.runtime.producer import partition_of
from hub.stages import projection
from hub.stages.stage import Output, Record, Stage
from hub.store import Projector
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
    OBSERVATIONS,
    REVIEW,
    TOPICS,
    TRAIL,
    Topic,
)
from schemas.versions import versioned
from tests.faults import check, counting
from tests.faults.inputs import Style, messages
from tests.faults.replay import Refused, Replayed, replay

KEY = b"k" * 32
EVENTS = 400
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAYS = 4
Logs = dict[str, list[Record]]


class Made:
    """Logs as the stages write them when nothing goes wrong, and a read model of them."""

    def __init__(self, folder: Path) -> None:
        self.stages = check.stages(KEY, rough=True)
        self.logs: Logs = {topic.name: [] for topic in (*TOPICS, counting.OUTPUT, counting.STATE)}
        self._sizes = {topic.name: topic.partitions for topic in (*TOPICS, counting.OUTPUT, counting.STATE)}
        self.url = f"sqlite:///{folder / 'readmodel.db'}"
        stream = messages(Style(times=2, poison=0.05), random.Random(5), lambda: NOW)
        self.acked = []
        for message in islice(stream, EVENTS):
            self.acked.append(message.envelope.id)
            self._append(Output(COUNCIL_EVENTS.name, message.key, message.value, message.envelope.headers()))
        for name, stage in self.stages.items():
            for partition in range(self._sizes[stage.sources[0]]):
                self._run(name, partition)
            if name in ("intake", "identity"):
                self._day(OBSERVATIONS if name == "intake" else FACTS)
        self._project()

    def _day(self, topic: Topic) -> None:
        for partition in range(topic.partitions):
            for number in range(DAYS):
                day = (NOW + timedelta(days=number)).date().isoformat()
                value = orjson.dumps({"kind": "day.reached", "effective_on": day})
                self._append(Output(topic.name, check.DAY_KEY, value, (("kind", b"day.reached"),), partition))
                self.last_day = date.fromisoformat(day)

    def _run(self, name: str, partition: int) -> None:
        stage = self.stages[name]
        records = [each for each in self.logs[stage.sources[0]] if each.partition == partition]
        done = replay(stage, partition, records, check.too_large)
        for output in done.outputs:
            self._append(output)
        for record in done.given_up:
            self._append(dead_letter(name, record, ValueError(), 1, NOW))
        for key, value in done.state.items():
            assert stage.changelog is not None
            self._append(Output(stage.changelog, key.encode(), value, ((OFFSET_HEADER, b"1"),), partition))

    def _append(self, output: Output) -> None:
        partition = output.partition
        if partition is None:
            partition = partition_of(output.key, self._sizes[output.topic])
        log = self.logs[output.topic]
        offset = sum(1 for each in log if each.partition == partition)
        headers = tuple(versioned(output.topic, output.headers))
        log.append(Record(output.topic, partition, offset, output.key, output.value, headers))

    def _project(self) -> None:
        projector = Projector.open(self.url, lambda received_at: None)
        for topic in projection.TOPICS:
            for partition in range(self._sizes[topic]):
                records = [each for each in self.logs[topic] if each.partition == partition]
                projector.apply(topic, partition, records, 0, len(records) + 1)
        projector.close()

    def committed(self) -> dict[tuple[str, str, int], int]:
        return {
            (name, topic, partition): sum(1 for each in self.logs[topic] if each.partition == partition)
            for name, stage in self.stages.items()
            for topic in stage.sources
            for partition in range(self._sizes[topic])
        }

    def verdict(self, logs: Logs) -> check.Verdict:
        return check.compare(logs, self.stages, self.acked, self.committed(), self.url, self.last_day)


@cache
def remembered(stage: Stage, partition: int, records: tuple[Record, ...], refused: Refused) -> Replayed:
    return replay(stage, partition, records, refused)


@pytest.fixture(autouse=True)
def replayed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What nothing was done to is not replayed again for each verdict."""

    def once(stage: Stage, partition: int, records: Sequence[Record], refused: Refused) -> Replayed:
        return remembered(stage, partition, tuple(records), refused)

    monkeypatch.setattr(check, "replay", once)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("judge"))


def harmed(made: Made, topic: Topic, harm: Callable[[list[Record]], Sequence[Record]]) -> check.Verdict:
    return made.verdict(made.logs | {topic.name: list(harm(made.logs[topic.name]))})


def counts(verdict: check.Verdict) -> tuple[bool, bool, bool]:
    return bool(verdict.lost), bool(verdict.wrong), bool(verdict.repeated)


def without(records: list[Record]) -> list[Record]:
    """One that matters gone: of a key's records the last."""
    return records[:-1]


def twice(records: list[Record]) -> list[Record]:
    return [*records, records[-1]]


def anew(records: list[Record]) -> list[Record]:
    """As by a batch that was cut otherwise: the same again, from other causes."""
    return [*records, replace(records[-1], headers=(("id", b"another"),))]


def altered(records: list[Record]) -> list[Record]:
    return [*records[:-1], replace(records[-1], value=(records[-1].value or b"") + b" ")]


def exchanged(records: list[Record]) -> list[Record]:
    """The last two of one key, in the other order."""
    key = next(each.key for each in reversed(records) if [other.key for other in records].count(each.key) > 1)
    first, second = [number for number, each in enumerate(records) if each.key == key][-2:]
    swapped = list(records)
    swapped[first], swapped[second] = records[second], records[first]
    return swapped


def of_stages(harm: Any) -> Any:
    """Done to what the stages wrote: the ticker's records stay."""
    return lambda records: [
        *harm([each for each in records if each.key != check.DAY_KEY]),
        *[each for each in records if each.key == check.DAY_KEY],
    ]


def test_nothing_is_found_where_nothing_went_wrong(made: Made) -> None:
    verdict = made.verdict(made.logs)
    assert verdict.findings == []
    assert verdict.inputs == EVENTS
    assert len(made.logs[DEADLETTER.name]) > 10, "the stages met poison"
    assert len(made.logs[ALERTS.name]) > 10, "deadlines came near"


@pytest.mark.parametrize("topic", [OBSERVATIONS, FACTS, LINKS, TRAIL, counting.OUTPUT], ids=lambda topic: topic.name)
def test_a_record_too_few_too_many_or_altered_is_found(made: Made, topic: Topic) -> None:
    assert harmed(made, topic, of_stages(without)).lost
    assert harmed(made, topic, of_stages(twice)).repeated
    assert harmed(made, topic, of_stages(altered)).wrong


@pytest.mark.parametrize("topic", [FACTS, OBSERVATIONS, counting.OUTPUT], ids=lambda topic: topic.name)
def test_a_wrong_order_is_found(made: Made, topic: Topic) -> None:
    assert harmed(made, topic, of_stages(exchanged)).wrong


@pytest.mark.parametrize("topic", [CHILDREN, DEADLINES, ALERTS, REVIEW], ids=lambda topic: topic.name)
def test_what_casework_said_last_and_twice_is_found(made: Made, topic: Topic) -> None:
    assert any(counts(harmed(made, topic, without)))
    assert counts(harmed(made, topic, twice)) == (False, False, True)
    assert counts(harmed(made, topic, anew))[2], "said again under another id"


@pytest.mark.parametrize("topic", [IDENTITY_STATE, CASEWORK_STATE, counting.STATE], ids=lambda topic: topic.name)
def test_a_wrong_state_is_found(made: Made, topic: Topic) -> None:
    assert counts(harmed(made, topic, without)) == (False, True, False)
    assert counts(harmed(made, topic, altered)) == (False, True, False)


def test_dead_letters_too_few_and_too_many_are_found(made: Made) -> None:
    assert harmed(made, DEADLETTER, without).lost
    assert harmed(made, DEADLETTER, twice).repeated
    assert harmed(made, DEADLETTER, altered).wrong


def test_a_record_that_the_projection_refused_without_a_dead_letter_is_found(made: Made) -> None:
    def planted(records: list[Record]) -> list[Record]:
        return [*records, Record(DEADLETTER.name, 0, len(records), check.PLANTED, b"no dead letter")]

    assert counts(harmed(made, DEADLETTER, planted)) == (True, False, False)


def test_a_message_that_the_broker_acked_and_lost_is_found(made: Made) -> None:
    assert (
        check.compare(made.logs, made.stages, [*made.acked, "another"], made.committed(), made.url, made.last_day).lost
        == 1
    )


def test_a_day_twice_or_missing_at_the_end_is_found(made: Made) -> None:
    assert harmed(made, FACTS, twice).wrong
    assert harmed(made, FACTS, without).wrong


def test_a_changelog_that_includes_what_was_not_read_is_found(made: Made) -> None:
    def ahead(records: list[Record]) -> list[Record]:
        return [*records[:-1], replace(records[-1], headers=((OFFSET_HEADER, b"999999"),))]

    assert harmed(made, counting.STATE, ahead).wrong


def test_an_alert_that_clears_without_having_been_opened_is_found(made: Made) -> None:
    def only_cleared(records: list[Record]) -> list[Record]:
        value = orjson.loads(records[-1].value or b"")
        return [*records[:-1], replace(records[-1], value=orjson.dumps(value | {"state": "cleared"}))]

    assert harmed(made, ALERTS, only_cleared).repeated


def test_a_read_model_that_lacks_what_the_logs_say_is_found(made: Made, tmp_path: Path) -> None:
    empty = f"sqlite:///{tmp_path / 'empty.db'}"
    Projector.open(empty, lambda received_at: None).close()
    assert check.compare(made.logs, made.stages, made.acked, made.committed(), empty, made.last_day).wrong > 100
