from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from connectors.council.files.events import Seen
from connectors.council.files.memory import Held, Memory


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    memory = Memory(f"sqlite:///{tmp_path / 'ledger.db'}")
    memory.open()
    memory.open()
    yield memory
    memory.close()


def test_what_records_said_is_kept_by_feed_and_replaced(memory: Memory) -> None:
    many = {f"r{number}": Seen(number, {"a|": "1"}) for number in range(1_200)}
    memory.remember("people", many)
    memory.remember("people", {"r7": Seen(2**60, {})})
    memory.remember("people", {})
    assert memory.seen("people", many) == many | {"r7": Seen(2**60, {})}
    assert memory.seen("other", many) == {}
    assert memory.seen("people", ["unknown"]) == {}


def test_it_survives_the_process(memory: Memory, tmp_path: Path) -> None:
    memory.remember("people", {"r": Seen(3, {"a|": "1"})})
    again = Memory(f"sqlite:///{tmp_path / 'ledger.db'}")
    assert again.seen("people", ["r"]) == {"r": Seen(3, {"a|": "1"})}
    again.close()


def test_the_extract_before_is_the_nearest_earlier_one(memory: Memory) -> None:
    assert memory.rows_before("people", 10) is None
    memory.taken("people", 30, 300)
    memory.taken("people", 10, 100)
    memory.taken("people", 10, 90)
    memory.taken("other", 20, 7)
    assert [memory.rows_before("people", version) for version in (10, 20, 30, 31)] == [None, 100, 100, 300]
    memory.taken("people", 10, 110)
    assert memory.rows_before("people", 20) == 110


def test_questions_are_kept_until_they_are_answered(memory: Memory) -> None:
    first, second = Held(10, 5, 9, date(2026, 3, 1)), Held(20, 6, 9, date(2026, 3, 2))
    for held in (first, second, first):
        memory.hold("people", held)
    assert memory.held("people", 20) == [first, second]
    assert memory.held("people", 10) == [first]
    memory.let_go("people", 10)
    assert memory.held("people", 20) == [second]
    assert memory.held("other", 20) == []
