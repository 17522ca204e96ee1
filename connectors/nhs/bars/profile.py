"""Which messages are taken: in production our own use case, addressed to us; in conformance the published examples."""

from dataclasses import dataclass

from schemas.bars.workflow import STRICT, TOLERANT, Row

ANYTHING: frozenset[str] = frozenset()
"""An empty set: no limit."""


@dataclass(frozen=True, slots=True)
class Profile:
    """`versions` of the standard, `use_cases`, our `ods_codes` and `services`, and the workflow's `rows`.

    `clock_skew` is how many seconds a sender's clock may be ahead of ours.
    """

    versions: frozenset[str]
    use_cases: frozenset[str] = ANYTHING
    ods_codes: frozenset[str] = ANYTHING
    services: frozenset[str] = ANYTHING
    rows: tuple[Row, ...] = STRICT
    clock_skew: float = 300.0


CONFORMANCE = Profile(
    versions=frozenset({"1.0.0-alpha", "1.0.0-beta", "1.0.0", "1.1.0-alpha", "1.1.0", "1.2.0"}), rows=TOLERANT
)
"""Takes every published example that the standard itself allows."""
