"""The read model at the size of a large partnership: `python -m bench.readmodel` fills a PostgreSQL of its own with
100,000 children, what 2 million facts come to, and measures what is asked of it over HTTP; then it looks at the plan of
every question that was asked. A sequential scan of a large table is an error.
"""

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

import httpx
from pydantic_core import to_jsonable_python
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, create_engine, event, text

from bench.measure import PROJECT
from hub.api.access.scope import EVERYWHERE
from hub.store import Projector, changes, reader, worklist
from hub.store.engine import open_engine
from hub.store.reach import Slice
from hub.store.worklist import Asked
from schemas.alerts import Alert
from schemas.base import Model
from schemas.deadlines import Deadline
from schemas.records import ChildRecord
from tests.support.postgres import serving
from tests.support.readmodel import advice_value, alert, case_value, child, deadline_value

TOKEN = "a-token-of-the-bench"
TODAY = date(2026, 11, 28)
DEADLINES_EACH, ALERTS_EACH = 8, 2
LARGE = frozenset({"children", "deadlines", "alerts", "changes", "outcomes"})
ASKED: tuple[tuple[str, str], ...] = (
    ("a page of children", "/children?area=825"),
    ("one child", "/children/chd-0000777"),
    ("one child's deadlines", "/children/chd-0000777/deadlines"),
    ("overdue in one area", "/deadlines?area=825&state=overdue"),
    ("due in a fortnight", "/deadlines?due_from=2026-11-28&due_to=2026-12-12"),
    ("one service's running", "/deadlines?service=camhs&state=running"),
    ("one clock in one area", "/deadlines?clock=advice-6w&area=825&state=running"),
    ("all filters", "/deadlines?clock=advice-6w&service=camhs&area=825&state=overdue&due_from=2026-01-01"),
    ("open alerts", "/alerts?state=open&threshold=overdue"),
    ("one child's alerts", "/alerts?child_id=chd-0000777"),
    ("changes, none new", "/changes?after=now"),
    ("changes, 500", "/changes?limit=500"),
)


def main() -> int:
    asked = _arguments()
    console = Console(width=120, highlight=False)
    with serving() as server:
        url = server.create()
        Projector.open(url, lambda _: None).close()
        begun = time.monotonic()
        fill(url, asked.children)
        console.print(f"filled with {asked.children:,} children in {time.monotonic() - begun:.0f} s")
        with api(url) as base:
            console.print(_table([(name, path, times(base, path, asked.times)) for name, path in ASKED]))
        scans = _look_at_plans(console, url)
    return 1 if scans else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.readmodel", description=__doc__)
    parser.add_argument("--children", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=60, help="how often each question is asked")
    return parser.parse_args()


