"""What could be decided, and what each decision would do: found by making it on a draft that is thrown away."""

from collections.abc import Callable, Iterator
from itertools import permutations

import orjson

from hub.core.identity.draft import Draft
from hub.core.identity.engine import Identity
from hub.core.identity.store import KeyValues, Link
from schemas import looks
from schemas.decisions import PEOPLE
from schemas.ids import digest, full_id
from schemas.instants import Instant
from schemas.reviews import ReviewTask
from schemas.statements import Fact, Observation

Possible = Callable[[ReviewTask, list[Link]], Iterator[looks.Act]]
"""The decisions that are thought of for a question and its links."""


def acts(
    identity: Identity,
    values: KeyValues,
    review: ReviewTask,
    links: list[Link],
    at: Instant,
    thought_of: Possible,
) -> Iterator[looks.Act]:
    """The decisions that could be made, each with what it would do."""
    about = [link for link in links if link.id in review.links]
    seen = {link.id: link.seq for link in links}
    for act in thought_of(review, about):
        yield _foreseen(identity, Draft(values), act, review, seen, at)


def possible(review: ReviewTask, about: list[Link]) -> Iterator[looks.Act]:
    """What could be decided about the links of a question, before it is known what each would do."""
    for link in about:
        if link.disputed and link.closed and review.links[0] == link.id:
            words = (
                "what this closed record still says is dropped: its source sends it under the one that took its place"
            )
            yield looks.Act(kind="held.dismissed", link=link.id, data={"held": link.disputed}, words=words)
            return
        if link.disputed and review.question == "conflict" and review.links[0] == link.id:
            if any(one.closed for one in about):
                words = "the statements held back are the closed record's, and dropped: its source sends them anew"
                yield looks.Act(kind="held.dismissed", link=link.id, data={"held": link.disputed}, words=words)
            same = "the statements held back are of the same person, put right"
            other = "the statements held back are of somebody else, who gets a link of their own"
            for kind, words in (("held.accepted", same), ("held.separated", other)):
                yield looks.Act(kind=kind, link=link.id, data={"held": link.disputed}, words=words)
            return
    for link in about:
        if link.child is None:
            for child in review.candidates:
                yield looks.Act(kind="link.assigned", link=link.id, data={"child": child}, words="it is this child")
        if link.child is None and review.question == "unmatched-input" and not review.candidates:
            words = (
                "it is none of ours: nobody is asked again while no more is said of who it is, and a record that fits "
                "still takes it up"
            )
            yield looks.Act(kind="link.set-aside", link=link.id, data={"statements": link.facts}, words=words)
    yield from _merges(about)
    for link in about:
        for child in (child for child in review.candidates if child != link.child):
            if link.child is None:
                words = "it is not this child"
                yield looks.Act(kind="match.rejected", link=link.id, data={"child": child}, words=words)
            elif link is about[0]:
                words = "they are two children: all records of the one are nobody of the other"
                yield looks.Act(kind="match.rejected", child_id=link.child, data={"child": child}, words=words)


def compared(review: ReviewTask, about: list[Link]) -> Iterator[looks.Act]:
    """All that could be decided about the records of some children."""
    yield from _merges(about)
    for link in about:
        yield looks.Act(kind="link.released", link=link.id, data={}, words="this record is not this child's: it waits")
        for child in review.candidates:
            if child != link.child:
                words = "this record is the other child's"
                yield looks.Act(kind="link.assigned", link=link.id, data={"child": child}, words=words)
                words = "this record is not the other child's, whatever comes"
                yield looks.Act(kind="match.rejected", link=link.id, data={"child": child}, words=words)


def _merges(about: list[Link]) -> Iterator[looks.Act]:
    for child, into in permutations(dict.fromkeys(link.child for link in about if link.child is not None), 2):
        words = "they are one child: all that belongs to the first belongs to the second"
        yield looks.Act(kind="child.merged", child_id=child, data={"into": into}, words=words)


def _foreseen(
    identity: Identity, draft: Draft, act: looks.Act, review: ReviewTask, seen: dict[str, int], at: Instant
) -> looks.Act:
    """An act with what it would do: it is carried out on a draft."""
    data = {**act.data, "expected": seen, "task": review.id}
    stamp = digest("act", act.kind, act.link, act.child_id, orjson.dumps(data, option=orjson.OPT_SORT_KEYS).decode())
    observation = Observation.model_validate(
        {
            "kind": act.kind,
            "source": PEOPLE,
            "record": "foreseen",
            "version": 1,
            "recorded_at": at,
            "received_at": at,
            "link": act.link,
            "child_id": act.child_id,
            "data": {**data, "actor": "foreseen", "why": "to see what it would do"},
        }
    )
    outcome = identity.observe(observation, draft)
    facts = [fact for fact in outcome.facts if fact.link is not None]
    entry = outcome.audits[0]
    moved = [fact for fact in facts if not fact.kind.startswith("link.")]
    return act.model_copy(
        update={
            "data": data,
            "stamp": stamp[:8],
            "loses": next((fact.child_id for fact in facts if fact.kind == "link.released"), None),
            "gains": next((fact.child_id for fact in facts if fact.kind == "link.assigned"), None),
            "facts": len(moved),
            "subjects": tuple(sorted({subject for fact in moved for subject in _subjects(fact)})),
            "refused": entry.detail if entry.outcome == "refused" else None,
        }
    )


def _subjects(fact: Fact) -> Iterator[str]:
    return (full_id(fact.source, bare) for bare in fact.subject.model_dump(exclude_none=True).values())
