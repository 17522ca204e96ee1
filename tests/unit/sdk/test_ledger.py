"""One conformance suite for both ledgers, and what only several processes can show."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.sdk.ledger import Answer, LedgerUnavailable, MemoryLedger, Refusal, RowLedger, entry
from connectors.sdk.sql_ledger import SqlLedger

pytest_plugins = ["tests.support.postgres"]

KEY = b"k" * 32
SOURCE = "one-education:825:2022"
OTHER = "council-tracker:825:2026"


class StoppedClock:
    def __init__(self) -> None:
        self.instant = datetime(2026, 9, 14, 9, tzinfo=UTC)

    def now(self) -> datetime:
        return self.instant


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path}/ledger.db"


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path, clock: StoppedClock) -> Iterator[RowLedger]:
    if request.param == "memory":
        yield MemoryLedger(clock)
        return
    found = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    sql = SqlLedger(found or f"sqlite:///{tmp_path}/ledger.db", "webhook", clock)
    yield sql
    sql.close()


def an_entry(key: str = "a", **fields: object):
    return entry(KEY, key, fields or {"kind": "plan.issued", "effective_on": "2026-09-14"})


async def answers(ledger: RowLedger, *entries, source: str = SOURCE) -> list[Answer]:
    return [outcome.answer for outcome in (await ledger.claim(source, entries)).outcomes]


async def test_a_new_key_is_taken_and_then_in_flight_for_others(ledger: RowLedger) -> None:
    first = await ledger.claim(SOURCE, [an_entry()])
    assert first.stands
    assert [outcome.answer for outcome in first.outcomes] == [Answer.TAKEN]
    second = await ledger.claim(SOURCE, [an_entry()])
    assert not second.stands
    assert [outcome.answer for outcome in second.outcomes] == [Answer.IN_FLIGHT]


async def test_an_acked_key_is_known_with_the_same_content_and_a_conflict_with_other(ledger: RowLedger) -> None:
    claim = await ledger.claim(SOURCE, [an_entry()])
    await ledger.acked(SOURCE, [an_entry()], claim.token)
    assert await answers(ledger, an_entry()) == [Answer.ACKED]
    other = an_entry("a", kind="plan.issued", effective_on="2026-09-15", extra=1)
    outcome = (await ledger.claim(SOURCE, [other])).outcomes[0]
    assert (outcome.answer, outcome.fields) == (Answer.CONFLICT, ("effective_on", "extra"))


async def test_in_flight_with_other_content_names_the_fields(ledger: RowLedger) -> None:
    await ledger.claim(SOURCE, [an_entry("a", x=1)])
    outcome = (await ledger.claim(SOURCE, [an_entry("a", x=2)])).outcomes[0]
    assert (outcome.answer, outcome.fields) == (Answer.IN_FLIGHT, ("x",))


async def test_unknown_is_taken_again_with_the_same_content_only(ledger: RowLedger) -> None:
    claim = await ledger.claim(SOURCE, [an_entry("a", x=1)])
    await ledger.unknown(SOURCE, ["a"], claim.token)
    assert await answers(ledger, an_entry("a", x=2)) == [Answer.CONFLICT]
    assert await answers(ledger, an_entry("a", x=1)) == [Answer.TAKEN]


async def test_a_refusal_is_kept_and_repeated(ledger: RowLedger) -> None:
    claim = await ledger.claim(SOURCE, [an_entry("a", x=1)])
    await ledger.refused(SOURCE, ["a"], claim.token, Refusal(422, "not supported"))
    outcome = (await ledger.claim(SOURCE, [an_entry("a", x=1)])).outcomes[0]
    assert (outcome.answer, outcome.refusal) == (Answer.REFUSED, Refusal(422, "not supported"))
    other = (await ledger.claim(SOURCE, [an_entry("a", x=2)])).outcomes[0]
    assert (other.answer, other.refusal, other.fields) == (Answer.CONFLICT, Refusal(422, "not supported"), ("x",))


async def test_a_released_key_is_forgotten(ledger: RowLedger) -> None:
    claim = await ledger.claim(SOURCE, [an_entry("a", x=1)])
    await ledger.release(SOURCE, ["a"], claim.token)
    assert await answers(ledger, an_entry("a", x=2)) == [Answer.TAKEN]


async def test_a_release_after_an_unknown_try_is_unknown_again(ledger: RowLedger) -> None:
    first = await ledger.claim(SOURCE, [an_entry("a", x=1)])
    await ledger.unknown(SOURCE, ["a"], first.token)
    second = await ledger.claim(SOURCE, [an_entry("a", x=1)])
    await ledger.release(SOURCE, ["a"], second.token)
    assert await answers(ledger, an_entry("a", x=2)) == [Answer.CONFLICT]


async def test_a_lease_that_is_over_is_taken_over_with_the_same_content_only(
    ledger: RowLedger, clock: StoppedClock
) -> None:
    dead = await ledger.claim(SOURCE, [an_entry("a", x=1)])
    clock.instant += timedelta(seconds=31)
    assert await answers(ledger, an_entry("a", x=2)) == [Answer.CONFLICT]
    heir = await ledger.claim(SOURCE, [an_entry("a", x=1)])
    assert heir.stands
    await ledger.unknown(SOURCE, ["a"], dead.token)
    assert await answers(ledger, an_entry("a", x=1)) == [Answer.IN_FLIGHT], "the dead owner must not settle it"


async def test_an_ack_counts_whoever_owns_the_claim_and_is_never_taken_back(
    ledger: RowLedger, clock: StoppedClock
) -> None:
    slow = await ledger.claim(SOURCE, [an_entry()])
    clock.instant += timedelta(seconds=31)
    heir = await ledger.claim(SOURCE, [an_entry()])
    await ledger.acked(SOURCE, [an_entry()], slow.token)
    await ledger.unknown(SOURCE, ["a"], heir.token)
    await ledger.release(SOURCE, ["a"], heir.token)
    assert await answers(ledger, an_entry()) == [Answer.ACKED]


async def test_a_batch_is_taken_whole_or_not_at_all(ledger: RowLedger) -> None:
    await ledger.claim(SOURCE, [an_entry("b")])
    assert await answers(ledger, an_entry("a"), an_entry("b")) == [Answer.FREE, Answer.IN_FLIGHT]
    assert await answers(ledger, an_entry("a")) == [Answer.TAKEN], "the first batch left nothing behind"


async def test_a_batch_takes_what_is_new_beside_what_is_known(ledger: RowLedger) -> None:
    claim = await ledger.claim(SOURCE, [an_entry("a")])
    await ledger.acked(SOURCE, [an_entry("a")], claim.token)
    assert await answers(ledger, an_entry("a"), an_entry("b")) == [Answer.ACKED, Answer.TAKEN]


async def test_sources_do_not_share_keys(ledger: RowLedger) -> None:
    await ledger.claim(SOURCE, [an_entry()])
    assert await answers(ledger, an_entry(), source=OTHER) == [Answer.TAKEN]


async def test_more_keys_than_one_statement_takes(ledger: RowLedger) -> None:
    entries = [an_entry(str(number)) for number in range(1_201)]
    claim = await ledger.claim(SOURCE, entries)
    await ledger.acked(SOURCE, entries[:700], claim.token)
    await ledger.release(SOURCE, [each.key for each in entries[700:]], claim.token)
    assert await answers(ledger, *entries) == [Answer.ACKED] * 700 + [Answer.TAKEN] * 501


async def test_claims_of_one_key_at_once_are_won_by_one(ledger: RowLedger) -> None:
    found = await asyncio.gather(*(answers(ledger, an_entry()) for _ in range(20)))
    assert sorted(answer for each in found for answer in each) == [Answer.IN_FLIGHT] * 19 + [Answer.TAKEN]


def test_no_value_can_be_found_in_an_entry_nor_equal_values_in_two() -> None:
    one, two = an_entry("a", family="Example"), an_entry("b", family="Example")
    assert "Example" not in repr(one)
    assert one.fields["family"] != two.fields["family"]
    assert one.content != two.content


CLAIMER = """
import asyncio, sys
from connectors.sdk.ledger import entry
from connectors.sdk.sql_ledger import SqlLedger

