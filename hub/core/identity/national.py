"""What the national demographic service was asked about a link, and what it said of it.

Keys: `national:<link>`; `successor:<digest>` for a number that another one took the place of, `withdrawn:<digest>` for
one that nothing did. An answer may come before what it is about, when all is worked out anew: then it waits.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import orjson

from hub.core.identity.evidence import Evidence
from hub.core.identity.store import Store


@dataclass(slots=True)
class National:
    """`asked` are the ids of the look-ups made, `answered` of those answered, `said` the last answer in a word.

    Numbers are keyed digests: `invalid` one that was withdrawn, `former` those that others took the place of. `waiting`
    are observations that came before the link.
    """

    asked: list[str] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    said: str | None = None
    restricted: bool = False
    invalid: str | None = None
    former: list[str] = field(default_factory=list)
    waiting: list[dict[str, Any]] = field(default_factory=list)


def national_of(store: Store, link_id: str) -> National:
    """What is known; nothing, unless something was asked or said."""
    value = store.values.get(f"national:{link_id}")
    return National() if value is None else National(**orjson.loads(value))


def put_national(store: Store, link_id: str, national: National) -> None:
    """Keep it."""
    store.values.put(f"national:{link_id}", bytes(memoryview(orjson.dumps(asdict(national)))))


def number_now(store: Store, number: str) -> str:
    """The number that a number goes by now, by its digest."""
    seen = {number}
    while (value := store.values.get(f"successor:{number}")) is not None:
        number = value.decode()
        if number in seen:
            break
        seen.add(number)
    return number


def put_successor(store: Store, old: str, new: str) -> None:
    """A number goes by another one from now on. The last word stands: no number is its own successor."""
    if number_now(store, new) == old:
        store.values.put(f"successor:{new}", None)
    if old != new:
        store.values.put(f"successor:{old}", new.encode())


def numbers_now(store: Store, evidence: Evidence) -> Evidence:
    """Evidence with each superseded number as it is now."""
    now = frozenset(number_now(store, number) for number in evidence.nhs)
    if now == evidence.nhs:
        return evidence
    return replace(evidence, nhs=now)


def put_withdrawn(store: Store, number: str) -> None:
    """A number was withdrawn, and no other took its place."""
    store.values.put(f"withdrawn:{number}", b"1")


def withdrawn_among(store: Store, numbers: Iterable[str]) -> str | None:
    """The first, in order, of these numbers that was withdrawn."""
    return next((one for one in sorted(numbers) if store.values.get(f"withdrawn:{one}") is not None), None)
