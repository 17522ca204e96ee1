"""The audit stage: the only writer of hub.audit. It chains what all others wrote to the intake, in its order."""

from collections.abc import Mapping, Sequence

import orjson
from pydantic import ValidationError

from hub.core.chain import Head, chained
from hub.stages.errors import PermanentError
from hub.stages.heartbeat import is_heartbeat
from hub.stages.stage import Output, Record, Stage, State, Step
from schemas.audit import AuditEntry
from schemas.topics import AUDIT, AUDIT_INTAKE, AUDIT_STATE

HEAD = "head"
"""The state's one key: where the chain stands."""


def auditing() -> Stage:
    """The stage. Its lane fences a second one, so the chain has one writer at any time."""
    return Stage(
        "audit",
        (AUDIT_INTAKE.name,),
        AUDIT_STATE.name,
        lambda _partition, _state: AuditHandler(),
        (AUDIT.name,),
        lambda _key, value: read_head(value),
        "Stop audit and say where the chain stands with `sendhub audit resume --why … --from-backup FILE`.",
    )


class AuditHandler:
    """Chains each entry to the last. One that cannot be read raises PermanentError: it goes to the dead letters."""

    def handle(self, records: Sequence[Record], state: State) -> Step:
        """The whole batch, in order. A heartbeat gets no place in the chain."""
        head = read_head(state.get(HEAD))
        outputs = []
        for record in records:
            if is_heartbeat(record):
                continue
            placed, head = chained(_entry(record), head)
            outputs.append(Output(AUDIT.name, str(placed["actor"]).encode(), orjson.dumps(placed), record.headers))
        state.put(HEAD, orjson.dumps(list(head)))
        return Step(len(records), outputs)

    def committed(self, changes: Mapping[str, bytes | None]) -> None:
        """Nothing is kept besides the state."""


def read_head(value: bytes | None) -> Head:
    """Where the chain stands; raises ValueError."""
    if value is None:
        return Head()
    seq, last = orjson.loads(value)
    return Head(int(seq), str(last))


def _entry(record: Record) -> dict[str, object]:
    """What is chained is what the schema knows: nothing that was written beside it."""
    try:
        return AuditEntry.model_validate_json(record.value or b"").model_dump(mode="json")
    except ValidationError:
        raise PermanentError("the record is not an audit entry", step="decode") from None
