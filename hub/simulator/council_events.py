"""Truths as the council's case management sends them by webhook: one JSON event each."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import orjson

from hub.simulator.feeds import TRACKER
from hub.simulator.people import Child
from hub.simulator.truths import Case, Truth
from schemas.ids import full_id
from schemas.instants import microseconds


def event(child: Child, case: Case, truth: Truth) -> dict[str, Any]:
    """The event of a truth, as it stands."""
    return _event(child, case, truth, truth.on, truth.recorded_at)


def slip_event(child: Child, case: Case, truth: Truth) -> dict[str, Any]:
    """The event that said it wrongly: an earlier version, with another date."""
    if truth.slip is None:
        raise ValueError("nothing was entered in error")
    return _event(child, case, truth, truth.slip.on, truth.slip.recorded_at)


def identified(child: Child, at: datetime, on: date) -> dict[str, Any]:
    """That the council knows a child, with all that it knows of them."""
    return {
        "kind": "child.identified",
        "record": child.id,
        "version": microseconds(at),
        "effective_on": on.isoformat(),
        "recorded_at": at.isoformat(),
        "person": person(child),
    }


def person(child: Child) -> dict[str, Any]:
    """A child as every event names them."""
    return child.person().model_dump(mode="json", exclude_none=True)


def body(found: Mapping[str, Any]) -> bytes:
    """An event as the bytes of a request."""
    return orjson.dumps(found)


def _event(child: Child, case: Case, truth: Truth, on: date, recorded_at: datetime) -> dict[str, Any]:
    subject = {"request": truth.request}
    if truth.advice:
        subject["advice"] = full_id(TRACKER, truth.advice)
    if truth.kind == "plan.issued":
        subject["plan"] = case.plan
    return {
        "kind": truth.kind,
        "record": _record(child, truth),
        "version": microseconds(recorded_at),
        "occurrence": truth.occurrence,
        "subject": subject,
        "effective_on": on.isoformat(),
        "recorded_at": recorded_at.isoformat(),
        "data": _data(truth),
        "person": person(child),
    }


def _record(child: Child, truth: Truth) -> str:
    """The case management's own record: the person, the request or the involvement of one adviser."""
    if truth.kind.startswith("child."):
        return child.id
    return truth.advice.replace("ADV", "INV") if truth.advice else truth.request


def _data(truth: Truth) -> dict[str, Any]:
    data = dict(truth.data)
    if "replaces" in data:
        data["replaces"] = {**data["replaces"], "advice": full_id(TRACKER, data["replaces"]["advice"])}
    return data
