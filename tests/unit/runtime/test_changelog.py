"""A changelog's records as read back: what is damaged is named, and nothing of it is skipped."""

from types import SimpleNamespace

import pytest

from hub.runtime.changelog import ORIGIN, Content, origin, to_output
from hub.runtime.partitions import Partition
from hub.runtime.restore import differing
from hub.runtime.state import PartitionState
from hub.stages.casework import check_state
from hub.stages.stage import Output

CHANGELOG = Partition("test.state", 0)
OFFSET = (("source_offset", b"7"),)


def written(*outputs: Output) -> list[SimpleNamespace]:
    return [
        SimpleNamespace(offset=offset, key=each.key, value=each.value, headers=each.headers)
        for offset, each in enumerate(outputs)
    ]


def read(*outputs: Output) -> Content:
    content = Content()
    content.take(written(*outputs))
    return content


GOOD = [origin(CHANGELOG, 0), to_output(CHANGELOG, "a", b"1", 3), to_output(CHANGELOG, "b", b"2", 5)]


def test_the_state_is_what_was_last_written_and_includes_what_that_says() -> None:
    content = read(*GOOD, to_output(CHANGELOG, "a", None, 6))
    assert dict(content.state.items()) == {"b": b"2"}
    assert (content.includes, content.damaged) == (6, {})


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (Output("test.state", b"a", b"1", ()), "its header source_offset is missing or no number"),
        (Output("test.state", b"a", b"1", (("source_offset", b"-1"),)), "its header source_offset is missing"),
        (Output("test.state", b"a", b"1", (("source_offset", b""),)), "its header source_offset is missing"),
        (Output("test.state", b"a", b"1", (("source_offset", None),)), "its header source_offset is missing"),
        (Output("test.state", b"\xff", b"1", OFFSET), "its key is not UTF-8"),
    ],
)
def test_a_damaged_record_is_kept_in_mind_until_its_key_is_written_anew(record: Output, why: str) -> None:
    content = read(*GOOD, record)
    ((offset, said),) = content.damaged.values()
    assert offset == 3
    assert said.startswith(why)
    assert read(*GOOD, record, Output("test.state", record.key, None, OFFSET)).damaged == {}


def test_what_is_restored_is_the_state_whatever_was_there() -> None:
    wanted = PartitionState()
    for key, value in {"a": b"1", "c": b"3"}.items():
        wanted.load(key, value)
    harmed = [
        *GOOD,
        Output("test.state", b"a", b"1", ()),
        Output("test.state", b"\xff", b"1", OFFSET),
        Output("test.state", ORIGIN.encode(), b"{}", ()),
    ]
    mended = read(*harmed, *differing(CHANGELOG, read(*harmed), wanted, 9))
    assert dict(mended.state.items()) == {"a": b"1", "c": b"3"}
    assert (mended.includes, mended.damaged) == (9, {})
    assert differing(CHANGELOG, mended, wanted, 9) == []
    assert differing(CHANGELOG, Content(), PartitionState(), 9) == [origin(CHANGELOG, 9)]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("chd-1", b""),
        ("chd-1", b"----------"),
        ("chd-1", b"----------[1,2]"),
        ("chd-1", b'2026-13-01-a1b2c3d4e5f6[2,[],null,null,"",{},{}]'),
        ("chd-1", b'-----------a1b2c3d4e5f6[2,[],null,null,"",{}'),
        ("chd-1", b'----------[[],null,null,null,"",{},{}]'),  # as it was kept before
        ("!day", b"[]"),
        ("!day", b'["2026-13-01", null]'),
    ],
)
def test_casework_knows_a_value_that_it_can_not_load(key: str, value: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        check_state(key, value)


def test_casework_takes_what_it_wrote() -> None:
    check_state("chd-1", b'-----------a1b2c3d4e5f6[2,[],null,null,"",{},{}]')
    check_state("!day", b'["2026-12-01", null]')
