"""What a BaRS message means, by the standard's table of event, reason and statuses (BaRS payload workflow, API 1.4.0).

Every row is data. The rows of STRICT are the standard's, but for two of the hub's own, marked so. Published examples
break the standard's table in places (an interim response whose encounter is triaged, a referral whose care plan is
active): TOLERANT adds what they need.
"""

from dataclasses import dataclass
from typing import Literal

from schemas.bars import codes
from schemas.bars.message import Message

Meaning = Literal["requested", "request-withdrawn", "interim", "final", "rejected", "response-withdrawn"]

ANY: frozenset[str] = frozenset()
"""An empty set in a row: anything, also absence, will do."""


@dataclass(frozen=True, slots=True)
class Row:
    """One combination and its meaning. `plan` is the status of the care plan, `encounter` that of the encounter."""

    meaning: Meaning
    event: str
    reasons: frozenset[str]
    request: frozenset[str]
    category: frozenset[str] = ANY
    plan: frozenset[str] = ANY
    encounter: frozenset[str] = ANY


def _row(meaning: Meaning, event: str, reasons: str, request: str, *others: str) -> Row:
    return Row(meaning, event, _words(reasons), _words(request), *(_words(words) for words in others))


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


STRICT: tuple[Row, ...] = (
    _row("requested", codes.REQUEST, "new", "active", "referral", "completed", "triaged finished"),
    _row("requested", codes.REQUEST, "new", "active", "validation", "active", "triaged in-progress"),
    # The table names no update of an active request; the standard's own text and VALREQ02 do.
    _row("requested", codes.REQUEST, "update", "active"),
    _row("request-withdrawn", codes.REQUEST, "update delete", "revoked entered-in-error"),
    _row("rejected", codes.RESPONSE, "new", "revoked", "referral"),
    _row("interim", codes.RESPONSE, "new", "active", "", "", "in-progress"),
    _row("final", codes.RESPONSE, "new", "completed", "", "", "triaged finished"),
    # The hub's own: a sender corrects its response, or takes it back. BaRS has updates of requests only.
    _row("rejected", codes.RESPONSE, "update", "revoked", "referral"),
    _row("interim", codes.RESPONSE, "update", "active", "", "", "in-progress"),
    _row("final", codes.RESPONSE, "update", "completed", "", "", "triaged finished"),
    _row("response-withdrawn", codes.RESPONSE, "update delete", "entered-in-error"),
)

TOLERANT: tuple[Row, ...] = (
    *STRICT,
    _row("requested", codes.REQUEST, "new", "active", "", "active completed", "planned in-progress triaged finished"),
    _row("rejected", codes.RESPONSE, "new update", "revoked"),
    _row("rejected", codes.RESPONSE, "new update", "active completed", "", "", "cancelled"),
    _row("interim", codes.RESPONSE, "new update", "active", "", "", "planned arrived"),
    _row("final", codes.RESPONSE, "new update", "active", "", "", "triaged finished"),
)


def meaning_of(message: Message, rows: tuple[Row, ...] = TOLERANT) -> Meaning | None:
    """The meaning of the first row that fits; None when the combination is none that the rows know."""
    request = message.service_request
    if request is None:
        return None
    encounter = message.encounter
    encounters = [encounter.status] if encounter else []
    plans = [plan.status for plan in message.all("CarePlan")]
    for row in rows:
        if (
            row.event == message.event
            and message.reason in row.reasons
            and request.status in row.request
            and _fits(row.category, message.categories)
            and _fits(row.plan, plans)
            and _fits(row.encounter, encounters)
        ):
            return row.meaning
    return None


def _fits(allowed: frozenset[str], found: list[str] | tuple[str, ...]) -> bool:
    return not allowed or (bool(found) and set(found) <= allowed)
