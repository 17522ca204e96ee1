"""How many children identity knows, and how many of them by a verified NHS number, as its state says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from hub.core.identity.store import Store
from hub.platform.instruments import gauge
from hub.stages.stage import Handler, Record, Stage, State, Step

CHILDREN = gauge(
    "identity_children",
    "Children that identity knows, by whether one of their sources gave a verified NHS number.",
    ["nhs_number"],
    unit="children",
    reader="data quality",
    process="identity",
)
PREFIX = "link:"


def numbered(stage: Stage) -> Stage:
    """Identity's stage, which tells the numbers as well."""
    return replace(stage, open=lambda partition, state: _Told(stage.open(partition, state), state))


class Numbers:
    """The links of each child, and those among them that carry a number."""

    def __init__(self) -> None:
        self._placed: dict[str, tuple[str, bool]] = {}
        self._children: dict[str, list[int]] = {}
        self.with_number = 0

    @property
    def children(self) -> int:
        """How many there are."""
        return len(self._children)

    def follow(self, changes: Iterable[tuple[str, bytes | None]]) -> None:
        """Take in what became of links; other keys say nothing here."""
        for key, value in changes:
            if not key.startswith(PREFIX):
                continue
            link = Store.read_link(value)
            self._move(self._placed.pop(key, None), -1)
            if link is not None and link.child is not None:
                self._placed[key] = (link.child, bool(link.evidence.nhs))
                self._move(self._placed[key], 1)

    def _move(self, place: tuple[str, bool] | None, by: int) -> None:
        if place is None:
            return
        child, carries = place
        links = self._children.setdefault(child, [0, 0])
        self.with_number -= links[1] > 0
        links[0] += by
        links[1] += by * carries
        self.with_number += links[1] > 0
        if not links[0]:
            del self._children[child]


class _Told:
    """A handler, and what its state says of numbers after each commit."""

    def __init__(self, handler: Handler, state: State) -> None:
        self._handler = handler
        self._numbers = Numbers()
        self._numbers.follow(state.items())
        self._tell()

    def handle(self, records: Sequence[Record], state: State) -> Step:
        return self._handler.handle(records, state)

    def committed(self, changes: Mapping[str, bytes | None]) -> None:
        self._handler.committed(changes)
        self._numbers.follow(changes.items())
        self._tell()

    def _tell(self) -> None:
        CHILDREN.labels("verified").set(self._numbers.with_number)
        CHILDREN.labels("none").set(self._numbers.children - self._numbers.with_number)
