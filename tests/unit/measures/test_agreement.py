"""One synthetic partnership: command, API and Prometheus give the same figures to the last digit."""

import csv
import hashlib
import io
import json
from datetime import date
from decimal import Decimal

import httpx
import pytest
import typer
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import CliRunner

from hub.api.app import create_app
from hub.api.collector import DomainCollector
from hub.api.settings import ApiSettings
from hub.api.shapes import MeasureReport
from hub.commands.measures import measures
from hub.core.measures.catalogue import MEASURES
from hub.store import Projector
from hub.store.engine import open_engine
from hub.store.readmodel import ReadModel
from tests.unit.casework.facts import SOURCES
from tests.unit.measures.filling import evaluated, fill, records
from tests.unit.measures.partnership import partnership

CHILDREN = 60
DAY = date(2026, 11, 20)
YEAR = ("--from", "2026-01-01", "--to", "2026-12-31", "--as-of", DAY.isoformat())
TOKEN = "a-token-for-tests"


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """A read model that the projection filled."""
    found = f"sqlite:///{tmp_path_factory.mktemp('read-model')}/read-model.db"
    projector = Projector.open(found, lambda _: None)
    fill(projector, records(evaluated(CHILDREN, DAY)))
    projector.close()
    return found


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The same partnership as a file of facts, and its sources."""
    folder = tmp_path_factory.mktemp("facts")
    lines = [json.dumps(fact) for _, facts in partnership(CHILDREN) for fact in facts]
    (folder / "facts.jsonl").write_text("\n".join(lines))
    tables = [
        "[[sources]]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in source.items())
        for source in SOURCES.model_dump(mode="json", exclude_defaults=True)["sources"]
    ]
    (folder / "sources.toml").write_text("\n".join(tables))
    return ["--facts", str(folder / "facts.jsonl"), "--sources", str(folder / "sources.toml")]


@pytest.fixture
def command(url, monkeypatch):
    """The command as it is registered, on the read model."""
    monkeypatch.setenv("SENDHUB_DATABASE_URL", url)
    monkeypatch.setenv("COLUMNS", "150")
    app = typer.Typer()
    app.command()(measures)

    def run(*arguments):
        found = CliRunner().invoke(app, list(arguments))
        assert found.exit_code == 0, found.output
        return found.stdout

    return run


async def from_api(url):
    engine = open_engine(url, read_only=True)
    settings = ApiSettings(api_token_sha256=hashlib.sha256(TOKEN.encode()).hexdigest())
    transport = httpx.ASGITransport(create_app(settings, engine))
    async with httpx.AsyncClient(transport=transport, base_url="http://hub") as client:
        client.headers["Authorization"] = f"Bearer {TOKEN}"
        period = {"from": "2026-01-01", "to": "2026-12-31", "as_of": DAY.isoformat()}
        answer = await client.get("/measures", params=period)
    engine.dispose()
    return answer.content


def scraped(url):
    """The gauges as text, and by name and labels."""
    engine, registry = open_engine(url, read_only=True), CollectorRegistry()
    registry.register(DomainCollector(ReadModel(engine), lambda: DAY))
    text = generate_latest(registry).decode()
    engine.dispose()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {
        (sample.name, frozenset(sample.labels.items())): Decimal(repr(sample.value))
        for sample in samples
        if sample.name.startswith("sendhub_measure_")
    }


def as_scraped(report):
    """What Prometheus must show of a report."""
    found = {}
    for measure in report["measures"]:
        for figure in measure["figures"]:
            name = "sendhub_measure" if figure["service"] is None else "sendhub_measure_service"
            labels = {"measure": measure["id"]} | ({"service": figure["service"]} if figure["service"] else {})
            place = labels | {"cohort": figure["cohort"], "basis": figure["basis"]}
            value = None if figure["value"] is None else Decimal(str(figure["value"]))
            if figure["weeks"]:
                found[f"{name}_open", frozenset((labels | {"weeks": figure["weeks"]}).items())] = value
                continue
            if figure["numerator"] is not None:
                found[f"{name}_numerator", frozenset(place.items())] = Decimal(figure["numerator"])
            if figure["denominator"] is not None:
                found[f"{name}_denominator", frozenset(place.items())] = Decimal(figure["denominator"])
            if value is not None and measure["kind"] == "ratio":
                found[f"{name}_ratio", frozenset(place.items())] = value / 100
            elif value is not None:
                found[f"{name}_value", frozenset((place | {"unit": measure["unit"]}).items())] = value
    return found


async def test_command_and_api_say_the_same_bytes(command, url):
    said = command(*YEAR, "--json").strip()
    assert said.encode() == await from_api(url)
    MeasureReport.model_validate_json(said)


async def test_prometheus_shows_the_same_digits(url):
    assert scraped(url) == as_scraped(json.loads(await from_api(url)))


def test_a_file_of_facts_gives_what_the_read_model_gives(command, files):
    from_facts, kept = (json.loads(command(*YEAR, *more, "--json")) for more in (files, []))
    assert from_facts.pop("known_at") == DAY.isoformat()
    assert kept.pop("known_at") == "now"
    assert from_facts == kept


def test_csv_has_the_same_digits(command):
    report = json.loads(command(*YEAR, "--json"))
    lines = list(csv.DictReader(io.StringIO(command(*YEAR, "--csv"))))
    listed = [(measure, figure) for measure in report["measures"] for figure in measure["figures"]]
    assert len(lines) == len(listed)
    for line, (measure, figure) in zip(lines, listed, strict=True):
        assert (line["measure"], line["unit"], line["as_of"]) == (measure["id"], measure["unit"], DAY.isoformat())
        said = {name: "" if value is None else str(value) for name, value in figure.items()}
        assert {name: line[name] for name in figure} == said


def test_the_table_shows_every_measure_beside_the_open_cases(command):
    shown = command(*YEAR)
    assert shown.index("(open-cases)") < shown.index("(plan-20w)")
    assert all(f"({measure.id})" in shown for measure in MEASURES)


def test_the_partnership_fills_most_figures(command):
    """Else agreement would say little."""
    report = json.loads(command(*YEAR, "--json"))
    empty = {
        measure["id"] for measure in report["measures"] if not any(figure["value"] for figure in measure["figures"])
    }
    assert empty <= {"plan-uncounted"}


def test_a_past_year_restated_as_known_then_and_now(command, files):
    """Facts that were told late change the past only with today's knowledge."""
    past = ("--from", "2026-01-01", "--to", "2026-03-31", "--as-of", "2026-03-31", *files, "--json")
    then, now = json.loads(command(*past)), json.loads(command(*past, "--known-at", "now"))
    assert (then["known_at"], now["known_at"]) == ("2026-03-31", "now")
    assert then["measures"] != now["measures"]
    later = json.loads(command(*past, "--known-at", "2026-11-20"))
    assert later["measures"] == now["measures"]


