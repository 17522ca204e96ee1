"""What things are called on pages, in plain words."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from hub.core.clocks.rules import RULES

SERVICES: Mapping[str, str] = {
    "speech-and-language": "Speech and language therapy",
    "occupational-therapy": "Occupational therapy",
    "physiotherapy": "Physiotherapy",
    "community-paediatrics": "Community paediatrics",
    "camhs": "Child and adolescent mental health",
    "audiology": "Audiology",
    "nursing": "Nursing",
    "other": "Another health service",
    "education": "Education",
    "medical": "Medical",
    "psychological": "Educational psychology",
    "social-care": "Social care",
    "preparing-for-adulthood": "Preparing for adulthood",
    "authority-thinks-fit": "Others the council asked",
    "family-asked": "Asked for by the family",
}
"""Services and headings: advice that names no service stands under its heading."""

ROLES: Mapping[str, str] = {
    "icb": "Integrated care board",
    "trust": "NHS trust",
    "nhs-england": "NHS England",
    "other-authority": "Another council",
    "youth-offending-team": "Youth offending team",
    "own-authority": "The council",
    "school": "School",
    "early-years": "Early years provider",
    "independent": "Independent adviser",
    "other": "Another body",
}

AREAS: Mapping[str, str] = {"825": "Buckinghamshire"}

PEOPLE: Mapping[str, str] = {
    "viewer": "Viewer",
    "coordinator": "EHC coordinator",
    "designated-officer": "Designated officer",
    "service": "Service",
    "head-of-send": "Head of SEND",
    "engineer": "Engineer",
    "information-governance": "Information governance",
    "admin": "Administrator",
}
"""Roles of people who sign in."""

CLOCKS: Mapping[str, str] = {
    "assessment-decision-6w": "Decide whether to assess",
    "advice-6w": "Give advice",
    "no-plan-decision-16w": "Tell of a decision not to make a plan",
    "final-plan-20w": "Send the final plan",
    "draft-response-15d": "Family's time to comment on the draft",
    "review-first-12m": "First review of the plan",
    "review-next-12m": "Next review of the plan",
    "review-advice-2w": "Circulate advice before the review",
    "review-report-2w": "Send the report of the review",
    "review-decision-4w": "Decide after the review",
    "review-final-12w": "Send the plan amended after the review",
    "amendment-final-8w": "Send the amended plan",
    "phase-transfer": "Review before the move to another phase",
    "area-out-15wd": "Pass the plan to the new council",
    "area-in-notify-6w": "Tell the family of the transfer",
    "area-in-review": "Review the plan after the move",
    "icb-change-15wd": "Tell the new ICB",
    "reassessment-decision-15d": "Decide whether to reassess",
    "reassessment-plan-14w": "Finish the plan after reassessment",
    "order-assess-notify-2w": "Tell the family of the ordered assessment",
    "order-decision-10w": "Decide on a plan after an order",
    "order-plan-14w": "Send the final plan after an order",
    "order-draft-5w": "Send the draft plan after an order",
    "order-final-11w": "Send the ordered plan",
    "order-amend-5w": "Amend the plan as ordered",
    "order-school-2w": "Name the school as ordered",
    "order-health-care-reply-5w": "Answer the tribunal's recommendation",
    "mediation-agreement-2w": "Do what was agreed in mediation",
    "tribunal-response-30wd": "Answer the appeal",
    "mediation-30d": "Arrange mediation",
    "mediation-tell-icb-3wd": "Tell the ICB of the mediation",
    "icb-told-considering-2wd": "Tell the ICB that an assessment is considered",
    "send-advice-request-2wd": "Ask for all advice",
    "advice-all-in-12w": "Have all advice in",
    "draft-sent-16w": "Send the draft plan",
    "section-g-before-final": "ICB agrees the health provision",
}
"""What is to be done by each limit."""

TARGETS = frozenset(rule.clock for rule in RULES if rule.is_target)
"""The limits that are a local target, and no law."""

STATES: Mapping[str, str] = {
    "running": "In time",
    "overdue": "Overdue",
    "met": "Done in time",
    "met-late": "Done late",
    "exempt": "Exempt, still owed",
    "met-exempt": "Done, exempt from the limit",
    "closed": "Ended without it",
    "lapsed": "Passed, no breach",
    "void": "No longer applies",
}

TAGS: Mapping[str, str] = {
    "overdue": "late",
    "met-late": "late",
    "running": "well",
    "met": "well",
    "exempt": "soon",
    "met-exempt": "soon",
}
"""How states are coloured; what they are is always said in words as well."""

GROUNDS: Mapping[str, str] = {
    "school-closure": "the school was closed",
    "early-years-closure": "the early years provider was closed",
    "exceptional-circumstances": "exceptional circumstances",
    "absence": "the child was away from the area",
    "missed-appointment": "an appointment was missed",
    "other": "another reason",
}

KINDS: Mapping[str, str] = {
    "unmatched-input": "Whose is this?",
    "conflict": "Two people under one number?",
    "potential-match": "One child known twice?",
    "which-case": "Which request is this about?",
    "data": "Something does not add up",
    "rows-fell": "A file has far fewer rows",
    "death": "A death was told",
}
"""Questions for people."""

OUTCOMES: Mapping[str, str] = {
    "open": "Open",
    "refused": "No assessment",
    "withdrawn": "Withdrawn",
    "no-plan": "No plan",
    "plan-issued": "Plan issued",
    "moved-away": "Moved away",
    "died": "The child died",
}
"""What became of a case."""

TYPES: Mapping[str, str] = {
    "sendhub.council.event": "Event of the council",
    "sendhub.council.row": "Row of a council's file",
    "sendhub.nhs.bars": "Message of a trust (BaRS)",
    "sendhub.nhs.pds": "Answer of the national demographics service",
}

LONDON = ZoneInfo("Europe/London")

FIELDS: Mapping[str, str] = {
    "given": "Given name",
    "family": "Family name",
    "birth_date": "Date of birth",
    "sex": "Sex",
    "postcode": "Postcode",
    "nhs_number": "NHS number",
    "upn": "Pupil number (UPN)",
}


def _spelt(found: re.Match[str]) -> str:
    try:
        return day(found.group())
    except ValueError:
        return found.group()


_ISO = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")


def day(value: date | str | None) -> str:
    """A day as people say it: `27 October 2026`."""
    found = date.fromisoformat(value) if isinstance(value, str) else value
    return "" if found is None else f"{found.day} {found:%B %Y}"


def day_or_text(value: str) -> str:
    """A day as people say it, where the text is one."""
    return _ISO.sub(_spelt, value)


def short_day(value: date | str | None) -> str:
    """The same in a table: `27 Oct 2026`."""
    found = date.fromisoformat(value) if isinstance(value, str) else value
    return "" if found is None else f"{found.day} {found:%b %Y}"


def moment(value: datetime | str) -> str:
    """An instant as people say it: `27 Oct 2026, 09:30`, in London."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    local = found.astimezone(LONDON)
    return f"{short_day(local.date())}, {local:%H:%M}"


