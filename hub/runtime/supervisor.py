"""Starts the processes of one machine, starts those again that end themselves, and ends all of them together.

A process that ends is started again after a pause that doubles from half a second to half a minute, and shrinks back
once it has run for a minute: fail-stop stages rely on it.
"""

import asyncio
import os
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import structlog

log = structlog.get_logger()

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0
STOP_SECONDS = 15.0
"""How long a process that was asked to end may take; then it is killed."""


@dataclass(frozen=True)
class Program:
    """One process to keep running: its name, command, and environment on top of ours; its output goes to `log`."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    log: Path


@dataclass
class Supervisor:
    """Keeps programs running until told to stop. `restarts` counts them by name."""

    programs: Sequence[Program]
    restarts: dict[str, int] = field(default_factory=dict)
    _running: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    async def run(self, stopping: asyncio.Event) -> None:
        """Start all and keep them running; when `stopping` is set, end all and return."""
        keepers = [asyncio.create_task(self._keep(program, stopping)) for program in self.programs]
        asked = asyncio.create_task(stopping.wait())
        try:
            await asyncio.wait([asked, *keepers], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.set()
            await asyncio.gather(asked, *keepers)

    def pid(self, name: str) -> int | None:
        """The process id of a program that runs now."""
        process = self._running.get(name)
        return None if process is None else process.pid

    async def _keep(self, program: Program, stopping: asyncio.Event) -> None:
        pause = FIRST_PAUSE
        while not stopping.is_set():
            started = time.monotonic()
            try:
                ended = f"status {await self._run_once(program, stopping)}"
            except OSError as error:
                ended = f"could not be started: {type(error).__name__}"
            if stopping.is_set():
                return
            if time.monotonic() - started > STEADY_SECONDS:
                pause = FIRST_PAUSE
            self.restarts[program.name] = self.restarts.get(program.name, 0) + 1
            log.warning("process ended, starting it again", program=program.name, ended=ended, pause=pause)
            try:
                await asyncio.wait_for(stopping.wait(), pause)
            except TimeoutError:
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _run_once(self, program: Program, stopping: asyncio.Event) -> int:
        """Run it until it ends or all are to end; its status. Raises OSError when it can't be started."""
        with program.log.open("ab") as out:
            process = await asyncio.create_subprocess_exec(
                *program.command, env={**os.environ, **program.env}, stdout=out, stderr=out, start_new_session=True
            )
        self._running[program.name] = process
        ended, asked = asyncio.create_task(process.wait()), asyncio.create_task(stopping.wait())
        try:
            await asyncio.wait({ended, asked}, return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                with suppress(ProcessLookupError):
                    process.terminate()
                await asyncio.wait({ended}, timeout=STOP_SECONDS)
        finally:
            asked.cancel()
            del self._running[program.name]
            # Its session is its own: this also ends what it started and left behind.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        return await ended
