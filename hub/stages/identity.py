"""The identity stage: observations in; facts of known children, decisions, questions, alerts, audit records out, and
look-ups to make."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

import orjson
from pydantic import BaseModel, ValidationError

from hub.core.errors import CoreError
from hub.core.identity import Identity, Outcome
from hub.core.identity.erasure import owner_of
from hub.core.identity.people import People
from hub.core.identity.policies import CURRENT
from hub.core.identity.policy import Policy
from hub.core.identity.scoring.weights import Weights
from hub.core.identity.store import persons_in
from hub.stages.errors import PermanentError
from hub.stages.heartbeat import is_heartbeat, to_facts
from hub.stages.intake import Note
from hub.stages.stage import Headers, Output, Record, Stage, State, Step
from schemas.ids import digest, keyed_digest
from schemas.kinds import CONTROL_KINDS
from schemas.sources import Sources
from schemas.statements import Fact, Observation
from schemas.topics import ALERTS, AUDIT_INTAKE, FACTS, IDENTITY_STATE, LINKS, OBSERVATIONS, REVIEW, TRACES, TRAIL
from schemas.trail import ObservationTaken, TakenOutcome, message_key


class Matching(NamedTuple):
    """What matching goes by: the policy's rules, and the weights of likeness."""

    policy: Policy
    weights: Weights


def identity(key: bytes, sources: Sources, note: Note, matching: Matching | None = None) -> Stage:
    """The stage, for a deployment's key, registered sources and, unless only numbers are to decide, its matching."""
    return Stage(
        "identity",
        (OBSERVATIONS.name,),
        IDENTITY_STATE.name,
        lambda partition, state: IdentityHandler(key, sources, note, matching, state),
        (FACTS.name, LINKS.name, REVIEW.name, ALERTS.name, AUDIT_INTAKE.name, TRACES.name, TRAIL.name),
        lambda key, value: orjson.loads(value),
        "Stop identity and restore its last backup with `sendhub identity restore FILE`.",
        owner_of,
    )


class IdentityHandler:
    """Takes observations one after the other; days raise alerts. An unreadable record raises PermanentError."""

    def __init__(
        self, key: bytes, sources: Sources, note: Note, matching: Matching | None = None, state: State | None = None
    ) -> None:
        self._key = key
        self._people = None if matching is None else People(matching.weights)
        if self._people is not None and state is not None:
            self._people.load(persons_in(state.items()))
        policy = CURRENT if matching is None else matching.policy
        self._identity = Identity(key, sources, policy, self._people)
        self._note = note

    def handle(self, records: Sequence[Record], state: State) -> Step:
        """The whole batch, in order."""
        if self._people is not None:
            self._people.take_back()
        outputs: list[Output] = []
        for record in records:
            headers = dict(record.headers)
            kind = headers.get("kind", b"").decode()
            if kind in CONTROL_KINDS:
                outputs.extend(self._control(kind, record, headers, state))
            else:
                outputs.extend(self._observe(record, headers, state))
        return Step(len(records), outputs)

    def committed(self, changes: Mapping[str, bytes | None]) -> None:
        """What the batch said of people is durable."""
        if self._people is not None:
            self._people.kept()

    def _observe(self, record: Record, headers: dict[str, bytes], state: State) -> list[Output]:
        try:
            observation = Observation.model_validate_json(record.value or b"")
        except ValidationError:
            raise PermanentError("the record is not an observation", step="decode") from None
        try:
            outcome = self._identity.observe(observation, state)
        except CoreError as error:
            raise PermanentError(str(error)) from None
        if outcome.repeat:
            self._note("repeat", observation.source)
        outputs = self._outputs(outcome, headers, observation.received_at)
        return [*outputs, *_trail(observation, outcome, headers)]

    def _control(self, kind: str, record: Record, headers: dict[str, bytes], state: State) -> list[Output]:
        if is_heartbeat(record):
            return [to_facts(record)]
        if kind != "day.reached":
            return []
        day = date.fromisoformat(orjson.loads(record.value or b"{}")["effective_on"])
        return self._outputs(self._identity.day(day, state), headers, None)

    def _outputs(self, outcome: Outcome, cause: dict[str, bytes], received: datetime | None) -> list[Output]:
        outputs = []
        for fact in outcome.facts:
            value = fact.model_dump_json(exclude_none=True).encode()
            fact_id = keyed_digest(self._key, "fact", value.hex())
            shared = _headers(fact_id, cause, fact.received_at)
            headers = (*shared, ("kind", fact.kind.encode()), ("source", fact.source.encode()))
            outputs.append(Output(FACTS.name, fact.child_id.encode(), value, headers))
        for decision in outcome.decisions:
            decision_id = digest("link", decision.link, decision.seq)
            outputs.append(_output(LINKS.name, decision.link, decision, _headers(decision_id, cause, received)))
        for gone in outcome.forgotten:
            gone_id = digest("review", gone, "gone", cause.get("id", b"").decode())
            outputs.append(Output(REVIEW.name, gone.encode(), None, _headers(gone_id, cause, received)))
        for task in outcome.reviews:
            task_id = digest("review", task.id, cause.get("id", b"").decode())
            outputs.append(_output(REVIEW.name, task.id, task, _headers(task_id, cause, received)))
        for alert in outcome.alerts:
            alert_id = digest("alert", alert.id, alert.state)
            outputs.append(_output(ALERTS.name, alert.about, alert, _headers(alert_id, cause, received)))
        for entry in outcome.audits:
            entry_id = digest("audit", entry.id, cause.get("id", b"").decode())
            outputs.append(_output(AUDIT_INTAKE.name, entry.actor, entry, _headers(entry_id, cause, received)))
        for trace in outcome.traces:
            outputs.append(_output(TRACES.name, trace.link, trace, _headers(trace.id, cause, received)))
        # Of one cause with the rest it could be told whose it was.
        return outputs if outcome.apart is None else [*outputs, *self._outputs(outcome.apart, {}, None)]


