"""The processes that read FHIR: they agree with the reader, and neither death nor slowness of one is the caller's."""

import asyncio
import os
from concurrent.futures.process import BrokenProcessPool

import orjson
import pytest

from connectors.nhs.bars import parsers as module
from connectors.nhs.bars.parsers import Parsers, TooSlow
from connectors.nhs.bars.reading import read_faults
from connectors.sdk.ledger import MemoryLedger
from tests.contract.bars.conftest import guid, issue, trust_on
from tests.contract.bars.test_bad_input import TABLE
from tests.contract.bars.test_process_message import SENT

GOOD = orjson.dumps(SENT)


def die(body: bytes):
    """Stands in for read_faults in a process that a message kills."""
    os._exit(1)


async def test_processes_read_as_the_reader_does(parsers: Parsers):
    bodies = [GOOD, *(row.body for row in TABLE.values() if len(row.body) < 1_000_000)]
    found = await asyncio.gather(*(parsers.faults(body) for body in bodies))
    assert list(found) == [read_faults(body) for body in bodies]
    assert found[0] == ()


async def test_a_message_that_kills_its_process_is_faulty_and_the_next_passes(parsers: Parsers, monkeypatch):
    monkeypatch.setattr(module, "read_faults", die)
    (fault,) = await parsers.faults(GOOD)
    assert fault.issue == "structure"
    monkeypatch.undo()
    assert await parsers.faults(GOOD) == ()
    monkeypatch.setattr(module, "_pool", None)
    assert await parsers.faults(GOOD) == (), "by the pool that took the broken one's place, not by one of its own"


async def test_who_was_waiting_when_a_process_died_is_read_again(monkeypatch):
    made = Parsers(1, 60.0)
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "run_in_executor", _broken_once(loop.run_in_executor))
    try:
        assert await made.faults(GOOD) == ()
    finally:
        made.close()


def _broken_once(real):
    calls = []

    def run(executor, function, *arguments):
        calls.append(function)
        if len(calls) == 1:
            raise BrokenProcessPool
        return real(executor, function, *arguments)

    return run


class Slow:
    async def faults(self, body):
        raise TooSlow


async def test_too_slow_is_408_and_may_be_tried_again():
    async with trust_on(MemoryLedger(), reader=Slow()) as trust:
        request_id = guid()
        for _ in range(2):
            assert issue(await trust.post(SENT, request_id)) == (408, "REC_TIMEOUT", "timeout")


async def test_the_limit_of_time_is_kept(monkeypatch):
    made = Parsers(1, 0.0)
    try:
        with pytest.raises(TooSlow):
            await made.faults(GOOD)
    finally:
        made.close()