def fill(url: str, children: int) -> None:
    """Rows as the projection writes them, made by the database itself; `changes` numbers all of them."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in _statements():
            connection.execute(text(statement), {"children": children, "today": TODAY})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()


def _statements() -> Iterator[str]:
    """`n` counts children, `k` what each has. Colons would be parameters to SQLAlchemy, so bodies stand as dollars."""
    record = child(0, "@child", area="@area", cases=[case_value([advice_value() for _ in range(6)])])
    body = _text(_whole(ChildRecord, json.loads(record.value or b"")))
    area = "(ARRAY['825','825','826','933','850'])[1 + n % 5]"
    key = "'chd-' || lpad(n::text, 7, '0')".replace("::", "\\:\\:")
    received = "date '2024-06-01' + (n * 7) % 900"
    yield (
        "INSERT INTO children (key, restricted, area, is_open, received_on, case_reference, body) "
        f"SELECT {key}, n % 500 = 0, {area}, n % 3 = 0, {received}, 'REQ-' || n, "
        f"replace(replace({body}, '@child', {key}), '@area', {area}) FROM generate_series(1, CAST(:children AS int)) n"
    )
    said = {"state": "@state", "due_on": "@due", "act_by": "@due", "explanation": ["x" * 200, "y" * 200]}
    body = _text(_whole(Deadline, deadline_value("@child", "@id", area="@area", **said)))
    service = "(ARRAY['speech-and-language','camhs','physiotherapy','community-paediatrics','audiology','nursing'])"
    due = "date '2024-07-15' + (n * 7 + k * 11) % 908"
    # Past their day nearly all have ended: one in a hundred is late, one in two hundred exempt and still owed.
    ended = "width_bucket((n * 3 + k * 7) % 200, ARRAY[1, 140, 190, 197, 199])"
    states = f"(ARRAY['met','met','met-late','closed','overdue','exempt'])[1 + {ended}]"
    open_now = f"CASE WHEN {due} > CAST(:today AS date) THEN 'running' ELSE {states} END"
    columns = (
        "key, child_id, clock, service, area, state, due_on, heading, role, ods, standing, starts_on, changed_on, body"
    )
    yield (
        f"INSERT INTO deadlines ({columns}) SELECT {key} || '|dl-' || k, {key}, "
        f"CASE WHEN k < 7 THEN 'advice-6w' ELSE 'final-plan-20w' END, "
        f"CASE WHEN k < 7 THEN {service}[1 + (n + k) % 6] END, {area}, {open_now}, {due}, "
        f"CASE WHEN k < 7 THEN 'medical' END, 'icb', 'QU9', n % 50 = 0, {due} - 42, {due} - 3, "
        f"replace(replace(replace(replace(replace({body}, '@child', {key}), '@area', {area}), '@id', 'dl-' || k), "
        f"'@state', {open_now}), '@due', CAST({due} AS text)) "
        f"FROM generate_series(1, CAST(:children AS int)) n, generate_series(1, {DEADLINES_EACH}) k"
    )
    body = _text(_whole(Alert, json.loads(alert(0, "@id", child_id="@child").value or b"")))
    yield (
        "INSERT INTO alerts (key, child_id, threshold, audience, area, state, since, body) "
        f"SELECT {key} || '|al-' || k, {key}, (ARRAY['overdue','due-soon'])[k], 'coordinator', {area}, "
        f"CASE WHEN n % 6 = 0 THEN 'open' ELSE 'cleared' END, {received} + 45, "
        f"replace(replace({body}, '@child', {key}), '@id', 'al-' || k) "
        f"FROM generate_series(1, CAST(:children AS int)) n, generate_series(1, {ALERTS_EACH}) k"
    )
    for topic, table, restricted in (
        ("hub.children", "children", "restricted"),
        ("hub.deadlines", "deadlines", "false"),
        ("hub.alerts", "alerts", "false"),
    ):
        lane = "abs(hashtext(key)) % 4"
        yield (
            "INSERT INTO changes (topic, item, partition, number, turned, area, former, restricted, gone, at) "
            f"SELECT '{topic}', key, {lane}, number, number, area, ',', {restricted}, false, 1792000000000 FROM "
            f"(SELECT *, row_number() OVER (PARTITION BY {lane} ORDER BY key) AS number FROM {table}) numbered"
        )
    yield (
        "INSERT INTO change_lanes (topic, partition, last, forgotten) "
        "SELECT topic, partition, max(number), 0 FROM changes GROUP BY topic, partition"
    )


def _whole(model: type[Model], said: dict[str, object]) -> dict[str, object]:
    """With what it leaves unsaid, as stages write it."""
    unsaid = {name: field.default for name, field in model.model_fields.items() if not field.is_required()}
    return to_jsonable_python(unsaid) | said


def _text(value: object) -> str:
    return "$body$" + json.dumps(value, separators=(",", ":")).replace(":", "\\:") + "$body$"


@contextmanager
def api(url: str, **settings: str) -> Iterator[str]:
    """The API as a process of its own; its address."""
    sha = hashlib.sha256(TOKEN.encode()).hexdigest()
    env = {**os.environ, "SENDHUB_DATABASE_URL": url, "SENDHUB_API_TOKEN_SHA256": sha, "SENDHUB_PORT": "0", **settings}
    process = subprocess.Popen(
        [sys.executable, "-m", "hub.api"], cwd=PROJECT, env=env, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    try:
        said: dict[str, object] = {}
        while said.get("event") != "listening":
            said = json.loads(process.stderr.readline())
        yield f"http://127.0.0.1:{said['port']}"
    finally:
        process.terminate()
        process.wait()
        process.stderr.close()


def client(base: str) -> httpx.Client:
    """One who asks."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return httpx.Client(base_url=base, headers=headers, timeout=60, trust_env=False)