async def main():
    ledger = SqlLedger(sys.argv[1], "webhook")
    wins = []
    for number in range(40):
        claim = await ledger.claim("one-education:825:2022", [entry(b"k" * 32, str(number), {"x": 1})])
        if claim.stands:
            wins.append(number)
    ledger.close()
    print(*wins)

asyncio.run(main())
"""


def test_processes_share_one_ledger(url: str) -> None:
    command = [sys.executable, "-c", CLAIMER, url]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    try:
        printed = [process.communicate(timeout=60)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert [process.returncode for process in processes] == [0, 0, 0]
    wins = [int(number) for line in printed for number in line.split()]
    assert sorted(wins) == list(range(40))


async def test_what_was_taken_outlives_the_process_and_is_each_connector_s_own(url: str) -> None:
    before = SqlLedger(url, "webhook")
    claim = await before.claim(SOURCE, [an_entry()])
    await before.acked(SOURCE, [an_entry()], claim.token)
    before.close()
    after = SqlLedger(url, "webhook")
    assert await answers(after, an_entry()) == [Answer.ACKED]
    other_connector = SqlLedger(url, "bars")
    assert await answers(other_connector, an_entry()) == [Answer.TAKEN]
    after.close()
    other_connector.close()


async def test_a_database_that_is_away_is_unavailable_and_then_used(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    ledger = SqlLedger(f"sqlite:///{folder}/ledger.db", "webhook")
    with pytest.raises(LedgerUnavailable, match="OperationalError"):
        await ledger.claim(SOURCE, [an_entry()])
    assert not await ledger.ready()
    folder.mkdir()
    assert await ledger.ready()
    assert await answers(ledger, an_entry()) == [Answer.TAKEN]
    ledger.close()
