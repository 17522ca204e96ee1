"""Every path there is, and what it needs: the gate lets nothing else through, so a path that is forgotten here is not
there."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from starlette.routing import compile_path

from hub.api.access.limits import Rate
from hub.api.access.permissions import Permission

Needs = Permission | Literal["open", "signed-in"]
"""`open`: no question asked; `signed-in`: somebody known, whatever their role."""

Method = Literal["GET", "POST"]


LOOKS = Rate(30, 4.0)
"""Looks at who somebody is: more is no reading by a person. Each person, and each client."""


SHEETS = Rate(5, 60.0)
"""Sheets that are taken away."""


REPORTS = Rate(60, 2.0)
"""Reports of measures: one that nobody asked for before goes through every child."""


AGAIN = Rate(60, 1.0)
"""Pages that a browser asks for again by itself, and that the audit is read for."""


class Way(NamedTuple):
    """One method of one path, by its template; with how often one person, and one client, may go it."""

    method: Method
    path: str
    needs: Needs
    rate: Rate | None = None
    people: bool = False
    """Whether the rate is for people alone: a system is there to read everything."""


API: tuple[Way, ...] = (
    Way("GET", "/live", "open"),
    Way("GET", "/ready", "open"),
    Way("GET", "/health", "health.read"),
    Way("GET", "/openapi.json", "signed-in"),
    Way("GET", "/children", "record.read", LOOKS, people=True),
    Way("GET", "/children/{child_id}", "record.read"),
    Way("GET", "/children/{child_id}/deadlines", "record.read"),
    Way("GET", "/children/{child_id}/timeline", "record.read"),
    Way("POST", "/children/{child_id}/identify", "child.name", LOOKS),
    Way("POST", "/children/{child_id}/adoption", "review.decide", LOOKS),
    Way("GET", "/deadlines", "record.read", LOOKS, people=True),
    Way("GET", "/alerts", "record.read", LOOKS, people=True),
    Way("GET", "/changes", "change.read"),
    Way("GET", "/children.csv", "record.sheet", SHEETS),
    Way("GET", "/deadlines.csv", "record.sheet", SHEETS),
    Way("GET", "/alerts.csv", "record.sheet", SHEETS),
    Way("GET", "/measures", "measures.read", REPORTS),
    Way("GET", "/measures.csv", "measures.read", REPORTS),
    Way("GET", "/sources", "source.read"),
    Way("GET", "/messages", "message.read"),
    Way("GET", "/messages/{message_id}", "message.read"),
    Way("GET", "/reviews", "review.read", LOOKS, people=True),
    Way("GET", "/reviews/{task_id}", "review.read"),
    Way("POST", "/reviews/{task_id}/evidence", "review.decide", LOOKS),
    Way("POST", "/comparisons", "review.decide", LOOKS),
    Way("POST", "/decisions", "review.decide"),
    Way("GET", "/decisions/{decision_id}", "review.decide"),
    Way("GET", "/dead-letters", "letter.read"),
    Way("GET", "/dead-letters/{letter_id}", "letter.read"),
)

PAGES = "/pages"
"""Where pages begin: there a browser is asked to sign in, and is refused in words rather than JSON."""

PAGE_WAYS: tuple[Way, ...] = (
    Way("GET", "/pages/sign-in", "open"),
    Way("POST", "/pages/sign-in", "open"),
    Way("GET", "/pages/sign-in/begin", "open"),
    Way("GET", "/pages/sign-in/back", "open"),
    Way("POST", "/pages/sign-out", "signed-in"),
    Way("GET", "/pages", "signed-in"),
    Way("GET", "/pages/files/{name}", "open"),
    Way("GET", "/pages/fresh", "record.read"),
    Way("GET", "/pages/worklist", "record.read"),
    Way("GET", "/pages/worklist.csv", "record.sheet", SHEETS),
    Way("POST", "/pages/worklist.csv", "child.name", SHEETS),
    Way("GET", "/pages/filters", "record.read"),
    Way("POST", "/pages/filters", "record.read"),
    Way("GET", "/pages/children/{child_id}", "record.read"),
    Way("POST", "/pages/children/{child_id}/name", "child.break-glass", LOOKS),
    Way("GET", "/pages/changes", "record.read"),
    Way("GET", "/pages/find", "child.find"),
    Way("POST", "/pages/find", "child.find", LOOKS),
    Way("GET", "/pages/measures", "measures.read", REPORTS),
    Way("GET", "/pages/questions", "review.read"),
    Way("GET", "/pages/questions/{task_id}", "review.read"),
    Way("POST", "/pages/questions/{task_id}", "review.decide", LOOKS),
    Way("POST", "/pages/questions/{task_id}/decide", "review.decide", LOOKS),
    Way("GET", "/pages/decisions/{decision_id}", "review.decide"),
    Way("POST", "/pages/decisions/{decision_id}/undo", "review.decide", LOOKS),
    Way("GET", "/pages/messages", "message.read"),
    Way("POST", "/pages/messages", "message.read"),
    Way("GET", "/pages/messages/replay", "message.replay"),
    Way("POST", "/pages/messages/replay", "message.replay", LOOKS),
    Way("GET", "/pages/messages/{message_id}", "message.read"),
    Way("POST", "/pages/messages/{message_id}/raw", "message.raw", LOOKS),
    Way("GET", "/pages/dead-letters", "letter.read"),
    Way("GET", "/pages/dead-letters/replay", "letter.replay"),
    Way("POST", "/pages/dead-letters/replay", "letter.replay", LOOKS),
    Way("GET", "/pages/dead-letters/causes/{cause_id}", "letter.read"),
    Way("GET", "/pages/dead-letters/{letter_id}", "letter.read"),
    Way("POST", "/pages/dead-letters/{letter_id}/raw", "letter.raw", LOOKS),
    Way("POST", "/pages/dead-letters/{letter_id}/resolve", "letter.replay", LOOKS),
    Way("GET", "/pages/jobs", "message.replay", AGAIN),
    Way("GET", "/pages/jobs/{job_id}", "message.replay", AGAIN),
    Way("POST", "/pages/jobs/{job_id}/stop", "message.replay", LOOKS),
    Way("GET", "/pages/sources", "source.read"),
    Way("POST", "/pages/sources/{process}/pause", "process.control", LOOKS),
    Way("POST", "/pages/sources/{process}/resume", "process.control", LOOKS),
)
"""Those of the pages, each below PAGES."""

WAYS: tuple[Way, ...] = (*API, *PAGE_WAYS)


class Ways:
    """Finds the way of a request. Of two templates that fit, the one that stands first."""

    def __init__(self, ways: Iterable[Way] = WAYS) -> None:
        self._compiled = [(compile_path(way.path)[0], way) for way in ways]

    def find(self, method: str, path: str) -> Way | frozenset[str]:
        """The way; else the methods that the path has, none where there is no such path."""
        here = [way for pattern, way in self._compiled if pattern.match(path)]
        wanted = "GET" if method == "HEAD" else method
        for way in here:
            if way.method == wanted:
                return way
        return frozenset(way.method for way in here)
