"""What a stage is: a handler of whole batches, pure but for the state it is handed.

The runtime owns reading, the transaction and recovery. A handler is called with a batch of records of one source
partition and a view of that partition's state. What it puts into the view and returns as outputs is committed together
with the source offset, or not at all; after an abort the view is thrown away and the same records come again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

Headers = tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Record:
    """One consumed record. `timestamp` is the broker's, in milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    timestamp: int = 0


@dataclass(frozen=True, slots=True)
class Output:
    """One record to produce. Without `partition` the key decides (murmur2)."""

    topic: str
    key: bytes
    value: bytes | None
    headers: Headers = ()
    partition: int | None = None


class State(Protocol):
    """One partition's keyed state, as seen inside one batch. Values are opaque bytes."""

    def get(self, key: str) -> bytes | None:
        """The value of a key, or None."""
        ...

    def put(self, key: str, value: bytes | None) -> None:
        """Set a key; None removes it."""
        ...

    def items(self) -> Iterator[tuple[str, bytes]]:
        """All committed keys and values (not what this batch has put)."""
        ...


@dataclass(slots=True)
class Step:
    """What handling a batch came to.

    `consumed` is how many of the records are done with; fewer than given (even none) means that the rest are to be
    handed over again after this step is committed: how a long day is worked through in slices.
    """

    consumed: int
    outputs: list[Output] = field(default_factory=list)


class Handler(Protocol):
    """A stage's logic for one source partition."""

    def handle(self, records: Sequence[Record], state: State) -> Step:
        """Handle a batch. TemporaryError: the same again later; any other exception marks a poison record in it."""
        ...

    def committed(self, changes: Mapping[str, bytes | None]) -> None:
        """The state changes of the last step are durable: in-memory indexes may follow."""
        ...


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage by name: what it reads, where its state is kept, and how a handler is made for a partition.

    `changelog` None means stateless. A stateful stage has exactly one source topic. `writes` are the topics of its
    outputs, dead letters apart. `check` raises ValueError for a value of the state that the stage can't load; `mend`
    says in words what helps when its state is damaged or gone. `owner_of` says whose data key seals the value of a key
    outside memory; without it the state is about nobody and stands on its changelog as it is. `compared` is what of a
    value a rebuild compares.
    """

    name: str
    sources: tuple[str, ...]
    changelog: str | None
    open: "HandlerFactory"
    writes: tuple[str, ...] = ()
    check: Callable[[str, bytes], object] | None = None
    mend: str = "Restore it, or begin the stage anew as docs/reliability.md says."
    owner_of: Callable[[str], str] | None = None
    compared: Callable[[bytes], bytes] = bytes


class HandlerFactory(Protocol):
    """Makes a partition's handler once its state has been read."""

    def __call__(self, partition: int, state: State) -> Handler:
        """Called at each assignment."""
        ...
