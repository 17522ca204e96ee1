"""What a rebuild compares of a memory: all but the policy by which it was made."""

from dataclasses import replace
from datetime import date

from hub.core.casework.memory import Memory, compared, dump
from hub.core.casework.policy import POLICY_CHARACTERS


def test_other_settings_alone_make_no_difference_and_all_else_does() -> None:
    memory = Memory(day=date(2026, 9, 14), record="r", policy="a" * POLICY_CHARACTERS)
    other = replace(memory, policy="b" * POLICY_CHARACTERS)
    assert dump(memory) != dump(other)
    assert compared(dump(memory)) == compared(dump(other))
    assert compared(dump(memory)) != compared(dump(replace(memory, record="s")))


def test_what_is_no_memory_is_compared_whole() -> None:
    assert compared(b'{"day": "2026-09-14", "of": 3}') == b'{"day": "2026-09-14", "of": 3}'
