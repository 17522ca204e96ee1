"""Where the key ring is: a file that only its owner may read, or a variable of the environment."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import structlog

from hub.platform.keys import KeyFault, Ring, RingUnfit, from_text, to_text

log = structlog.get_logger()

LOOK_SECONDS = 2.0
"""How often a process looks whether the file was changed."""

Sign = tuple[int, int, int]
"""Of a file's content: inode, size, time of the last change."""


def machine_day() -> date:
    """The machine's day in UTC, as Kafka's own retention goes by: a clock that is driven must destroy nothing."""
    return datetime.now(UTC).date()


class KeyRing:
    """The ring as it is now. Daily keys older than `days` are not in it, also where the file still has them."""

    def __init__(self, file: Path, text: str = "", days: int = 30, today: Callable[[], date] = machine_day) -> None:
        self.file = file
        self._text = text
        self._days = days
        self._today = today
        self._ring: Ring | None = None
        self._sign: Sign | None = None
        self._looked = -LOOK_SECONDS
        self._refused: str | None = None

    @property
    def in_file(self) -> bool:
        """Whether it is in the file, where it can be changed."""
        return not self._text

    @property
    def where(self) -> str:
        """Where it is, in words."""
        return str(self.file) if self.in_file else "SENDHUB_KEY_RING"

    def today(self) -> date:
        """The day whose key seals now."""
        return self._today()

    @property
    def oldest(self) -> date:
        """The earliest day whose key may be used."""
        return self._today() - timedelta(days=self._days)

    def current(self) -> Ring:
        """The ring; raises RingUnfit that says what to do. A file that becomes unfit later is passed over, with a word
        in the log: keys that were good a moment ago still are."""
        if self._ring is None or (self.in_file and time.monotonic() - self._looked >= LOOK_SECONDS):
            self._look()
        assert self._ring is not None
        if any(each.day < self.oldest for each in self._ring.chains):
            self._ring = self._ring.from_day(self.oldest)
        return self._ring

    def look_again(self) -> Ring:
        """The ring as it stands there at this moment; raises RingUnfit only when there never was one."""
        if self.in_file:
            self._look()
        return self.current()

    def _look(self) -> None:
        self._looked = time.monotonic()
        try:
            self._read()
        except RingUnfit as error:
            if self._ring is None:
                raise
            if str(error) != self._refused:
                log.warning("the key ring can't be read anew: the former one goes on", why=str(error))
            self._refused = str(error)

    def _read(self) -> None:
        if not self.in_file:
            self._ring = self._parsed(self._text)
            return
        sign = _sign(self.file)
        if sign != self._sign:
            self._ring = self._parsed(_read_private(self.file))
            self._sign, self._refused = sign, None

    def _parsed(self, text: str) -> Ring:
        try:
            return from_text(text)
        except RingUnfit as error:
            raise RingUnfit(f"the key ring in {self.where} is unfit: {error}") from None


def read_ring(file: Path) -> Ring:
    """The whole ring of a file; raises RingUnfit."""
    try:
        return from_text(_read_private(file))
    except RingUnfit as error:
        raise RingUnfit(f"the key ring in {file} is unfit: {error}") from None


def write_ring(file: Path, ring: Ring) -> None:
    """Put a ring in the place of the file, readable by its owner alone: wholly or not at all. Raises OSError."""
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(to_text(ring))
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def changing(file: Path) -> Iterator[None]:
    """One at a time may read the file, change the ring and write it back. Raises OSError."""
    lock = file.with_name(f".{file.name}.lock")
    with os.fdopen(os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)) as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def forget_days(ring: KeyRing) -> date | None:
    """Destroy the daily keys in the file that are too old; the first day that is left, None where nothing was too old.

    Raises KeyFault, or OSError where the file may not be written.
    """
    if not ring.in_file:
        return None
    with changing(ring.file):
        found = read_ring(ring.file)
        kept = found.from_day(ring.oldest)
        if kept == found:
            return None
        write_ring(ring.file, kept)
    return ring.oldest


def problem(ring: KeyRing) -> str | None:
    """What an operator should know of the ring: None when all is well."""
    try:
        ring.look_again().sealing(ring.today())
        found = read_ring(ring.file) if ring.in_file else None
    except KeyFault as error:
        return str(error)
    if found is not None and any(each.day < ring.oldest - timedelta(days=1) for each in found.chains):
        return f"{ring.file} still holds daily keys from before {ring.oldest}: they have to be destroyed"
    return None


def _sign(file: Path) -> Sign:
    try:
        found = file.stat()
    except OSError as error:
        raise RingUnfit(_unreadable(file, error)) from None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _read_private(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            mode = os.fstat(opened.fileno()).st_mode & 0o777
            content = opened.read()
    except OSError as error:
        raise RingUnfit(_unreadable(file, error)) from None
    if mode & 0o077:
        raise RingUnfit(f"{file} may be read by others (mode {mode:04o}): chmod 600 it, and think of its keys as known")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise RingUnfit("it is not JSON") from None


def _unreadable(file: Path, error: OSError) -> str:
    return (
        f"no key ring in {file} ({error.strerror}): `sendhub key ring FILE` makes one, SENDHUB_KEY_RING_FILE names it"
    )
