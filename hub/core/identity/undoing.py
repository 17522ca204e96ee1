"""Taking a decision back to the letter: each link where it was, who decided that included.

Only while each link is as the decision left it: what was decided since about the same links has to be undone first. So
decisions on one link are undone in the reverse of their order, and no circle of merges can come about.
"""

from collections.abc import Iterable
from typing import Any

import orjson

from hub.core.identity import answers, asides, decisions, guards, pairs, taking
from hub.core.identity.draft import Draft
from hub.core.identity.evidence import Evidence
from hub.core.identity.refusal import Refused
from hub.core.identity.ruling import Aside, Move, Ruling, Turn
from hub.core.identity.store import Link, Store
from hub.core.identity.work import Work
from schemas.decisions import DecisionUndone

_OF_ONE_LINK = ("link:", "fact:", "disputed:", "adoption:")
_OF_STATEMENTS = (*_OF_ONE_LINK, "seen:", "stated:")


OF_HELD = frozenset({"held.accepted", "held.separated"})
"""Kinds of decisions about statements that are held back."""

_CLOSED = "it is about a record that was closed for good since"
_ANEW = "decide on the statements held back anew instead"
_FOR_GOOD = {
    "held.accepted": _ANEW,
    "held.separated": _ANEW,
    "decision.undone": _ANEW,
    "identity.adopted": "an adoption can't be undone: nothing is left of who the child was before",
    "held.dismissed": "what was dismissed is gone: have its source send it again",
}
"""Of kinds that can't be undone, why."""


def undo(work: Work, decision: DecisionUndone, ruling: Ruling) -> set[str]:
    """Take a decision back; returns the links that changed. `ruling` notes how to take that back in turn."""
    undone = work.store.ruling(decision.decision)
    if undone is None or undone.outcome != "taken":
        raise Refused("there is no such decision that was carried out")
    if undone.undone_by is not None:
        raise Refused("it was undone already")
    closed = any(link is not None and link.closed for link in map(work.store.link, _concerned(undone)))
    if closed or not undone.can_be_undone:
        raise Refused(_CLOSED if closed else _FOR_GOOD.get(undone.kind, _CLOSED))
    assert work.by is not None
    undone.undone_by = work.by.decision
    work.store.put_ruling(decision.decision, undone)
    if undone.answered is not None:
        ruling.answered = answers.turn(work, undone.answered)
        return set()
    if undone.aside is not None:
        ruling.aside = undone.aside._replace(aside=not undone.aside.aside)
        return _turn_aside(work, ruling.aside)
    if undone.holders:
        ruling.can_be_undone = False
        return _restore(work, decision, undone)
    changed = _move_back(work, undone, decision.why)
    _turn_back(work, undone.turns, ruling)
    ruling.pairs, ruling.pairs_set = undone.pairs, not undone.pairs_set
    pairs.set_apart(work, undone.pairs, apart=ruling.pairs_set)
    for one, other in dict(undone.pairs).items():
        pairs.record(work, one, work.link(other).child or "none", decision.why)
    return changed | {link_id for pair in undone.pairs for link_id in pair}


def _turn_aside(work: Work, turned: Aside) -> set[str]:
    """Let back in who was set aside, or set them aside again while no more is known of them."""
    link = work.link(turned.link)
    if turned.aside:
        if asides.description(work, link) != turned.description:
            raise Refused("more was said since of who it is: look again")
        guards.require_nobody_known(work, link)
    return asides.put(work, link, turned.description, aside=turned.aside)


def _concerned(undone: Ruling) -> Iterable[str]:
    aside = [undone.aside.link] if undone.aside is not None else []
    paired = (link for pair in undone.pairs for link in pair)
    return {*(move.link for move in undone.moves), *paired, *undone.holders, *aside}


def _move_back(work: Work, undone: Ruling, why: str) -> set[str]:
    """Also what a rule placed because of the decision: where somebody decided on that since, that comes first."""
    links = [(move, work.link(move.link)) for move in undone.moves]
    if any(not _stands(move, link) for move, link in links):
        raise Refused("who this is was decided again since: undo that first")
    for move, link in reversed(links):
        _put_back(work, link, move, why)
    for child_id in sorted({move.child for move in undone.moves if move.child is not None}):
        guards.require_one_person(work, child_id, ())
    return {move.link for move in undone.moves}


