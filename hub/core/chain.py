"""A chain of entries: each carries its number, the hash of the one before and its own, so that none can be taken out,
changed, moved or put in without a break that everybody can see."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

import orjson

NOTHING = "0" * 64
"""What the first entry is chained to."""


class Head(NamedTuple):
    """The last entry of a chain: its number, 0 where there is none, and its hash."""

    seq: int = 0
    hash: str = NOTHING


class Break(NamedTuple):
    """Where a chain is broken. `seq` is the number that was looked for, `at` where it was (an offset or a line)."""

    kind: Literal["missing", "changed", "out-of-order", "not-chained", "unread", "differs", "cut-off", "state-lost"]
    seq: int
    at: int
    words: str


def chained(entry: Mapping[str, Any], head: Head) -> tuple[dict[str, Any], Head]:
    """An entry in its place after a head, and the head from then on."""
    placed = {**entry, "seq": head.seq + 1, "previous": head.hash}
    placed["hash"] = hash_of(placed)
    return placed, Head(head.seq + 1, placed["hash"])


def hash_of(placed: Mapping[str, Any]) -> str:
    """The hash over all fields but the hash itself, as canonical JSON."""
    said = {name: value for name, value in placed.items() if name != "hash"}
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


class Verified(NamedTuple):
    """What came of looking through a chain. `first` is its first number, `before` how many entries stand before it that
    were never chained (from before there was a chain); `hashes` are by number."""

    first: int | None
    head: Head
    before: int
    breaks: tuple[Break, ...]
    hashes: Mapping[int, str]


def verified(records: Iterable[tuple[int, bytes]]) -> Verified:
    """Look through entries in their order, each with where it stands. After a break it is looked on from what is there:
    one change is one break."""
    first: int | None = None
    head, before, breaks, hashes = Head(), 0, list[Break](), dict[int, str]()
    for at, value in records:
        entry = _read(value)
        if entry is None:
            breaks.append(Break("unread", head.seq + 1, at, "no entry can be read here"))
        elif not _is_chained(entry):
            if first is None:
                before += 1
            else:
                breaks.append(Break("not-chained", head.seq + 1, at, "an entry that no stage put into the chain"))
        else:
            if first is None:
                first = entry["seq"]
                # What came before may have expired; the very first has nothing before it.
                head = Head() if first == 1 else Head(first - 1, entry["previous"])
            breaks += _breaks(entry, head, at)
            hashes[entry["seq"]] = entry["hash"]
            head = Head(entry["seq"], entry["hash"])
    return Verified(first, head, before, tuple(breaks), hashes)


def compared(ours: Mapping[int, str], others: Mapping[int, str], expired: int = 0) -> Iterator[Break]:
    """Where our chain lacks what another copy of it has, or the two differ. What stands below the number `expired` may
    be gone from ours; what came after the copy was taken is in ours alone."""
    last = max(ours, default=0)
    for begin, end in _runs(seq for seq in others.keys() - ours.keys() if seq >= expired):
        words = f"entry {begin}" if begin == end else f"entries {begin} to {end}"
        yield Break("cut-off" if begin > last else "missing", begin, begin, f"{words} of the copy not there")
    for seq in sorted(ours.keys() & others.keys()):
        if ours[seq] != others[seq]:
            yield Break("differs", seq, seq, "the two copies do not agree from this entry on")
            return


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The first and the last of each run of numbers that follow one another."""
    begin = end = None
    for each in sorted(numbers):
        if begin is None or end is None:
            begin = each
        elif each != end + 1:
            yield begin, end
            begin = each
        end = each
    if begin is not None and end is not None:
        yield begin, end


def _breaks(entry: Mapping[str, Any], head: Head, at: int) -> Iterator[Break]:
    seq = entry["seq"]
    if seq > head.seq + 1:
        gone = f"entry {head.seq + 1}" if seq == head.seq + 2 else f"entries {head.seq + 1} to {seq - 1}"
        yield Break("missing", head.seq + 1, at, f"{gone} not there")
    elif seq <= head.seq:
        yield Break("out-of-order", seq, at, f"entry {seq} comes after entry {head.seq}")
    elif entry["previous"] != head.hash:
        yield Break("changed", head.seq, at, f"entry {seq} is chained to another entry {head.seq} than stands here")
    if hash_of(entry) != entry["hash"]:
        yield Break("changed", seq, at, f"entry {seq} is not as it was when it was chained")


def _read(value: bytes) -> dict[str, Any] | None:
    try:
        entry = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
    return entry if isinstance(entry, dict) else None


def _is_chained(entry: Mapping[str, Any]) -> bool:
    seq = entry.get("seq")
    return type(seq) is int and seq >= 1 and all(isinstance(entry.get(name), str) for name in ("previous", "hash"))
