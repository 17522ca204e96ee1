"""One request as a return has it, with its assessment and with what it can be found by."""

from typing import NamedTuple

from hub.core.sen2.rows import Assessment, Request


class Entry(NamedTuple):
    """A request that the hub returns: one case, thus the requests that run as one.

    `id` is the first request's (`source/id`), `ids` those of all. `child_id` stands in for the person.
    """

    child_id: str
    id: str
    ids: tuple[str, ...]
    case_reference: str | None
    request: Request
    assessment: Assessment | None

    @property
    def source(self) -> str:
        """The source that the request's id is from."""
        return self.id.partition("/")[0]

    @property
    def bare(self) -> str:
        """The request's id as its source knows it."""
        return bare(self.id)


class Stated(NamedTuple):
    """A request that a council's file returns: where it stands, and the ids that may be the hub's too.

    The ids are never shown: a file may have put anything there.
    """

    place: str
    ids: tuple[str, ...]
    request: Request
    assessment: Assessment | None
    assessment_place: str | None = None


def bare(id_: str) -> str:
    """An id without its source."""
    return id_.partition("/")[2] or id_
