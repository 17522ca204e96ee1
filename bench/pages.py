"""Pages over the read model of a large partnership, in Chromium: `python -m bench.pages` fills a PostgreSQL of its own
as `bench.readmodel` does, signs people in by password, and opens each page again and again.

There is no identity service: where names are shown, its answer comes on top.
"""

import argparse
import asyncio
import shutil
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import BrowserContext, Page, sync_playwright
from rich.console import Console
from rich.table import Table

from bench.measure import PROJECT
from bench.readmodel import api, fill
from hub.api.access.passwords import hash_password
from hub.embedded import kafka
from hub.runtime import topics
from hub.store import Projector
from tests.support.postgres import serving

PASSWORD = "a password of the bench"
PEOPLE = {"amina": ("coordinator", ["825"]), "head": ("head-of-send", ["*"])}
ASKED: tuple[tuple[str, str, str], ...] = (
    ("worklist, one area", "amina", "/pages/worklist"),
    ("worklist, youngest", "amina", "/pages/worklist?age=0-4"),
    ("worklist, all areas", "head", "/pages/worklist"),
    ("worklist, all areas, youngest", "head", "/pages/worklist?age=0-4"),
    ("changes", "amina", "/pages/changes"),
    ("one child", "amina", "/pages/children/chd-0000005"),
    ("measures", "amina", "/pages/measures?area=825"),
)
SEEN = """async () => {
  const painted = () => performance.getEntriesByName('first-contentful-paint')[0];
  while (!painted()) await new Promise(requestAnimationFrame);
  const page = performance.getEntriesByType('navigation')[0];
  const parts = performance.getEntriesByType('resource').filter(each => each.initiatorType !== 'img');
  return {
    answer: page.responseEnd - page.requestStart,
    paint: painted().startTime,
    bytes: [page, ...parts].reduce((sum, each) => sum + each.encodedBodySize, 0),
  };
}"""


class Seen(NamedTuple):
    """One opening of a page: milliseconds until it was answered and until something was painted, and its bytes."""

    answer: float
    paint: float
    bytes: int


def main() -> None:
    asked = _arguments()
    console = Console(width=120, highlight=False)
    with serving() as server, tempfile.TemporaryDirectory() as name, _broker(Path(name)) as bootstrap:
        folder, url = Path(name), server.create()
        Projector.open(url, lambda _: None).close()
        fill(url, asked.children)
        users = str(_users(folder))
        with api(url, SENDHUB_USERS_FILE=users, SENDHUB_KAFKA=bootstrap) as base, _signed_in(base) as people:
            rows = [(name, path, [_opened(people[who], path) for _ in range(asked.times)]) for name, who, path in ASKED]
    console.print(_table(rows, asked.children))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("--children", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=40, help="how often each page is opened")
    return parser.parse_args()


@contextmanager
def _broker(folder: Path) -> Iterator[str]:
    """Where looks are audited: without it nobody is shown anything."""
    broker = kafka.start(PROJECT, folder / "kafka")
    try:
        asyncio.run(topics.create(broker.bootstrap, 1))
        yield broker.bootstrap
    finally:
        broker.stop()


def _users(folder: Path) -> Path:
    lines: list[str] = []
    for name, (role, areas) in PEOPLE.items():
        lines += [f"[users.{name}]", f'actor = "prs-{name}"', f'hash = "{hash_password(PASSWORD)}"']
        lines += [f"[[users.{name}.grants]]", f'role = "{role}"', f"areas = {areas}".replace("'", '"')]
    file = folder / "users.toml"
    file.write_text("\n".join(lines) + "\n")
    file.chmod(0o600)
    return file


@contextmanager
def _signed_in(base: str) -> Iterator[dict[str, BrowserContext]]:
    """A browser's context for each of the people; cookies that ask for https are kept on loopback as well."""
    with sync_playwright() as playing:
        browser = playing.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        people = {}
        for name in PEOPLE:
            context = people[name] = browser.new_context(base_url=base.replace("127.0.0.1", "localhost"))
            page = context.new_page()
            page.goto("/pages/sign-in")
            page.get_by_label("Name").fill(name)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.get_by_role("button", name="Sign out").wait_for()
            page.close()
        yield people
        browser.close()


def _opened(context: BrowserContext, path: str) -> Seen:
    """Opened in a new tab, so that the paint is the page's own first."""
    page: Page = context.new_page()
    try:
        answer = page.goto(path)
        assert answer is not None
        assert answer.ok, f"{path}: {answer.status}"
        return Seen(**page.evaluate(SEEN))
    finally:
        page.close()


def _table(rows: Sequence[tuple[str, str, list[Seen]]], children: int) -> Table:
    table = Table(title=f"{children:,} children, one page after the other", title_justify="left")
    for column in ("page", "path", "answered p50 ms", "p95 ms", "first paint p50 ms", "p95 ms", "kB"):
        table.add_column(column, justify="left" if column in ("page", "path") else "right")
    for name, path, seen in rows:
        answers, paints = [each.answer for each in seen], [each.paint for each in seen]
        figures = [statistics.median(answers), _p95(answers), statistics.median(paints), _p95(paints)]
        heaviest = max(each.bytes for each in seen) / 1024
        table.add_row(name, path, *(f"{figure:.0f}" for figure in figures), f"{heaviest:.0f}")
    return table


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    main()
