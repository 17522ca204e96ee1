"""Demographic look-ups: what is asked of the national service (PDS), and what it answered. Left of identity only."""

from datetime import date
from typing import Final, Literal

from pydantic import Field

from schemas.base import Model
from schemas.instants import Instant
from schemas.statements import Text

PDS: Final = "pds"
"""The source that answers. No look-up is made unless it is registered."""

CE_TYPE_PDS: Final = "sendhub.nhs.pds"

TRACED: Final = "number.traced"
"""The kind of observation that an answer becomes. No other source may state it, and it is never a fact."""

Ask = Literal["retrieve", "search"]
"""By NHS number, or by name and date of birth."""

Result = Literal[
    "found",
    "superseded",
    "none",
    "many",
    "not-found",
    "invalidated",
    "invalid-number",
    "refused",
    "unreadable",
]
"""One person; the same under another number (200 with another id); a search that nobody or more than one fits; a number
that nobody has (404 RESOURCE_NOT_FOUND), that was withdrawn (404 INVALIDATED_RESOURCE), or that is none (400); a
question that the service does not take; a question or an answer that could not be read."""

Security = Literal["unrestricted", "restricted", "very-restricted", "redacted"]
"""meta.security U, R, V and REDACTED: of all but the first, address, telephone and practice are withheld."""


class Trace(Model):
    """One look-up to make. It holds no more of the person than the question needs.

    `id` is a keyed digest of link and question, so the same question about a link is one look-up. A search of somebody
    who `may_be_restricted` must not name a postcode: with one the service never returns a restricted person.
    """

    id: Text
    link: Text
    ask: Ask
    asked_at: Instant
    nhs_number: str | None = None
    given: str | None = None
    family: str | None = None
    birth_date: date | None = None
    postcode: str | None = None
    may_be_restricted: bool = False


class KnownName(Model):
    """A name that the service has for a person, former ones too."""

    given: str | None = None
    family: str | None = None


class Traced(Model):
    """(answered) what the service said, beside the person's number and date of birth. `version` is its ETag's, `death`
    the notice that `died_on` rests on. For checking only: nothing of it corrects what a source says."""

    ask: Ask
    result: Result
    asked_number: str | None = None
    version: int | None = Field(default=None, ge=0)
    security: Security | None = None
    names: tuple[KnownName, ...] = ()
    died_on: date | None = None
    death: Literal["formal", "informal"] | None = None


class TraceAnswer(Traced):
    """One answer as the connector publishes it: the least that identity needs, no address, telephone or practice."""

    trace: Text
    link: Text
    answered_at: Instant
    number: str | None = None
    birth_date: date | None = None
