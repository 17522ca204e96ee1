"""From observations to facts: the statement without the person."""

from datetime import datetime
from typing import Any

import orjson
from pydantic import ValidationError

from hub.core.errors import Unreadable
from hub.core.identity.store import Link
from schemas.base import Model
from schemas.ids import keyed_digest
from schemas.instants import london_day
from schemas.kinds import KINDS, validation_errors
from schemas.statements import Fact, Observation

Body = dict[str, Any]
"""A fact as plain JSON, without `child_id`, `link` and `seq`: what a link carries from child to child."""

HUB = "hub"
"""The source of what the hub itself states."""

_LEFT_OF_IDENTITY = frozenset({"person", "child_id", "link"})
_OF_RECEIPT = frozenset({"received_at", "message"})
_NAMES_A_BODY = ("asked", "by", "from", "to", "made_by")
_AT_SCHOOL = frozenset({"school", "early-years"})
"""Roles whose organisation is where the child spends the day."""


def body_of(observation: Observation, key: bytes) -> tuple[Body, dict[str, str]]:
    """The statement with only the data its kind has, a school as a token; and what the tokens stand for.

    Raises Unreadable for a kind that sources may not state, or data that does not fit it.
    """
    model = KINDS.get(observation.kind)
    if model is None:
        raise Unreadable([("kind", "not one that a source may state")])
    try:
        data = _data(observation, model)
    except ValidationError as error:
        raise Unreadable(validation_errors(error, prefix="data")) from None
    body = observation.model_dump(mode="json", exclude_none=True, exclude=set(_LEFT_OF_IDENTITY))
    return {**body, "data": data}, _tokenise(data, key)


def _data(observation: Observation, model: type[Model]) -> dict[str, Any]:
    """The kind's own fields and nothing else; a retraction may carry none."""
    if observation.retracted and not observation.data:
        return {}
    return model.model_validate(observation.data).model_dump(mode="json", by_alias=True, exclude_unset=True)


def _tokenise(data: dict[str, Any], key: bytes) -> dict[str, str]:
    """Replace a school's number by a token in place, wherever a body is named: which school a child attends stays left
    of identity, and that of a restricted child would say where they are."""
    found = {}
    for body in (data[name] for name in _NAMES_A_BODY if isinstance(data.get(name), dict)):
        number = body.pop("urn", None)
        if body.get("role") in _AT_SCHOOL:
            code = body.pop("ods", None)
            number = number or code
        if number is not None:
            token = body["setting"] = keyed_digest(key, "setting", number)
            found[token] = number
    return found


def content_digest(body: Body, key: bytes, link: Link) -> str:
    """The same for the same statement of the same source person, however often and whenever it is received."""
    content = {name: value for name, value in body.items() if name not in _OF_RECEIPT}
    return keyed_digest(key, "content", link.id, orjson.dumps(content, option=orjson.OPT_SORT_KEYS).hex())


def taken_back(body: Body, version: int, recorded_at: str, received_at: str) -> Body:
    """The retraction of a statement by a later version, which is about somebody else."""
    return {
        **{name: body[name] for name in ("kind", "source", "record", "occurrence")},
        "version": version,
        "recorded_at": recorded_at,
        "received_at": received_at,
        "retracted": True,
        "data": {},
    }


def fact_of(body: Body, link: Link, child_id: str) -> Fact:
    """The fact as it stands under the link's present decision."""
    return Fact.model_validate({**body, "child_id": child_id, "link": link.id, "seq": link.seq})


def link_fact(kind: str, link: Link, child_id: str, at: datetime, *, told: bool = False) -> Fact:
    """`link.assigned` or `link.released`: decision `seq` about the link, told to the child. `told` as in LinkPlaced."""
    moved = kind == "link.assigned" and link.seq > 1 and link.placed_at is not None
    return Fact(
        kind=kind,
        source=link.source,
        record=link.id,
        version=link.seq,
        effective_on=london_day(at),
        recorded_at=at,
        received_at=at,
        data=({"since": link.placed_at} if moved else {}) | ({"told": True} if told else {}),
        child_id=child_id,
        link=link.id,
        seq=link.seq,
    )


def purged_fact(child_id: str, at: datetime) -> Fact:
    """`child.purged`: nothing is to be left of what was told under this id."""
    return Fact(
        kind="child.purged",
        source=HUB,
        record=child_id,
        version=1,
        effective_on=london_day(at),
        recorded_at=at,
        received_at=at,
        child_id=child_id,
    )


def merged_fact(child_id: str, into: str, turn: int, at: datetime, *, retracted: bool) -> Fact:
    """`child.merged`, told to the child that was merged into another; taken back when that is undone."""
    return Fact(
        kind="child.merged",
        source=HUB,
        record=child_id,
        version=turn,
        effective_on=london_day(at),
        recorded_at=at,
        received_at=at,
        retracted=retracted,
        data={} if retracted else {"into": into},
        child_id=child_id,
    )
