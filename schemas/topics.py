"""The topics, as data: `sendhub topics` creates and checks exactly these."""

from dataclasses import dataclass
from typing import Literal

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic's fixed properties. `partitions` is set at creation and never changed by the hub.

    `keep_days` None means kept for ever.
    """

    name: str
    partitions: int
    policy: Literal["delete", "compact"]
    keep_days: int | None = None
    max_message_bytes: int = 1_048_576
    holds: str = ""

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
        return settings


COUNCIL_EVENTS = Topic("council.events", 4, "delete", 30, 5_242_880, "raw payloads from councils")
NHS_MESSAGES = Topic("nhs.messages", 4, "delete", 30, 5_242_880, "raw payloads from NHS systems")
OBSERVATIONS = Topic("hub.observations", 1, "delete", 30, holds="facts that still carry a person's identifiers")
LINKS = Topic("hub.links", 1, "delete", None, holds="which child a source person is, and why")
FACTS = Topic("hub.facts", 4, "delete", None, holds="facts of a known child, no identifiers")
CHILDREN = Topic("hub.children", 4, "compact", holds="current reconciled record of each child")
DEADLINES = Topic("hub.deadlines", 4, "compact", holds="current deadlines")
ALERTS = Topic("hub.alerts", 4, "delete", 400, holds="alerts opened and cleared")
OUTBOX = Topic("hub.outbox", 4, "delete", 30, holds="deliveries to make")
REVIEW = Topic("hub.review", 1, "compact", holds="questions for people")
# Twice the largest message and a little more: its own headers have the prefix `o_`, and a header may be empty.
DEADLETTER = Topic("hub.deadletter", 1, "delete", 90, 11_534_336, "what could not be processed")
AUDIT = Topic("hub.audit", 1, "delete", 2920, holds="who read, replayed, decided, changed what")
IDENTITY_STATE = Topic("hub.identity.state", 1, "compact", holds="the identity stage's changelog")
TICKER_STATE = Topic("hub.ticker.state", 1, "compact", holds="the last day that the ticker wrote")
CASEWORK_STATE = Topic("hub.casework.state", 4, "compact", holds="the casework stage's changelog")

TOPICS: tuple[Topic, ...] = (
    COUNCIL_EVENTS,
    NHS_MESSAGES,
    OBSERVATIONS,
    LINKS,
    FACTS,
    CHILDREN,
    DEADLINES,
    ALERTS,
    OUTBOX,
    REVIEW,
    DEADLETTER,
    AUDIT,
    IDENTITY_STATE,
    TICKER_STATE,
    CASEWORK_STATE,
)
