"""Compares what the hub says by its API with what the truths imply."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from hub.simulator.endpoints import Endpoints
from hub.simulator.oracle import WEEKS, Expected, Truths
from schemas.ids import full_id

_PAGE = 500
_FIELDS = ("starts_on", "due_on", "due_on_day_one", "state", "met_on")


@dataclass
class Comparison:
    """`lost` is what the hub ought to hold and does not, `wrong` what it holds and ought not to, or says otherwise.

    One line each, by case reference: no personal data.
    """

    children: int = 0
    requests: int = 0
    advice: int = 0
    deadlines: int = 0
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def reader(endpoints: Endpoints) -> httpx.AsyncClient:
    """A client of the hub's reading API."""
    headers = {"Authorization": f"Bearer {endpoints.tokens['api']}"}
    return httpx.AsyncClient(base_url=endpoints.api, headers=headers, timeout=30.0)


async def compare(truth: Truths, read: httpx.AsyncClient) -> Comparison:
    """Read everything and compare; raises httpx.HTTPError when the API cannot be read."""
    found = Comparison()
    children = [child async for child in items(read, "/children")]
    deadlines = [deadline async for deadline in items(read, "/deadlines")]
    _compare_children(truth, children, found)
    _compare_deadlines(truth, deadlines, found)
    return found


async def items(read: httpx.AsyncClient, path: str, **query: str) -> AsyncIterator[dict[str, Any]]:
    """All items of one of the API's lists, page by page; raises httpx.HTTPError."""
    asked: dict[str, str | int] = {"limit": _PAGE, **query}
    while True:
        answer = await read.get(path, params=asked)
        answer.raise_for_status()
        page = answer.json()
        for item in page["items"]:
            yield item
        if page["next"] is None:
            return
        asked["cursor"] = page["next"]


def _compare_children(truth: Truths, children: list[dict[str, Any]], found: Comparison) -> None:
    owners: dict[str, str] = {}
    advice: set[str] = set()
    for child in children:
        for case in child.get("cases", ()):
            owners |= {request["id"]: child["child_id"] for request in case["requests"]}
            advice |= {each for chain in case["advice"] for each in chain["ids"]}
    found.children, found.requests, found.advice = len(children), len(owners), len(advice)
    held: dict[str, str] = {}
    for requests in truth.children.values():
        _compare_child(requests, owners, held, found)
    found.wrong += [f"{bare(id_)}: a request that nobody made" for id_ in sorted(owners.keys() - truth.requests)]
    found.lost += [f"{bare(id_)}: the advice is not in its case" for id_ in sorted(truth.advice - advice)]
    found.wrong += [f"{bare(id_)}: advice that nobody asked for" for id_ in sorted(advice - truth.advice)]


def _compare_child(requests: frozenset[str], owners: dict[str, str], held: dict[str, str], found: Comparison) -> None:
    """A child's requests are there, in one record, which is no other child's."""
    missing = sorted(requests - owners.keys())
    found.lost += [f"{bare(id_)}: the request is not there" for id_ in missing]
    records = {owners[id_] for id_ in requests if id_ in owners}
    name = bare(min(requests))
    if len(records) > 1:
        found.wrong.append(f"{name}: one child's requests stand in {len(records)} records")
    for record in records:
        other = held.setdefault(record, name)
        if other != name:
            found.wrong.append(f"{name}: in one record with {other}, another child's")


def _compare_deadlines(truth: Truths, deadlines: list[dict[str, Any]], found: Comparison) -> None:
    held = {_key(deadline): deadline for deadline in deadlines if deadline["clock"] in WEEKS}
    expected = {(each.clock, each.subject): each for each in truth.deadlines}
    found.deadlines = len(held)
    for key, each in expected.items():
        if key not in held:
            found.lost.append(f"{each.case_reference}: no {each.clock} for {bare(each.subject)}")
        else:
            found.wrong += _differences(each, held[key])
    for clock, subject in sorted(held.keys() - expected.keys()):
        found.wrong.append(f"{bare(subject)}: {clock} runs, which the truth does not imply")


def _key(deadline: dict[str, Any]) -> tuple[str, str]:
    """Clock and subject in full; a bare id is the start fact's own source's."""
    subject = deadline["subject"]
    name = "advice" if deadline["clock"] == "advice-6w" else "request"
    return deadline["clock"], full_id(str(deadline.get("source") or ""), subject.get(name) or "?")


def _differences(expected: Expected, held: dict[str, Any]) -> list[str]:
    about = f"{expected.case_reference}: {expected.clock} for {bare(expected.subject)}"
    pairs = [(name, getattr(expected, name), held.get(name)) for name in _FIELDS]
    shown = [(name, None if wanted is None else str(wanted), is_) for name, wanted, is_ in pairs]
    return [f"{about}: {name} is {is_}, ought to be {wanted}" for name, wanted, is_ in shown if wanted != is_]


def bare(id_: str) -> str:
    """An id without its source: the council's number, as staff know it."""
    return id_.partition("/")[2] or id_
