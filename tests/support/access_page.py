"""The tables of docs/access.md, made from hub/api/access. `python -m tests.support.access_page` writes them."""

from collections.abc import Callable, Iterable, Mapping

from hub.api.access.fields import SHOWN
from hub.api.access.permissions import MAY, OF_PERSONS, OF_SYSTEMS, Role
from hub.api.access.principal import ROLES
from hub.api.access.ways import API
from tests.support.processes import PROJECT

PAGE = PROJECT / "docs" / "access.md"
BEGIN, END = "<!-- tables: made from hub/api/access -->\n", "<!-- end of tables -->\n"


def page() -> str:
    """The page as it is, with its tables made anew."""
    before, rest = PAGE.read_text().split(BEGIN)
    _, after = rest.split(END)
    permissions = _matrix("permission", MAY, _permission)
    parts = _matrix("part of a child", SHOWN, lambda name: name)
    paths = ["| path of the API | needs |", "| --- | --- |"]
    paths += [f"| `{way.method} {way.path}` | {_needs(way.needs)} |" for way in API]
    return before + BEGIN + "\n".join(["", *permissions, "", *parts, "", *paths, "", ""]) + END + after


def _matrix(head: str, table: Mapping[str, Iterable[Role]], called: Callable[[str], str]) -> list[str]:
    lines = [f"| {head} | {' | '.join(ROLES)} |", "| --- " * (len(ROLES) + 1) + "|"]
    for name, roles in table.items():
        lines.append(f"| {called(name)} | {' | '.join('x' if role in roles else '' for role in ROLES)} |")
    return lines


def _permission(name: str) -> str:
    return f"`{name}`" + (" (no system)" if name in OF_PERSONS else " (no person)" if name in OF_SYSTEMS else "")


def _needs(needs: str) -> str:
    return {"open": "nothing", "signed-in": "to be known"}.get(needs, f"`{needs}`")


if __name__ == "__main__":
    PAGE.write_text(page())