def _trail(observation: Observation, outcome: Outcome, cause: dict[str, bytes]) -> list[Output]:
    """What became of an observation that came by a message, and of those of other messages that it placed; people's
    decisions have a record of their own."""
    mine = (observation.source, observation.message)
    named = cause.get("id", b"").decode()
    steps = [
        _placed(fact) for fact in outcome.facts if fact.message is not None and (fact.source, fact.message) != mine
    ]
    if observation.message is not None:
        children = [fact.child_id for fact in outcome.facts if (fact.source, fact.message) == mine]
        child_id = children[-1] if children else None
        steps.append(_step(observation, observation.message, named, _became(outcome, child_id), child_id))
    said = {step.observation: step for step in steps}
    return [
        _output(TRAIL.name, step.message, step, _headers(digest("trail", "identity", each), cause, step.received_at))
        for each, step in said.items()
    ]


def _placed(fact: Fact) -> ObservationTaken:
    """A statement that waited, or was another child's, is this one's now. Its observation is known no more: the id is
    of the statement and the child, so that told again it is one step."""
    said = (fact.source, str(fact.message), fact.kind, fact.record, fact.version, fact.occurrence, fact.child_id)
    return _step(fact, str(fact.message), digest("placed", *said), "taken", fact.child_id)


def _step(
    said: Observation | Fact, message: str, observation: str, outcome: TakenOutcome, child_id: str | None
) -> ObservationTaken:
    return ObservationTaken(
        message=message_key(said.source, message),
        observation=observation,
        source=said.source,
        kind=said.kind,
        received_at=said.received_at,
        outcome=outcome,
        child_id=child_id,
    )


def _became(outcome: Outcome, child_id: str | None) -> TakenOutcome:
    if child_id is not None:
        return "taken"
    if outcome.repeat:
        return "repeat"
    return "asked" if outcome.reviews else "kept"


def _output(topic: str, key: str, model: BaseModel, headers: Headers) -> Output:
    return Output(topic, key.encode(), model.model_dump_json().encode(), headers)


def _headers(output_id: str, cause: dict[str, bytes], received: datetime | None) -> Headers:
    """Its own id and the ids of what caused it, so that a message can be followed."""
    causes = b",".join(found for name in ("id", "causes") if (found := cause.get(name)))
    headers = (("id", output_id.encode()), ("causes", causes))
    if received is None:
        return headers
    return (*headers, ("received_at", received.isoformat().replace("+00:00", "Z").encode()))
