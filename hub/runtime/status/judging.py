"""One thing that was looked at, judged: it is well, or a runbook says what helps."""

from collections.abc import Mapping

from schemas.status import Item, Part


def judged(part: Part, name: str, words: str, runbook: str | None = None, figures: Mapping[str, float] = {}) -> Item:
    """The item; degraded where there is a runbook for it (its name in docs/runbooks)."""
    state = "well" if runbook is None else "degraded"
    return Item(part=part, name=name, state=state, words=words, figures=dict(figures), runbook=runbook)
