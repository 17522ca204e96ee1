"""The topics, as data: `sendhub topics` creates and checks exactly these."""

from dataclasses import dataclass
from typing import Literal

DAY_MS = 86_400_000


Sealing = Literal["day", "link", "letter"]
"""With what key a topic's values are sealed: the day's, the source person's own, the dead letter's own."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic's fixed properties. `partitions` is set at creation and never changed by the hub.

    `keep_days` None means kept for ever. `purpose` and `ends` say for the retention table why the data is there and how
    it goes; `personal` what of a person is in it. A topic with `erased_within_days` is compacted so often that what a
    later record took the place of is gone after so long.
    """

    name: str
    partitions: int
    policy: Literal["delete", "compact"]
    keep_days: int | None = None
    max_message_bytes: int = 1_048_576
    holds: str = ""
    purpose: str = ""
    personal: str = "none"
    ends: str = ""
    sealed: Sealing | None = None
    erased_within_days: int | None = None

    @property
    def settings(self) -> dict[str, str]:
        """The broker's topic settings."""
        retention = -1 if self.keep_days is None else self.keep_days * DAY_MS
        settings = {
            "cleanup.policy": self.policy,
            "max.message.bytes": str(self.max_message_bytes),
        }
        if self.policy == "delete":
            settings["retention.ms"] = str(retention)
            settings["retention.bytes"] = "-1"
        if self.erased_within_days is not None:
            # The cleaner is due, and the segment that is written to is closed, after this long at the latest.
            settings["max.compaction.lag.ms"] = str(self.erased_within_days * DAY_MS // 2)
        return settings


_EXPIRES = "Kafka deletes it"
_KEPT = "as long as the deployment"
_REPLACED = "the next record of its key takes its place"
_WITH_DAY = "its day's key is destroyed (`SENDHUB_SEAL_DAYS`); Kafka deletes it"

COUNCIL_EVENTS = Topic(
    "council.events", 4, "delete", 30, 5_242_880, "raw payloads from councils",
    "to be decoded, and again after a fault", "all that the source sends", _WITH_DAY, "day",
)  # fmt: skip
NHS_MESSAGES = Topic(
    "nhs.messages", 4, "delete", 30, 5_242_880, "raw payloads from NHS systems",
    "to be decoded, and again after a fault", "all that the source sends", _WITH_DAY, "day",
)  # fmt: skip
OBSERVATIONS = Topic(
    "hub.observations", 1, "delete", 30, holds="facts that still carry a person's identifiers",
    purpose="to find out which child it is", personal="names, dates of birth, numbers, postcodes",
    ends=_WITH_DAY, sealed="day",
)  # fmt: skip
LINKS = Topic(
    "hub.links", 1, "delete", None, holds="which child a source person is, and why",
    purpose="rebuilding reads decisions, not guesses", personal="opaque ids", ends=_KEPT,
)  # fmt: skip
TRACES = Topic(
    "hub.traces", 1, "delete", 30, holds="demographic look-ups to make",
    purpose="to ask the national service for a number", personal="names, dates of birth, numbers, postcodes",
    ends=_WITH_DAY, sealed="day",
)  # fmt: skip
FACTS = Topic(
    "hub.facts", 4, "delete", None, holds="facts of a known child, no identifiers",
    purpose="the record and its clocks are made of them", personal="opaque ids, the council's case reference",
    ends=_KEPT,
)  # fmt: skip
CHILDREN = Topic(
    "hub.children", 4, "compact", holds="current reconciled record of each child",
    purpose="what systems and people work with", personal="opaque ids, the council's case reference", ends=_REPLACED,
)  # fmt: skip
DEADLINES = Topic(
    "hub.deadlines", 4, "compact", holds="current deadlines",
    purpose="what systems and people work with", personal="opaque ids", ends=_REPLACED,
)  # fmt: skip
ALERTS = Topic(
    "hub.alerts", 4, "delete", 400, holds="alerts opened and cleared",
    purpose="somebody must know; a year's measures", personal="opaque ids", ends=_EXPIRES,
)  # fmt: skip
OUTBOX = Topic(
    "hub.outbox", 4, "delete", 30, holds="deliveries to make",
    purpose="to be delivered", personal="opaque ids", ends=_EXPIRES,
)  # fmt: skip
REVIEW = Topic(
    "hub.review", 1, "compact", holds="questions for people",
    purpose="a person decides where rules may not", personal="opaque ids", ends=_REPLACED,
)  # fmt: skip
TRAIL = Topic(
    "hub.trail", 4, "delete", 30, holds="what became of each message, step by step",
    purpose="to follow a message, and to know that none was lost", personal="opaque ids, senders' message ids",
    ends=_EXPIRES,
)  # fmt: skip
# Twice the largest message and a little more: its own headers have the prefix `o_`, and a header may be empty.
DEADLETTER = Topic(
    "hub.deadletter", 1, "delete", 90, 11_534_336, "what could not be processed",
    "to be mended and put back", "all that the record held",
    "its own key is destroyed when it is resolved, at the latest after `SENDHUB_LETTER_DAYS`; Kafka deletes it",
    "letter",
)  # fmt: skip
DEADLETTER_KEYS = Topic(
    "hub.deadletter.keys", 1, "compact", holds="the key of each dead letter, wrapped",
    purpose="to open a dead letter while it is open", ends="a tombstone, then compaction", erased_within_days=2,
)  # fmt: skip
AUDIT_INTAKE = Topic(
    "hub.audit.intake", 1, "delete", 90, holds="audit entries on their way into the chain of hub.audit",
    purpose="to be put in order by one writer", personal="who acted; opaque ids", ends=_EXPIRES,
)  # fmt: skip
AUDIT = Topic(
    "hub.audit", 1, "delete", 2920, holds="who read, replayed, decided, changed what; each entry chained to the last",
    purpose="to answer for it", personal="who acted; opaque ids", ends=_EXPIRES,
)  # fmt: skip
CONTROL = Topic(
    "hub.control", 1, "compact", holds="which stages and connectors are paused",
    purpose="a running process is told to stop reading, also after a restart", personal="who paused it", ends=_REPLACED,
)  # fmt: skip
AUDIT_STATE = Topic(
    "hub.audit.state", 1, "compact", holds="the audit stage's changelog: where the chain stands",
    purpose="the next entry is chained to the last", ends=_REPLACED,
)  # fmt: skip
IDENTITY_STATE = Topic(
    "hub.identity.state", 1, "compact", holds="the identity stage's changelog",
    purpose="who is who, and what each source person's facts are",
    personal="given names, dates of birth, digests of numbers; what is held back, whole",
    ends="the source person's key is deleted (a tombstone), then compaction", sealed="link", erased_within_days=2,
)  # fmt: skip
TICKER_STATE = Topic(
    "hub.ticker.state", 1, "compact", holds="the last day that the ticker wrote",
    purpose="each day is written once", ends=_REPLACED,
)  # fmt: skip
CASEWORK_STATE = Topic(
    "hub.casework.state", 4, "compact", holds="the casework stage's changelog",
    purpose="to go on where it was", personal="opaque ids, the council's case reference", ends=_REPLACED,
)  # fmt: skip

TOPICS: tuple[Topic, ...] = (
    COUNCIL_EVENTS,
    NHS_MESSAGES,
    OBSERVATIONS,
    LINKS,
    TRACES,
    FACTS,
    CHILDREN,
    DEADLINES,
    ALERTS,
    OUTBOX,
    REVIEW,
    TRAIL,
    DEADLETTER,
    DEADLETTER_KEYS,
    AUDIT_INTAKE,
    AUDIT,
    AUDIT_STATE,
    CONTROL,
    IDENTITY_STATE,
    TICKER_STATE,
    CASEWORK_STATE,
)

SEALED_BY_DAY = frozenset(topic.name for topic in TOPICS if topic.sealed == "day")
"""Their values are sealed by whoever writes them, and opened by whoever reads them, with the key of the day."""
