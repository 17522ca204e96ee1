"""What the hub makes of raw messages: intake and identity, one after the other, in memory."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from connectors.sdk.publisher import Message
from hub.core.intake.council import Event
from hub.runtime.state import PartitionState
from hub.stages.identity import IdentityHandler
from hub.stages.intake import IntakeHandler
from hub.stages.stage import Output, Record
from schemas.envelope import Envelope
from schemas.people import Person
from schemas.sources import Source, Sources
from schemas.topics import NHS_MESSAGES, OBSERVATIONS
from tests.unit.bars_cases import SOURCE

COUNCIL = "one-education:825:2022"
SOURCES = Sources(
    sources=(
        Source(id=COUNCIL, kind="council", creates_children=True, trusts_nhs_number=True, trusts_upn=True),
        SOURCE,
        Source(id="another:RHW:2026", kind="nhs", trusts_nhs_number=True),
    )
)
KEY = b"k" * 32


class HubSide:
    """Reads messages in the order given; `topics` holds the values written to each topic."""

    def __init__(self) -> None:
        self._intake = IntakeHandler(SOURCES, self._note)
        self._identity = IdentityHandler(KEY, SOURCES, self._note)
        self._state = PartitionState()
        self.topics: dict[str, list[Any]] = defaultdict(list)
        self.notes: list[tuple[str, str]] = []

    def _note(self, what: str, source: str) -> None:
        self.notes.append((what, source))

    def council_knows(self, person: Person) -> None:
        """The council states a needs-assessment request for a person."""
        event = Event(
            kind="assessment.requested",
            record="REQ-1",
            version=1,
            effective_on=datetime(2026, 8, 1, tzinfo=UTC).date(),
            recorded_at=datetime(2026, 8, 1, tzinfo=UTC),
            person=person,
        )
        envelope = Envelope(
            id="council-1", source=COUNCIL, type="sendhub.council.event", time=datetime(2026, 8, 1, tzinfo=UTC)
        )
        self.take([Message(b"k", event.model_dump_json().encode(), envelope)])

    def take(self, messages: Sequence[Message]) -> None:
        """Through both stages."""
        for message in messages:
            headers = message.envelope.headers()
            raw = Record(NHS_MESSAGES.name, 0, 0, message.key, message.value, headers)
            for output in self._keep(self._intake.handle([raw], self._state.begin()).outputs):
                if output.topic == OBSERVATIONS.name:
                    self._observe(output)

    def _observe(self, output: Output) -> None:
        batch = self._state.begin()
        record = Record(output.topic, 0, 0, output.key, output.value, output.headers)
        self._keep(self._identity.handle([record], batch).outputs)
        self._state.apply(batch)

    def _keep(self, outputs: list[Output]) -> list[Output]:
        for output in outputs:
            self.topics[output.topic].append(orjson.loads(output.value) if output.value else None)
        return outputs

    @property
    def facts(self) -> list[tuple[str, str]]:
        """(kind, source) of each fact about a child."""
        return [(fact["kind"], fact["source"]) for fact in self.topics["hub.facts"]]

    @property
    def questions(self) -> list[str]:
        """The questions asked."""
        return [task["question"] for task in self.topics["hub.review"] if task]
