"""A synthetic partnership in memory: what the real stages make of it in a read model, and identity's state beside.

No broker and no connector: each truth is handed to intake as an event of the council's case management, or as a trust's
message, and the rest is the stages' own code.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby

import orjson

from hub.api.identities import Desk
from hub.core.casework.changes import task_json
from hub.core.casework.evaluate import evaluate
from hub.core.casework.policy import Policy
from hub.core.facts.fact import read_fact
from hub.core.identity import Identity
from hub.simulator import council_events, trust_messages
from hub.simulator.feeds import CASES, sources
from hub.simulator.partnership import Partnership
from hub.stages.identity import IdentityHandler
from hub.stages.intake import IntakeHandler
from hub.stages.stage import Output, Record
from hub.store import Projector
from schemas.envelope import Envelope
from schemas.sources import Source, Sources

KEY = b"a key for tests, thirty-two bytes"
LAST_DAY = date(2026, 11, 27)
"""The day on which the partnership is looked at."""
NOW = datetime.combine(LAST_DAY, time(9, 30), UTC)

ELSEWHERE = "one-education:931:2022"
"""Another council's feed."""

_NOBODY: list = []


class AtNow:
    """A clock that stands still on that day."""

    def now(self) -> datetime:
        return NOW


class Values(dict):
    """Identity's state: a dict that a stage may write to."""

    def put(self, key, value):
        if value is None:
            self.pop(key, None)
        else:
            self[key] = value


@dataclass(repr=False)
class Hub:
    """What came of it. `names`: the council's own word for each child, by child id; `audits` is what the desk wrote."""

    partnership: Partnership
    values: Values
    names: dict[str, str]
    audits: list = field(default_factory=list)

    def desk(self) -> Desk:
        """The real desk on this state."""

        async def read():
            return self.values

        async def note(entry):
            self.audits.append(entry)

        return Desk(Identity(KEY, _registered(self.partnership)), read, note, AtNow())


def fill(projector: Projector, children: int = 60, seed: int = 825, weeks: int = 8, extra=()) -> Hub:
    """Play a partnership up to LAST_DAY into an empty read model. `extra`: further messages, as made by `message`."""
    partnership = Partnership.make(seed, children, LAST_DAY - timedelta(weeks=weeks), LAST_DAY)
    registered = _registered(partnership)
    raw = sorted([*_messages(partnership), *extra], key=lambda record: record.timestamp)
    raw = [_at(record, number) for number, record in enumerate(raw)]
    read = IntakeHandler(registered, lambda *_: None).handle(raw, Values()).outputs
    values = Values()
    observations = [record for record in _records(read) if record.topic == "hub.observations"]
    stage = IdentityHandler(KEY, registered, lambda *_: None)
    known = stage.handle(observations, values).outputs
    made = [output for output in known if output.topic == "hub.facts"]
    worked = _casework(made, registered, LAST_DAY)
    by_topic = {}
    for output in [*read, *known, *worked]:
        by_topic.setdefault(output.topic, []).append(output)
    for topic in ("hub.children", "hub.deadlines", "hub.alerts", "hub.review", "hub.trail"):
        records = list(_records(by_topic.get(topic, _NOBODY)))
        projector.apply(topic, 0, records, 0, len(records))
    return Hub(partnership, values, _names(partnership, made))


def _registered(partnership: Partnership) -> Sources:
    other = Source(id=ELSEWHERE, kind="council", area="931", creates_children=True, trusts_nhs_number=True)
    return Sources(sources=(*sources(partnership.first_day).sources, other))


def event(kind: str, record: str, on: date, *, person: dict, days: int = 0, **said) -> dict:
    """A council's event of a day; `days`: how much later it was written down. The rest is subject, data and so on."""
    at = datetime.combine(on + timedelta(days=days), time(10), UTC)
    known = {
        "kind": kind,
        "record": record,
        "version": 1,
        "effective_on": on.isoformat(),
        "recorded_at": at.isoformat(),
    }
    return {**known, "person": person, **said}


def council(kind: str, record: str, on: date, *, source: str = CASES, days: int = 0, **said) -> Record:
    """The same as its connector hands it on, on the day on which it was written down."""
    made = event(kind, record, on, days=days, **said)
    return message(source, made, datetime.fromisoformat(made["recorded_at"]) + timedelta(minutes=1))


def message(source: str, event: dict, at: datetime) -> Record:
    """One event as its connector hands it on."""
    kind = "sendhub.nhs.bars" if event.get("resourceType") else "sendhub.council.event"
    value = orjson.dumps(event)
    envelope = Envelope(id=f"m-{hash((source, value)) & 0xFFFFFFFF:x}", source=source, type=kind, time=at)
    topic = "nhs.messages" if event.get("resourceType") else "council.events"
    return Record(topic, 0, 0, b"k", value, envelope.headers(), int(at.timestamp() * 1000))


def _at(record: Record, offset: int) -> Record:
    return Record(record.topic, 0, offset, record.key, record.value, record.headers, record.timestamp)


def _messages(partnership: Partnership):
    for life in partnership.lives:
        first = min(truth.recorded_at for case in life.cases for truth in case.truths)
        at = first - timedelta(minutes=1)
        yield message(CASES, council_events.identified(life.child, at, at.date()), at)
        for case in life.cases:
            advice = {each.id: each for each in case.advice}
            for truth in case.truths:
                asked = advice.get(truth.advice)
                if asked is not None and truth.told("bars"):
                    about = trust_messages.conversation(life.child, asked)
                    yield message(asked.source, trust_messages.bundle(about, truth), truth.recorded_at)
                if truth.trust is None:
                    yield message(CASES, council_events.event(life.child, case, truth), truth.recorded_at)


def _casework(facts: list[Output], registered, day: date) -> list[Output]:
    policy, outputs = Policy(registered), []
    for child, said in groupby(sorted(facts, key=lambda fact: fact.key), key=lambda fact: fact.key):
        child_id = child.decode()
        known = [read_fact(orjson.loads(fact.value)) for fact in said]
        found = evaluate(child_id, known, day, policy)
        outputs.append(Output("hub.children", child, _json(found.record)))
        for deadline in found.deadlines:
            key = f"{child_id}|{deadline.id}".encode()
            changed_on = found.now.traces[deadline.id].changed_on
            outputs.append(Output("hub.deadlines", key, _json(deadline.to_json(child_id, changed_on))))
        outputs += [Output("hub.alerts", child, _json(alert)) for alert in found.alerts]
        for question in found.questions:
            id_ = question.id(child_id)
            outputs.append(Output("hub.review", id_.encode(), _json(task_json(child_id, id_, question))))
    return outputs


def _records(outputs):
    for offset, output in enumerate(outputs):
        yield Record(output.topic, 0, offset, output.key, output.value, output.headers, int(NOW.timestamp() * 1000))


def _names(partnership: Partnership, facts: list[Output]) -> dict[str, str]:
    """The given and family name by child id, as the council's requests tie them."""
    named = {}
    for life in partnership.lives:
        for case in life.cases:
            for request in case.requests:
                named[request] = f"{life.child.given} {life.child.family}"
    found = {}
    for fact in facts:
        said = orjson.loads(fact.value)
        if said["kind"] == "assessment.requested" and said["record"] in named:
            found[said["child_id"]] = named[said["record"]]
    return found


def _json(value) -> bytes:
    return orjson.dumps(value)
