"""What ends a worker.

RuntimeFault
├── Fenced        another worker owns the partition now; nothing of ours was written
├── DataMissing   the log no longer holds what was not yet read, or was recreated
├── StateDamaged  a changelog holds a record that is no state change
└── TopicUnfit    a topic can't be created, or is not as the hub needs it
"""


class RuntimeFault(Exception):
    """A fault that the worker can't mend: it ends, and the supervisor starts it again."""


class Fenced(RuntimeFault):
    """Another worker owns the partition now."""


class DataMissing(RuntimeFault):
    """The log does not hold the offset that processing must go on from."""


class StateDamaged(RuntimeFault):
    """A changelog holds a record that is no state change; the message names it and says what to do."""


class TopicUnfit(RuntimeFault):
    """A topic can't be created, or is not as the hub needs it; the message says what to do."""
