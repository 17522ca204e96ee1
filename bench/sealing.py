"""What sealing costs in processor time: one record, one value of identity's state, and a start with 50,000 links.

`python -m bench.sealing [LINKS]`.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import orjson

from hub.core.identity.erasure import owner_of
from hub.platform.keyring import KeyRing, machine_day
from hub.platform.keys import new_ring, to_text
from hub.platform.seal import DailySeal, about_record
from hub.runtime.state import PartitionState
from hub.runtime.vault import Vault

Answer = TypeVar("Answer")
FACTS = 5
OVERHEAD = 44
HEADERS = (("ce_id", b"m" * 24), ("ce_source", b"one-education:825:2022"), ("ce_type", b"sendhub.council.event"))


def main() -> None:
    links = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    ring = KeyRing(Path("none"), to_text(new_ring(machine_day())))
    record(ring)
    plain = dict(values(links))
    print(f"{links} links, {len(plain)} values of {sum(map(len, plain.values())) / len(plain):.0f} bytes")
    vault = Vault("hub.identity.state", ring, owner_of)
    sealing = vault.begin()
    began = time.process_time()
    entries = list(sealing.entries(plain))
    print(f"sealed {(time.process_time() - began) / len(plain) * 1e6:.1f} us a value, its share of keys included")
    sizes = [sum(map(len, plain.values())) / 1e6, sum(len(value or b"") for _, value in entries) / 1e6]
    print(f"changelog {sizes[0]:.0f} MB plain, {sizes[1]:.0f} MB sealed")
    before, loaded = timed(lambda: load(plain.items()))
    held = load(entries)
    after, opened = timed(lambda: Vault("hub.identity.state", ring, owner_of).open_state(held))
    assert dict(opened.state.items()) == plain == dict(loaded.items())
    print(f"loaded plain in {before:.2f} s; opened besides in {after:.2f} s, {after / len(plain) * 1e6:.1f} us a value")


def record(ring: KeyRing) -> None:
    seal, value = DailySeal(ring), b"x" * 700
    sealed = seal.seal(value, about_record("council.events", HEADERS))
    number = 20_000
    assert len(sealed) - len(value) == OVERHEAD
    sealing, _ = timed(lambda: [seal.seal(value, about_record("council.events", HEADERS)) for _ in range(number)])
    opening, _ = timed(lambda: [seal.open(sealed, about_record("council.events", HEADERS)) for _ in range(number)])
    each = [spent / number * 1e6 for spent in (sealing, opening)]
    print(f"a record of {len(value)} bytes: sealed {each[0]:.1f} us, opened {each[1]:.1f} us, {OVERHEAD} bytes more")


def values(links: int) -> list[tuple[str, bytes]]:
    """As identity keeps them: the link, its facts, their digests, its child and number."""
    made = []
    for number in range(links):
        link = f"{number:024x}"
        said = {"id": link, "source": "one-education:825:2022", "child": f"c{number:023x}", "seq": 1, "facts": FACTS}
        evidence = {"births": ["2016-03-02"], "givens": [["ada"]], "nhs": [f"{number:024x}"], "upns": []}
        made.append((f"link:{link}", orjson.dumps(said | {"evidence": evidence})))
        for fact in range(FACTS):
            body = {
                "kind": "advice.requested",
                "record": f"ADV-{number}-{fact}",
                "version": 1,
                "effective_on": "2026-09-14",
            }
            made.append(
                (f"fact:{link}:{fact}", orjson.dumps(body | {"data": {"heading": "medical", "pad": "x" * 200}}))
            )
            made.append((f"seen:{number:019x}{fact:05x}", b"[1,1789000000000000]"))
        made.append((f"child:c{number:023x}", orjson.dumps({"id": f"c{number:023x}", "links": [link]})))
        made.append((f"number:{number:024x}", orjson.dumps([link])))
    return made


def load(entries: object) -> PartitionState:
    state = PartitionState()
    for key, value in entries:  # type: ignore[attr-defined]
        state.load(key, value)
    return state


def timed(work: Callable[[], Answer]) -> tuple[float, Answer]:
    began = time.process_time()
    answer = work()
    return time.process_time() - began, answer


if __name__ == "__main__":
    main()
