"""An organisation as facts name it."""

from typing import Any, NamedTuple


class Body(NamedTuple):
    """A role and, where known, the ODS code or (for a school) an opaque token."""

    role: str
    ods: str | None = None
    setting: str | None = None

    def could_be(self, other: "Body") -> bool:
        """Whether both may be one organisation: codes decide where both are known, else the role."""
        if self.ods and other.ods:
            return self.ods == other.ods
        return self.role == other.role


UNKNOWN = Body("unknown")


def body_of(value: Any) -> Body | None:
    """A body out of a fact's data; None where there is none."""
    if not isinstance(value, dict) or not isinstance(value.get("role"), str):
        return None
    return Body(value["role"], value.get("ods"), value.get("setting") or value.get("urn"))
