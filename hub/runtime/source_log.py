"""What a committer asks of the log that its partition is read from."""

from typing import Protocol

from hub.runtime.partitions import Partition


class SourceLog(Protocol):
    """The source topic and the group's place in it."""

    async def committed_offset(self, partition: Partition) -> int | None:
        """Where the group stands, asked of the broker; None when it never committed, or the broker forgot.

        Raises Unavailable while the broker does not say.
        """
        ...

    async def check_start(self, partition: Partition, stored: int | None) -> int:
        """The stored offset, or the log's first when there is none; raises DataMissing when the log has lost it."""
        ...

    async def announce(self, partition: Partition, offset: int) -> None:
        """Tell the group's offset where a database stands, for lag tools only: failing at it harms nothing."""
        ...
