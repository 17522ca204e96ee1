"""What is wrong with a message, in words that never repeat what was received."""

from dataclasses import dataclass
from typing import Literal

IssueCode = Literal[
    "invalid", "structure", "required", "value", "invariant", "not-supported", "too-costly", "not-found", "forbidden"
]
"""FHIR issue types, http://hl7.org/fhir/issue-type."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its FHIR issue type, the element it is in (a FHIRPath-like path), and what is wrong with it."""

    issue: IssueCode
    element: str
    text: str


class Faulty(ValueError):
    """A message that cannot be read, with every fault found."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(f"{fault.element}: {fault.text}" for fault in faults))
        self.faults = faults