def capitalised(text: str) -> str:
    """With a capital letter, and the rest as it stands. A name at the beginning (of a field, a file) stays as it is."""
    first = text.partition(" ")[0].rstrip(":;,.")
    return text if any(mark in first for mark in "./_") else text[:1].upper() + text[1:]


def fact(kind: str) -> str:
    """A kind of fact: `advice.received` is `Advice received`."""
    return capitalised(kind.replace(".", " ").replace("-", " "))


def service(name: str | None) -> str:
    """A service or heading; one of a source's own as it stands."""
    return SERVICES.get(name or "", (name or "Not named").replace("-", " ").capitalize())


def body(role: str | None, ods: str | None = None) -> str:
    """A body asked: its role, and its code where it has one."""
    named = ROLES.get(role or "", "Not known")
    return f"{named} {ods}" if ods else named


def area(code: str | None) -> str:
    """An area, with its name where that is known here."""
    return "No area" if code is None else f"{AREAS[code]} ({code})" if code in AREAS else f"Area {code}"


def clock(name: str) -> str:
    """What is to be done by a limit."""
    return CLOCKS.get(name, name.replace("-", " ").capitalize())


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 day`, `2 days`, `1,234 days`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def days_until(act_by: date, due_on: date, today: date) -> int:
    """The days until the one to act by, 0 from then on; past the limit's last day those since then, less than 0."""
    return (due_on - today).days if today > due_on else max(0, (act_by - today).days)


def days_left(state: str, act_by: date, due_on: date, today: date) -> str:
    """The same in words."""
    left = days_until(act_by, due_on, today)
    if left < 0:
        return f"{count(-left, 'day')} {'since' if state == 'exempt' else 'late'}"
    return f"{count(left, 'day')} left" if left else "act today"


def explained(text: str) -> str:
    """A sentence of a limit's explanation without what the hub notes for itself: rows, their status, names of kinds."""
    return spelt(_NOTES.sub("", text))


_NOTES = re.compile(r"; row in force from [^;]+; status: [^.;]+(?=\.)| \([a-z-]+\.[a-z-]+(?::[a-z-]+)?\)")


def spelt(text: str) -> str:
    """A sentence of the hub's own with its days written as people say them."""
    return _ISO.sub(_spelt, text)
