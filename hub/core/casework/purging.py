"""What has to be said once nothing is to be left of a child: that all is gone, and nothing of where it went on."""

from collections.abc import Iterable
from datetime import date

import orjson

from hub.core.casework.changes import Change
from hub.core.casework.memory import Memory
from hub.core.facts.fact import Fact
from hub.core.questions import ids_of_all


def purging(child_id: str, memory: Memory, facts: Iterable[Fact], day: date) -> list[Change]:
    """Take back what was said of a child: `memory` before it is emptied, and all `facts` ever told of it.

    Alerts that stand are cleared as *moved*: whoever they are about goes on elsewhere, and nobody is to take that for
    news. After them comes one record of no value under the child's id: whoever keeps alerts, or anything else of the
    child, drops it all.
    """
    deadlines = memory.now.traces if memory.now is not None else {}
    return [
        *([Change("child", child_id, None)] if memory.record else []),
        *(Change("deadline", id_, None) for id_, trace in deadlines.items() if trace.digest is not None),
        *(Change("alert", id_, _cleared(alert, day)) for id_, alert in memory.alerts.items()),
        Change("alert", child_id, None),
        *(Change("task", id_, None) for id_ in sorted(ids_of_all(child_id, facts) | memory.tasks.keys())),
    ]


def _cleared(alert: dict[str, object], day: date) -> bytes:
    return orjson.dumps(alert | {"state": "cleared", "reason": "moved", "since": day})
