"""A child's record and limits as a role is shown them: what is not its to see is taken out of the JSON.

A field that the tables here do not name is shown to nobody but roles that are shown all; a test sees that all are
named.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import orjson

from hub.api.access.fields import ALL_ADVICE, SHOWN, Part, parts
from hub.api.access.principal import ANY, Grant

WHOLE_RECORD: frozenset[Part] = frozenset(SHOWN) - {"name", "messages"}
"""The parts of which a record is made: whoever is shown all of them is shown it as it stands."""

Field = Part | None
"""The part that a field belongs to; None for what is shown with whatever stands around it."""

RECORD: Mapping[str, Field] = {
    "child_id": None,
    "area": None,
    "case_reference": None,
    "open": None,
    "received_on": None,
    "commissioner": None,
    "cases": None,
    "other_advice": None,
    "other_plans": "plan",
    "exemptions_claimed": "exemptions",
    "disagreements": "disagreements",
    "questions": "questions",
    "moving": "questions",
    "restricted": None,
    "outbound": None,
    "standing": "case",
}
CASE: Mapping[str, Field] = {
    "id": None,
    "requests": None,
    "received_on": None,
    "area": None,
    "case_reference": None,
    "open": None,
    "outcome": None,
    "ended_on": None,
    "decided": "case",
    "decided_on": "case",
    "withdrawn_on": "case",
    "withdrawn_reason": "case",
    "moved_on": "case",
    "plan_decided": "plan",
    "plan_decided_on": "plan",
    "draft_sent_on": "plan",
    "issued_on": "plan",
    "amended_on": "plan",
    "ceased_on": "plan",
    "headings": None,
    "advice": None,
    "satisfied": None,
    "challenges": "tribunal",
    "issued_without": "advice-of-others",
}
DEADLINE: Mapping[str, Field] = {"exemptions": "exemptions", "questions": "questions"}
"""Of a limit that is shown, what is not shown to all."""

ABOUT_ADVICE = frozenset({"exemptions_claimed", "disagreements"})
"""What of a record is about a request for advice, by its id: it goes with the request."""


class Own(NamedTuple):
    """What one role was asked: these services of these bodies, None being any."""

    services: frozenset[str] | None
    bodies: frozenset[str] | None

    def holds(self, advice: Mapping[str, Any]) -> bool:
        """Whether a request for advice is one of them."""
        of_service = self.services is None or (advice["service"] or advice["heading"]) in self.services
        return of_service and (self.bodies is None or (advice["asked"] or {}).get("ods") in self.bodies)


class Sight(NamedTuple):
    """What is shown of one child: these parts, and of advice what one of `own` was asked; None is all."""

    parts: frozenset[Part]
    own: tuple["Own", ...] | None = None

    @property
    def whole(self) -> bool:
        """Whether records are shown as they stand."""
        return self.parts >= WHOLE_RECORD


def sight(grants: Iterable[Grant]) -> Sight:
    """What these grants show of a child whom they all reach."""
    known = tuple(grants)
    shown = parts(grant.role for grant in known)
    if "advice-of-others" in shown:
        return Sight(shown)
    return Sight(shown, tuple(Own(_any(grant.services), grant.bodies or None) for grant in known))


def _any(services: frozenset[str]) -> frozenset[str] | None:
    return None if ANY in services else services


def record(body: str, seen: Sight) -> str:
    """A child's record (JSON), or what is shown in its place."""
    if seen.whole:
        return body
    said = orjson.loads(body)
    if "cases" not in said:
        return body
    shown = _fields(said, RECORD, seen)
    shown["cases"] = [_case(each, seen) for each in said["cases"]]
    shown["other_advice"] = _advice(said["other_advice"], seen)
    hidden = _hidden_ids(said, seen)
    for name in ABOUT_ADVICE & shown.keys():
        shown[name] = [each for each in shown[name] if each["about"] not in hidden]
    return orjson.dumps(shown).decode()


def deadline(body: str, seen: Sight) -> str:
    """A limit (JSON). That it may be seen at all is said by scope."""
    if seen.whole:
        return body
    said = orjson.loads(body)
    hidden = {name for name, part in DEADLINE.items() if part not in seen.parts and said.get(name)}
    if "exemptions" in hidden or ("social-care" not in seen.parts and said["clock"].startswith(ALL_ADVICE)):
        # Its sentences tell of them.
        hidden.add("explanation")
    return orjson.dumps(said | {name: [] for name in hidden}).decode() if hidden else body


def _case(said: Mapping[str, Any], seen: Sight) -> dict[str, Any]:
    shown = _fields(said, CASE, seen)
    shown["advice"] = _advice(said["advice"], seen)
    headings = {each["heading"] for each in shown["advice"]}
    for name in ("headings", "satisfied"):
        kept = said.get(name) or []
        shown[name] = [
            each
            for each in kept
            if not _is_hidden(each["heading"], seen) and (seen.own is None or each["heading"] in headings)
        ]
    if "issued_without" in shown:
        known = {each["id"] for each in shown["advice"]}
        shown["issued_without"] = [id_ for id_ in shown["issued_without"] or [] if id_ in known]
    return shown


def _advice(said: Iterable[Mapping[str, Any]], seen: Sight) -> list[Mapping[str, Any]]:
    return [each for each in said if not _is_hidden(each["heading"], seen) and _is_own(each, seen)]


def _hidden_ids(said: Mapping[str, Any], seen: Sight) -> frozenset[str]:
    """The ids of the requests that are not shown for their heading: all by which each was asked, and each as its own
    source says it."""
    asked = [*said["other_advice"], *(each for case in said["cases"] for each in case["advice"])]
    full = {id_ for each in asked if _is_hidden(each["heading"], seen) for id_ in (each["id"], *each["ids"])}
    return frozenset(full | {id_.partition("/")[2] for id_ in full})


def _is_hidden(heading: str | None, seen: Sight) -> bool:
    return heading == "social-care" and "social-care" not in seen.parts


def _is_own(advice: Mapping[str, Any], seen: Sight) -> bool:
    return seen.own is None or any(own.holds(advice) for own in seen.own)


def _fields(said: Mapping[str, Any], table: Mapping[str, Field], seen: Sight) -> dict[str, Any]:
    return {name: value if _may(name, table, seen.parts) else _nothing(value) for name, value in said.items()}


def _may(name: str, table: Mapping[str, Field], shown: Collection[Part]) -> bool:
    return name in table and (table[name] is None or table[name] in shown)


def _nothing(value: object) -> object:
    """In the place of what is not shown, so that the shape stays."""
    if isinstance(value, list):
        return []
    return 0 if isinstance(value, int) and not isinstance(value, bool) else None
