"""The processes that read FHIR, so that a slow or crashing parser holds up nobody else."""

import asyncio
import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.process import BaseProcess
from typing import Protocol

from connectors.nhs.bars.reading import read_faults
from schemas.bars import Fault

_WARM = b'{"resourceType":"Bundle","type":"message"}'


class TooSlow(Exception):
    """Reading took longer than allowed."""


class Reader(Protocol):
    """Reads messages."""

    async def faults(self, body: bytes) -> tuple[Fault, ...]:
        """What is wrong with a body as FHIR; raises TooSlow."""
        ...


class Parsers:
    """`workers` processes, each with the FHIR models loaded. A message that kills its process is faulty."""

    def __init__(self, workers: int, seconds: float) -> None:
        self._workers = workers
        self._seconds = seconds
        self._pool = _pool(workers)

    async def warm(self) -> None:
        """Load the models now rather than with the first message."""
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.run_in_executor(self._pool, read_faults, _WARM) for _ in range(self._workers)))

    async def faults(self, body: bytes) -> tuple[Fault, ...]:
        """See Reader. When a process dies, all that were waiting are read once more, each alone."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._read(body)
        except TimeoutError:
            raise TooSlow from None

    async def _read(self, body: bytes) -> tuple[Fault, ...]:
        loop, pool = asyncio.get_running_loop(), self._pool
        try:
            return await loop.run_in_executor(pool, read_faults, body)
        except BrokenProcessPool:
            self._replace(pool)
        alone = _pool(1)
        try:
            return await loop.run_in_executor(alone, read_faults, body)
        except BrokenProcessPool:
            return (Fault("structure", "Bundle", "the parser cannot read it"),)
        finally:
            alone.shutdown(wait=False, cancel_futures=True)

    def _replace(self, broken: ProcessPoolExecutor) -> None:
        if self._pool is broken:
            self._pool = _pool(self._workers)
            broken.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """End the processes."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _pool(workers: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_start)


def _start() -> None:
    """A worker leaves ending to its parent, and ends with it however that dies."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    read_faults(_WARM)


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(0)
