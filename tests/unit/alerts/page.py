"""docs/alerts.md: the tables of the shipped rows. `python -m tests.unit.alerts.page` writes them."""

import re
from collections.abc import Iterable

from hub.core.alerts.rules import LEADS, TOLD
from tests.support.processes import PROJECT

PAGE = PROJECT / "docs" / "alerts.md"


def page() -> str:
    """The page as it should be: what stands between the marks is made from the rows."""
    told = [
        (
            f"`{row.name}`",
            _list(row.thresholds),
            _list(row.clocks) or "any of the law",
            _list(row.services) or "any",
            _list(row.roles) or "any",
            ", ".join(f"`{tell.audience}` per {tell.per}" for tell in row.tell) or "nobody",
        )
        for row in TOLD
    ]
    leads = [
        (f"`{row.name}`", str(row.working_days), _list(row.clocks) or "any", _list(row.services) or "any")
        for row in LEADS
    ]
    text = PAGE.read_text()
    text = _between(text, "rows", _table(("row", "thresholds", "clocks", "services", "must act", "told"), told))
    return _between(text, "leads", _table(("row", "working days", "clocks", "services"), leads))


def _between(text: str, mark: str, table: str) -> str:
    made, found = re.subn(
        f"<!-- {mark} -->.*<!-- /{mark} -->", f"<!-- {mark} -->\n{table}\n<!-- /{mark} -->", text, flags=re.DOTALL
    )
    assert found == 1
    return made


def _list(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page())
