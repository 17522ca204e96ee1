"""A small disk that can be filled: a tmpfs of its own. Needs root."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MEGABYTES = 200
BLOCK = b"\0" * 65_536


class Disk:
    """What is mounted at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Leave no room at all."""
        with suppress(OSError), self._ballast.open("wb", buffering=0) as out:
            while out.write(BLOCK):
                pass

    def free(self) -> None:
        """Give the room back."""
        self._ballast.unlink()


def possible() -> bool:
    """Whether this process may mount."""
    return os.geteuid() == 0


@contextmanager
def mounted(folder: Path) -> Iterator[Disk]:
    """A disk at a new folder until the end of the block; raises CalledProcessError where mounting is not allowed."""
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", folder], check=True)
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=False)
