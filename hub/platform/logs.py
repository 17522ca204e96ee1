"""Structured logs: one JSON object a line on standard error. Never personal data, never a payload."""

import logging
import sys
import traceback
from pathlib import Path

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger


def set_up(process: str, level: str = "INFO") -> None:
    """Configure structlog and the standard library's loggers for one process."""
    number = logging.getLevelName(level.upper())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _named(process),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        # A line and its end in one write: threads, and other processes on the same stream, never share a line.
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s %(levelname)s %(message)s")


def _named(process: str) -> Processor:
    """Puts the process into every line, whichever thread wrote it: a context is a thread's own."""

    def named(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
        line.setdefault("process", process)
        return line

    return named


def place_of(error: BaseException) -> str | None:
    """Where in the code an error was raised, as file:line; None when it never was. Nothing that it holds is said."""
    frames = list(traceback.walk_tb(error.__traceback__))
    if not frames:
        return None
    frame, line = frames[-1]
    return f"{Path(frame.f_code.co_filename).name}:{line}"
