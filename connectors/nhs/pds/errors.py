"""Why there is no answer. No text of these ever names a person or a number.

PdsFault
├── Away        nobody answers, too late, or 5xx: ask again
├── Busy        429: ask again when it says
├── Garbled     something answers, but it is not the service: a proxy's page, say; ask again
├── Unfit       FHIR, but not what was asked for: ask again, then give this one question up
├── Stale       401 with a token that was kept: ask again at once, with a new one
├── Denied      401 with a new token, or 403: a person has to put the access right
└── Paused      not asked at all: the last questions came to nothing, and the pause is not over
"""


class PdsFault(Exception):
    """No answer. `retry_after`: seconds after which it may be asked again, where that was said."""

    def __init__(self, why: str, retry_after: float | None = None) -> None:
        super().__init__(why)
        self.retry_after = retry_after


class Away(PdsFault):
    """Nobody answers in time, or with a fault of its own (5xx)."""


class Busy(PdsFault):
    """Too many requests (429)."""


class Garbled(PdsFault):
    """What answers does not speak FHIR."""


class Unfit(PdsFault):
    """A FHIR answer that is not what was asked for."""


class Stale(PdsFault):
    """The access token is not taken any more."""


class Denied(PdsFault):
    """The service, or the one that gives tokens, does not let us in."""


class Paused(PdsFault):
    """The breaker is open."""
