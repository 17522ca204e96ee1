"""Whether the keys that everything is sealed with are as they must be, and what was done to them is on record."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from hub.core.days import BANK_HOLIDAYS_TO
from hub.platform import keyring
from hub.platform.keys import KeyFault
from hub.platform.settings import Settings
from hub.runtime.audit_waiting import Waiting
from hub.runtime.expiries import ROTATE_DAYS, timetable_ends
from hub.runtime.status.judging import judged
from hub.runtime.status.processes import expiries
from schemas.status import Item


def look(settings: Settings, at: datetime) -> list[Item]:
    """What can be seen from here. Where no ring is meant to be (the API, pages) nothing is said of it."""
    items = list(expiries(_ends(settings), at))
    if settings.ring.in_file and not settings.key_ring_file.exists():
        return items
    problem = keyring.problem(settings.ring)
    words = problem or f"{settings.ring.where} holds today's key"
    items.append(judged("keys", "key ring", words, "key-due" if problem else None))
    return [*items, *_waiting(settings)]


def _ends(settings: Settings) -> Iterator[tuple[str, datetime | None]]:
    yield "bank-holidays", _midnight(BANK_HOLIDAYS_TO)
    ends = timetable_ends()
    if ends is not None:
        yield "timetable", _midnight(ends)
    if settings.ring.in_file and not settings.key_ring_file.exists():
        return
    try:
        yield "wrapping-key", _midnight(settings.ring.look_again().current.made + timedelta(days=ROTATE_DAYS))
    except KeyFault:
        return


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _waiting(settings: Settings) -> Iterator[Item]:
    waiting = Waiting(settings.key_ring_file.parent)
    number = waiting.number
    if number:
        words = f"{number} record(s) of what was done to keys wait in {waiting.file}: sendhub key audit"
        yield Item(part="audit", name="audit", state="degraded", words=words, figures={"waiting": number})
