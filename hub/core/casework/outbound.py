"""Whether anything may go out about a child: the one place that whatever sends messages goes by."""

from typing import Any

from hub.core.casework.deaths import Death

INVALIDATED = "number.invalidated"


def outbound_of(*, death: Death | None, invalidated: bool, restricted: bool) -> dict[str, Any]:
    """Held while a death is told in whatever form, the child's NHS number is withdrawn without a successor, or only
    named people may be told of the child; `why` in this order. The shape is `schemas.records.Outbound`'s."""
    reasons = (("death", death is not None), ("number-invalidated", invalidated), ("restricted", restricted))
    why = [reason for reason, holds in reasons if holds]
    return {"held": bool(why), "why": why}