def test_a_report_of_the_read_model_can_look_back(command, files):
    """Dates later than the day have not happened: the same as facts up to it with today's knowledge, but for claims."""
    past = ("--from", "2026-01-01", "--to", "2026-03-31", "--as-of", "2026-03-31", "--json")
    kept = {measure["id"]: measure["figures"] for measure in json.loads(command(*past))["measures"]}
    restated = json.loads(command(*past, *files, "--known-at", "now"))
    for measure in restated["measures"]:
        if measure["id"] in ("open-cases", "decision-6w", "plan-20w", "advice-on-time"):
            assert kept[measure["id"]] == measure["figures"], measure["id"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from", "2026-02-01", "--to", "2026-01-01"], "--to is before --from"),
        (["--from", "soon", "--to", "2026-01-01"], "--from must be a date"),
        ([*YEAR, "--json", "--csv"], "exclude each other"),
        ([*YEAR, "--known-at", "now"], "need --facts"),
        ([*YEAR, "--facts", "/nowhere/facts.jsonl"], "cannot be read"),
    ],
)
def test_wrong_input_is_said_in_a_sentence(url, monkeypatch, arguments, said):
    monkeypatch.setenv("SENDHUB_DATABASE_URL", url)
    app = typer.Typer()
    app.command()(measures)
    found = CliRunner().invoke(app, arguments)
    assert (found.exit_code, said in found.stderr) == (2, True), found.output


def test_without_a_read_model_it_says_so(tmp_path, monkeypatch):
    app = typer.Typer()
    app.command()(measures)
    for address, said in [(f"sqlite:///{tmp_path}/none.db", "no read model"), ("nonsense", "not an SQLAlchemy URL")]:
        monkeypatch.setenv("SENDHUB_DATABASE_URL", address)
        found = CliRunner().invoke(app, YEAR)
        assert (found.exit_code, said in found.stderr) == (2, True), found.output