def _put_back(work: Work, link: Link, move: Move, why: str) -> None:
    if move.child is None:
        decisions.release(work, link, why)
    else:
        decisions.assign(work, link, move.child, "person", why)
    link.by_person, link.decided_by = move.by_person, move.decided_by
    work.store.put_link(link)
    work.moves[-1] = work.moves[-1]._replace(to_decided_by=move.decided_by)


def _stands(move: Move, link: Link) -> bool:
    return (link.child, link.decided_by) == (move.to, move.to_decided_by)


def _turn_back(work: Work, turns: Iterable[Turn], ruling: Ruling) -> None:
    for turn in turns:
        decisions.turn(work, turn.child, turn.before)
        ruling.turns.append(Turn(turn.child, turn.after, turn.before))
    for turn in turns:
        child = work.store.child(turn.child)
        into = work.store.child(turn.before or "")
        if (into is not None and into.into is not None) or (turn.before is not None and child and child.links):
            raise Refused("one of the children was merged since: undo that first")
    for move in work.moves:
        found = work.store.child(work.link(move.link).child or "")
        if found is not None and found.into is not None:
            raise Refused("one of the children was merged since: undo that first")


def remember(draft: Draft, ruling: Ruling, decision_id: str) -> None:
    """Keep what a decision about statements changed. What may hold a person's data stands with that person's link."""
    of_links: dict[str, dict[str, list[str | None]]] = {}
    for key, now in draft.changed.items():
        before = draft.before(key)
        if not key.startswith(_OF_STATEMENTS) or _comparable(key, before) == _comparable(key, now):
            continue
        pair = [each.decode() if each is not None else None for each in (before, now)]
        if key.startswith(_OF_ONE_LINK):
            of_links.setdefault(key.split(":")[1], {})[key] = pair
        else:
            ruling.values[key] = (pair[0], pair[1])
    ruling.holders = sorted(of_links)
    for link_id, values in of_links.items():
        draft.put(kept_under(link_id, decision_id), orjson.dumps(values))
        store = Store(draft)
        store.put_kept(link_id, [*store.kept(link_id), decision_id])


def kept_under(link_id: str, decision_id: str) -> str:
    """The key under which a decision's values of a link are kept."""
    return f"disputed:{link_id}:{decision_id}"


def forget(store: Store, ruling: Ruling, decision_id: str) -> None:
    """Let go of what is kept to undo a decision with: it stands for good."""
    for link_id in ruling.holders:
        store.values.put(kept_under(link_id, decision_id), None)
        store.put_kept(link_id, [each for each in store.kept(link_id) if each != decision_id])
    ruling.can_be_undone, ruling.values = False, {}
    store.put_ruling(decision_id, ruling)


def _restore(work: Work, decision: DecisionUndone, undone: Ruling) -> set[str]:
    """Give statements back to whom they were of before."""
    values: dict[str, Any] = dict(undone.values)
    for link_id in undone.holders:
        values |= orjson.loads(work.store.values.get(kept_under(link_id, decision.decision)) or b"{}")
        work.store.values.put(kept_under(link_id, decision.decision), None)
        work.store.put_kept(link_id, [each for each in work.store.kept(link_id) if each != decision.decision])
    for key, (_, after) in values.items():
        if _comparable(key, work.store.values.get(key)) != _comparable(key, _bytes(after)):
            raise Refused("more was said or decided since: reassign, or decide on what is held back, instead")
    links = [key.removeprefix("link:") for key in values if key.startswith("link:")]
    before = {link_id: work.store.read_link(_bytes(values[f"link:{link_id}"][0])) for link_id in links}
    for link_id in links:
        was = before[link_id]
        if was is None or was.child is None:
            decisions.release(work, work.link(link_id), decision.why)
    for key, (was_value, _) in values.items():
        if not key.startswith("link:"):
            work.store.values.put(key, _bytes(was_value))
    for link_id in links:
        _restore_link(work, work.link(link_id), before[link_id], decision.why)
    return set(links)


def _restore_link(work: Work, now: Link, before: Link | None, why: str) -> None:
    """As it was, but for the numbers of decisions, which only grow. One that was not there stays as gone."""
    taking.learn(work, now, before.evidence if before is not None else Evidence())
    restored = before or Link(now.id, now.source, now.named, by_person=True, gone=True)
    restored.seq, restored.tasks = now.seq, now.tasks
    work.store.put_link(restored)
    decisions.restate(work, restored, why)


def _comparable(key: str, value: bytes | None) -> Any:
    """A value without the questions that stand about a link: these come and go by themselves."""
    if value is None or not key.startswith("link:"):
        return value
    return {name: each for name, each in orjson.loads(value).items() if name != "tasks"}


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode()
