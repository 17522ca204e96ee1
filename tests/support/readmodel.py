"""Records as the stages write them, with synthetic content, for tests of the read model."""

import json
from datetime import UTC, datetime

from hub.stages.stage import Record
from schemas.deadletters import Resolution, build, build_resolution, parse

AT = datetime(2026, 10, 20, 9, 30, tzinfo=UTC)


def record(topic, offset, key, value, headers=(), partition=0, timestamp=1_792_000_000_000):
    data = value if value is None or isinstance(value, bytes) else json.dumps(value).encode()
    return Record(topic, partition, offset, key.encode(), data, tuple(headers), timestamp)


def child(offset, child_id="chd-1", headers=(), **changes):
    known = {
        "child_id": child_id,
        "area": "825",
        "open": True,
        "received_on": "2026-09-14",
        "case_reference": "REQ-1",
        "commissioner": None,
        "cases": [],
        "other_advice": [],
        "other_plans": [],
        "exemptions_claimed": [],
        "disagreements": [],
        "questions": [],
        "moving": [],
        "standing": 0,
    }
    return record("hub.children", offset, child_id, known | changes, headers)


def case_value(advice=(), **changes):
    """A case of a child's record."""
    known = {
        "id": "one-education:825:2022/REQ-1",
        "requests": [],
        "received_on": "2026-09-14",
        "area": "825",
        "case_reference": "REQ-1",
        "open": True,
        "outcome": "open",
        "ended_on": None,
        "decided": None,
        "decided_on": None,
        "withdrawn_on": None,
        "plan_decided": None,
        "plan_decided_on": None,
        "draft_sent_on": None,
        "issued_on": None,
        "amended_on": [],
        "ceased_on": None,
        "headings": [],
        "issued_without": [],
    }
    return known | changes | {"advice": list(advice)}


def advice_value(**changes):
    """An advice request of a case: `deadline_value` is its deadline."""
    known = {
        "id": "one-education:825:2022/ADV-77",
        "latest": "one-education:825:2022/ADV-77",
        "ids": ["one-education:825:2022/ADV-77"],
        "heading": "medical",
        "service": "speech-and-language",
        "required": True,
        "part_of": None,
        "purpose": "assessment",
        "asked": {"role": "icb", "ods": "QU9"},
        "state": "sent",
        "requested_on": "2026-09-15",
    }
    days = ("delivered", "acknowledged", "allocated", "sent_by_body", "draft", "returned")
    ends = ("received", "not_known", "declined", "cancelled")
    return known | {f"{name}_on": None for name in (*days, *ends)} | changes


def deadline_value(child_id="chd-1", deadline_id="dl-1", **changes):
    known = {
        "id": deadline_id,
        "clock": "advice-6w",
        "rule_version": "2014-09-01",
        "child_id": child_id,
        "subject": {"request": "REQ-1", "advice": "ADV-77"},
        "law": "reg 8(1)",
        "responsible": {"role": "icb", "ods": "QU9"},
        "answerable": {"role": "icb"},
        "starts_on": "2026-09-15",
        "due_on": "2026-10-27",
        "due_on_day_one": "2026-10-26",
        "act_by": "2026-10-26",
        "state": "running",
        "as_of": "2026-10-20",
        "service": "speech-and-language",
        "area": "825",
    }
    return known | changes


def deadline(offset, child_id="chd-1", deadline_id="dl-1", **changes):
    value = deadline_value(child_id, deadline_id, **changes)
    return record("hub.deadlines", offset, f"{child_id}|{deadline_id}", value)


def alert(offset, alert_id="al-1", **changes):
    known = {
        "id": alert_id,
        "child_id": "chd-1",
        "about": "dl-1",
        "deadline": "dl-1",
        "threshold": "overdue",
        "audience": "coordinator",
        "state": "open",
        "since": "2026-10-28",
        "caused_by": "day",
        "area": "825",
    }
    return record("hub.alerts", offset, "chd-1", known | changes)


def review(offset, task_id="rv-1", **changes):
    known = {
        "child_id": None,
        "id": task_id,
        "question": "conflict",
        "state": "open",
        "source": "one-education:825:2022",
        "detail": "Two people stand under one source id: ask the source which is meant.",
        "opened_on": "2026-10-20",
    }
    return record("hub.review", offset, task_id, known | changes)


def dead_letter(offset, value=b"\xff\x00 raw", **changes):
    known = {
        "stage": "intake",
        "step": "decode",
        "topic": "council.events",
        "partition": 2,
        "offset": offset,
        "key": b"k",
        "headers": (("ce_source", b"one-education:825:2022"), ("ce_id", b"\xfe")),
        "error": "PermanentError",
        "message": "the body is not JSON",
        "attempts": 1,
        "at": AT,
    }
    made = build(value=value, **(known | changes))
    return Record("hub.deadletter", 0, offset, made.key, made.value, made.headers, 1_792_000_000_000)


def resolution(place, letter, how="resolved", reason="dealt with", **changes):
    """What became of a letter that `dead_letter` made."""
    meta = parse(letter.value, letter.headers).meta
    said = Resolution(how=how, at=AT, by="ops", reason=reason, **changes)
    made = build_resolution(meta, said)
    return Record("hub.deadletter", 0, place, made.key, made.value, made.headers, 1_792_000_000_000)