def times(base: str, path: str, count: int) -> tuple[list[float], int]:
    """Milliseconds of each of so many answers after the first, and the size of one in kB."""
    found = []
    with client(base) as asking:
        asking.get(path).raise_for_status()
        for _ in range(count):
            begun = time.perf_counter()
            answer = asking.get(path)
            found.append((time.perf_counter() - begun) * 1000)
            answer.raise_for_status()
    return found, len(answer.content) // 1024


def _table(rows: Sequence[tuple[str, str, tuple[list[float], int]]]) -> Table:
    table = Table(title="over HTTP, one after the other", title_justify="left")
    for column in ("asked", "path", "p50 ms", "p95 ms", "kB"):
        table.add_column(column, justify="left" if column in ("asked", "path") else "right")
    for name, path, (taken, size) in rows:
        p95 = statistics.quantiles(taken, n=20)[-1]
        table.add_row(name, path, f"{statistics.median(taken):.0f}", f"{p95:.0f}", f"{size}")
    return table


def _look_at_plans(console: Console, url: str) -> list[str]:
    """The questions that scan a large table from end to end."""
    engine = open_engine(url, read_only=True)
    statements = _said(engine)
    scans, taken = [], []
    with engine.connect() as connection:
        for statement, parameters in statements:
            plan = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).scalar()[0]
            scans += [f"{table}: {_line(statement)}" for table in _scanned(plan["Plan"]) if table in LARGE]
            taken.append((plan["Execution Time"], _line(statement), parameters))
    console.print(f"plans: {len(statements)} questions looked at, {len(scans)} scan a large table")
    for each in scans:
        console.print(f"  {each}", soft_wrap=True)
    console.print("the slowest, in the database alone:")
    for milliseconds, statement, parameters in sorted(taken, reverse=True, key=lambda each: each[0])[:5]:
        console.print(f"  {milliseconds:.0f} ms: {statement} {parameters}", soft_wrap=True)
    engine.dispose()
    return scans


def _line(statement: str) -> str:
    return " ".join(statement.split())[:600]


def _said(engine: Engine) -> list[tuple[str, object]]:
    """Every SQL question of the listings, of the worklist and of the feed, with its parameters."""
    found: dict[str, object] = {}

    @event.listens_for(engine, "before_cursor_execute")
    def noted(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        found.setdefault(statement, parameters)

    advice = (Slice(areas=frozenset({"825"}), roles=frozenset({"icb"}), bodies=frozenset({"QU9"})),)
    one_area = (Slice(areas=frozenset({"825"}), whole=True),)
    with engine.connect() as connection:
        for named in (True, False):
            for listing, filters in (
                (reader.CHILDREN, {"area": "825"}),
                (reader.CHILDREN, {"case_reference": "REQ-77"}),
                (reader.DEADLINES, {"area": "825", "state": "overdue"}),
                (reader.DEADLINES, {"due_on_from": TODAY, "due_on_to": date(2026, 12, 12)}),
                (reader.DEADLINES, {"service": "camhs", "state": "running"}),
                (reader.DEADLINES, {"child_id": "chd-0000777"}),
                (reader.ALERTS, {"state": "open", "threshold": "overdue"}),
                (reader.ALERTS, {"child_id": "chd-0000777"}),
            ):
                reader.page(connection, listing, filters, None, 100, named=named)
            reader.body(connection, reader.CHILDREN, "chd-0000777", named=named)
            for slices in (EVERYWHERE, one_area, advice):
                for asked in (Asked(), Asked("exempt"), Asked(service="camhs"), Asked(body="QU9"), Asked(age="0-4")):
                    worklist.page(connection, asked, slices, TODAY, None, 50, named=named)
                worklist.tally(connection, slices, TODAY, named=named)
                worklist.changed(connection, slices, date(2026, 11, 20), None, 50, named=named)
        place = changes.beginning(connection)
        changes.after(connection, place, changes.View(frozenset({"825"}), named=False), 500)
    return list(found.items())


def _scanned(plan: dict[str, object]) -> Iterator[str]:
    if plan["Node Type"] == "Seq Scan":
        yield str(plan["Relation Name"])
    for each in plan.get("Plans", []):  # type: ignore[attr-defined]
        yield from _scanned(each)


if __name__ == "__main__":
    sys.exit(main())
