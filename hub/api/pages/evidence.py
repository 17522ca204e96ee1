"""What a question rests on, laid side by side for whoever decides."""

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

import orjson
from fastapi import Form, HTTPException
from starlette.concurrency import run_in_threadpool

from hub.api.access.principal import Principal
from hub.api.access.scope import slices
from hub.api.pages import words
from hub.api.pages.site import Site
from hub.api.reviewing import of_casework
from hub.store import reader
from hub.store.reach import children_within
from schemas.looks import Column, Evidence

Reference = Annotated[str, Form(max_length=200)]
"""A case reference of a child whom somebody thinks of."""

MOST_BESIDE = 5


async def evidence_of(site: Site, who: Principal, task_id: str, purpose: str, beside: Sequence[str] = ()) -> Evidence:
    """What a question rests on: from the read model where it is casework's, else from identity's desk, audited.
    `beside` are children whom a person thinks of."""
    await site.looking.permit_task(who, task_id)
    found = await run_in_threadpool(of_casework, site.model, task_id)
    if found is None:
        found = await site.desk.evidence(task_id, who.actor, purpose, beside)
    if found is None:
        raise HTTPException(404, "Nobody can decide this here: it is answered in the source, or was answered since")
    return await site.looking.seen(who, found)


def of_case(site: Site, who: Principal, reference: str) -> tuple[str, ...]:
    """The children with this case reference on whom somebody may decide."""
    if not reference:
        return ()
    scope = children_within(slices(who, "review.decide"))
    with site.model.connection() as connection:
        page = reader.page(
            connection,
            reader.CHILDREN,
            {"case_reference": reference},
            None,
            MOST_BESIDE,
            named=who.restricted,
            where=scope,
        )
    return tuple(orjson.loads(body)["child_id"] for body in page.bodies)


def shown(
    found: Evidence, purpose: str, wrong: str = "", why: str = "", stamp: str = "", reference: str = ""
) -> dict[str, Any]:
    """As the page of evidence shows it, with what was typed."""
    return {
        "lost": "",
        "reference": reference,
        "waits": any(each.child_id is None and each.link in found.task.links for each in found.columns),
        "found": found,
        "task": found.task,
        "columns": _together(found.columns),
        "purpose": purpose,
        "wrong": wrong,
        "why": why,
        "stamp": stamp,
        "fields": words.FIELDS,
        "agreements": {"agree": "Agree", "differ": "Differ", "unknown": "Says nothing"},
        "bits": [(_part(name), bits) for name, bits in found.parts],
        "may_be_decided": any(act.refused is None for act in found.acts),
    }


class Together(NamedTuple):
    """Source persons of whom the same was said: one column. `records` are those of all of them."""

    first: Column
    title: str
    records: tuple[str, ...]


def _together(columns: Sequence[Column]) -> list[Together]:
    """What was held back first, as the question is about it; then each source, records that say the same as one."""
    found: dict[tuple[object, ...], list[Column]] = {}
    for column in sorted(columns, key=lambda each: not each.held):
        same = (column.held, column.child_id, column.source, *sorted(column.values.items()))
        found.setdefault(same, []).append(column)
    return [
        Together(same[0], _title(same[0]), tuple(each.record for each in same if each.record))
        for same in found.values()
    ]


def _title(column: Column) -> str:
    return "Held back" if column.held else column.source


def _part(name: str) -> str:
    field, _, level = name.partition(":")
    said = words.FIELDS.get(field.strip(), field.strip().replace("_", " ").capitalize())
    return f"{said}: {level.strip()}" if level else said
