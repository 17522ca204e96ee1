"""Compares identity's state with hub.links: who belongs to whom is read there, never decided again."""

from typing import Any, NamedTuple

import orjson
from pydantic import ValidationError

from hub.core.identity.erasure import DATA_KEY
from hub.platform.settings import Settings
from hub.runtime.backup import identity_vault
from hub.runtime.changelog import Content, damage
from hub.runtime.log_reader import LogReader
from hub.runtime.partitions import Partition
from hub.runtime.rebuild import Compared
from hub.runtime.state import PartitionState
from hub.runtime.vault import Vault
from schemas.links import LinkDecision
from schemas.topics import IDENTITY_STATE, LINKS

PREFIX = "link:"


class Standing(NamedTuple):
    """Where a link stands: the number of its last decision, and its child, None while it waits."""

    seq: int
    child_id: str | None


UNREADABLE = Standing(-1, None)
"""Of a link whose state is none."""


class LinkStates(PartitionState):
    """Of identity's state only where each link stands; all else stays sealed, or is not kept."""

    def load(self, key: str, value: bytes | None) -> None:
        """Apply one changelog record."""
        if key.startswith((PREFIX, DATA_KEY)):
            super().load(key, value)

    def links(self, vault: Vault) -> dict[str, Standing]:
        """Where each link stands. Raises Unavailable while the key ring lacks a key."""
        state, shut = vault.open_state(self)
        found = {key.removeprefix(PREFIX): _standing(value) for key, value in state.items()}
        return found | {key.removeprefix(PREFIX): UNREADABLE for key in shut if key.startswith(PREFIX)}

    def closed(self, vault: Vault) -> dict[str, int]:
        """The links that were closed for good, with the number of their last decision. Raises as above."""
        state, _ = vault.open_state(self)
        found = {key.removeprefix(PREFIX): orjson.loads(value) for key, value in state.items()}
        return {link: each["seq"] for link, each in found.items() if isinstance(each, dict) and each.get("closed")}

    def copy(self) -> "LinkStates":
        """Another of the same content."""
        other = LinkStates()
        other._values = dict(self._values)
        return other


def _standing(value: bytes) -> Standing:
    try:
        found = orjson.loads(value)
        seq, child_id = found["seq"], found["child"]
    except (ValueError, KeyError, TypeError):
        return UNREADABLE
    fits = isinstance(seq, int) and isinstance(child_id, str | None)
    return Standing(seq, child_id) if fits else UNREADABLE


async def decided(settings: Settings) -> dict[str, Standing]:
    """Where hub.links says that each link stands now. Raises StateDamaged for a record that is no decision."""
    found: dict[str, Standing] = {}
    async with LogReader(settings, [Partition(LINKS.name, number) for number in range(LINKS.partitions)]) as log:
        async for batch in log.read_on():
            for raw in batch:
                decision = _decision(raw)
                child_id = decision.child_id if decision.decision == "assigned" else None
                if decision.link not in found or decision.seq >= found[decision.link].seq:
                    found[decision.link] = Standing(decision.seq, child_id)
    return found


def _decision(raw: Any) -> LinkDecision:
    try:
        return LinkDecision.model_validate_json(raw.value or b"")
    except ValidationError:
        where = Partition(raw.topic, raw.partition)
        raise damage(where, raw.offset, "it is no decision", "Restore the topic from a copy.") from None


async def rebuild_links(settings: Settings) -> Compared:
    """Identity may go on meanwhile: what hub.links says lies between its state before and after that was read."""
    before = LinkStates()
    async with LogReader(settings, [Partition(IDENTITY_STATE.name, 0)]) as log:
        content = Content(before)
        async for batch in log.read_on():
            content.take(batch)
        said = await decided(settings)
        after = before.copy()
        tail = Content(after, content.includes, content.damaged)
        async for batch in log.read_on():
            tail.take(batch)
    standing, later = before.links(identity_vault(settings)), after.links(identity_vault(settings))
    compared = Compared(LINKS.name, {"links": len(said), "offset": content.includes or 0})
    for offset, why in content.damaged.values():
        compared.differ("-", f"{IDENTITY_STATE.name}: the record at offset {offset} is damaged: {why}")
    waiting = Standing(0, None)
    for link in sorted(said.keys() | standing.keys()):
        first, found, last = standing.get(link, waiting), said.get(link, waiting), later.get(link, waiting)
        if found not in (first, last) and not first.seq < found.seq < last.seq:
            has = "can't be read" if first == UNREADABLE else f"has decision {first.seq}"
            compared.differ(link, f"{IDENTITY_STATE.name} {has}, {LINKS.name} has decision {found.seq}")
    return compared
