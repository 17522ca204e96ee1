"""How the hub does: what each part says when it is well, when it is not, and when it can't be asked."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.commands import status as command
from hub.embedded.ports import free_port
from hub.platform.keyring import machine_day, write_ring
from hub.platform.keys import new_ring
from hub.platform.settings import Settings
from hub.runtime.pauses import Pause
from hub.runtime.programs import OPTIONAL, PARTS
from hub.runtime.status import gathering, kafka, keys, model, processes
from hub.runtime.status.gathering import worst
from hub.store import Projector
from schemas.status import Item, State, Status
from tests.support.processes import PROJECT
from tests.support.readmodel import alert, dead_letter, record

TRUST = "bht-community:RXQ:2026"
AT = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
SOURCES = """
[[sources]]
id = "one-education:825:2022"
kind = "council"
silent_after = 36
[[sources]]
id = "bht-community:RXQ:2026"
kind = "nhs"
"""


def item(state: State = "well") -> Item:
    runbook = None if state == "well" else "stage-waiting"
    return Item(part="process", name="intake", state=state, words="as it is", runbook=runbook)


def assert_helped(found: Item, runbook: str | None) -> None:
    """It leads to this page, which is there; what is well leads to none."""
    assert (found.runbook, found.state == "well") == (runbook, runbook is None)
    assert runbook is None or (PROJECT / "docs" / "runbooks" / f"{runbook}.md").exists()


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], "well"),
        (["well", "well"], "well"),
        (["well", "unknown"], "unknown"),
        (["unknown", "degraded", "well"], "degraded"),
    ],
)
def test_what_is_known_to_be_wrong_comes_first(states: list[State], expected: State) -> None:
    assert worst(states) == expected


@pytest.mark.parametrize(("state", "status"), [("well", 0), ("degraded", 1), ("unknown", 2)])
@pytest.mark.parametrize("as_json", [True, False])
def test_the_exit_status_says_the_state(
    state: State, status: int, as_json: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gather(settings: Settings) -> Status:
        return Status(at=AT, state=state, items=(item(state), item()))

    monkeypatch.setattr(command, "gather", gather)
    said = CliRunner().invoke(app, ["status", *(["--json"] if as_json else [])])
    assert said.exit_code == status
    if as_json:
        assert json.loads(said.stdout)["state"] == state
    else:
        assert state in said.stdout
        assert ("docs/runbooks/stage-waiting.md" in said.stdout) == (state != "well")


def test_settings_that_can_not_be_read_end_it_as_every_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENDHUB_PROCESSES", "nonsense")
    said = CliRunner().invoke(app, ["status"])
    assert (said.exit_code, "Traceback" in said.output) == (2, False)


# Processes

METRICS = """
# TYPE sendhub_heartbeat_last_timestamp_seconds gauge
sendhub_heartbeat_last_timestamp_seconds{{stage="casework",topic="hub.facts",partition="0"}} {old}
sendhub_heartbeat_last_timestamp_seconds{{stage="casework",topic="hub.facts",partition="1"}} {new}
# TYPE sendhub_expires_timestamp_seconds gauge
sendhub_expires_timestamp_seconds{{what="bars-certificate"}} {end}
# TYPE sendhub_other gauge
sendhub_other 1
"""


def answering(monkeypatch: pytest.MonkeyPatch, ready: httpx.Response, metrics: str = "") -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.port == 9:
            raise httpx.ConnectError("refused", request=request)
        return ready if request.url.path == "/ready" else httpx.Response(200, text=metrics)

    client = httpx.AsyncClient
    monkeypatch.setattr(processes.httpx, "AsyncClient", lambda **more: client(transport=httpx.MockTransport(answer)))


async def looked(place: str = "host:9100") -> dict[str, Item]:
    settings = Settings(processes={"casework": place})
    return {f"{each.part} {each.name}": each for each in await processes.look(settings, AT)}


async def test_a_process_that_is_ready_is_well_and_its_heartbeat_and_certificate_are_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    new, end = AT - timedelta(seconds=20), AT + timedelta(days=90)
    text = METRICS.format(old=AT.timestamp() - 900, new=new.timestamp(), end=end.timestamp())
    answering(monkeypatch, httpx.Response(200, json={"ready": True, "problems": {}}), text)
    found = await looked()
    assert {name: each.state for name, each in found.items()} == {
        "process casework": "well",
        "stage casework": "well",
        "expiry bars-certificate": "well",
    }
    assert found["stage casework"].figures == {"heartbeat_seconds": 20.0}
    assert {each.runbook for each in found.values()} == {None}


async def test_a_late_heartbeat_and_a_certificate_about_to_end_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    late, end = AT.timestamp() - 121, AT + timedelta(days=20)
    answering(
        monkeypatch,
        httpx.Response(200, json={"ready": True, "problems": {}}),
        METRICS.format(old=late, new=late, end=end.timestamp()),
    )
    found = await looked()
    assert found["stage casework"].state == found["expiry bars-certificate"].state == "degraded"
    assert "2026-12-18" in found["expiry bars-certificate"].words
    assert_helped(found["stage casework"], "through-late")
    assert_helped(found["expiry bars-certificate"], "certificate-ends")


async def test_a_partition_that_stands_still_is_named_while_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    new, end = AT.timestamp() - 20, AT + timedelta(days=90)
    text = METRICS.format(old=AT.timestamp() - 921, new=new, end=end.timestamp())
    answering(monkeypatch, httpx.Response(200, json={"ready": True, "problems": {}}), text)
    items = await processes.look(Settings(processes={"casework": "host:9100"}), AT)
    newest, stuck = [each for each in items if each.part == "stage"]
    assert (newest.state, newest.figures) == ("well", {"heartbeat_seconds": 20.0})
    assert stuck.state == "degraded"
    assert_helped(stuck, "partition-stuck")
    assert stuck.words == "partition 0 of hub.facts stands still: the last heartbeat passed it 921 s ago"


async def test_the_worker_that_has_a_partition_now_says_how_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the one that had it before, which still tells what it saw last."""
    before, now = AT.timestamp() - 2_000, AT.timestamp() - 10
    texts = {
        "one": METRICS.format(old=before, new=now, end=0),
        "two": METRICS.format(old=now, new=before, end=0),
    }

    def answer(request: httpx.Request) -> httpx.Response:
        ready = {"ready": True, "problems": {}}
        return (
            httpx.Response(200, json=ready)
            if request.url.path == "/ready"
            else httpx.Response(200, text=texts[request.url.host])
        )

    client = httpx.AsyncClient
    monkeypatch.setattr(processes.httpx, "AsyncClient", lambda **more: client(transport=httpx.MockTransport(answer)))
    items = await processes.look(Settings(processes={"casework": "one:1", "second": "two:1"}), AT)
    (found,) = [each for each in items if each.part == "stage"]
    assert (found.state, found.figures) == ("well", {"heartbeat_seconds": 10.0})


async def told_of(name: str, metrics: str, runbook: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is said to be wrong where a process that is ready serves these metrics; each leads to the runbook."""
    answering(monkeypatch, httpx.Response(200, json={"ready": True, "problems": {}}), metrics)
    items = await processes.look(Settings(processes={name: "host:9100"}), AT)
    found = [each for each in items if each.state == "degraded"]
    for each in found:
        assert_helped(each, runbook)
    return [each.words for each in found]


@pytest.mark.parametrize(("day", "said"), [(0, False), (-26 * 3600, False), (-26 * 3600 - 1, True)])
async def test_a_day_that_was_not_told_is_said(day: int, said: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """No day is 0: of every process but the ticker."""
    told = AT.timestamp() + day if day else 0
    text = f"# TYPE sendhub_ticker_day_timestamp_seconds gauge\nsendhub_ticker_day_timestamp_seconds {told}\n"
    words = await told_of("ticker", text, "day-not-told", monkeypatch)
    last = f"{AT - timedelta(hours=26):%Y-%m-%d}"
    assert words == ([f"the last day that it told is {last}: nothing becomes due"] if said else [])


@pytest.mark.parametrize(("seconds", "said"), [(900, False), (901, True)])
async def test_what_a_connector_has_held_for_long_is_said(
    seconds: int, said: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f'# TYPE sendhub_connector_lag_seconds gauge\nsendhub_connector_lag_seconds{{connector="files"}} {seconds}\n'
    assert await told_of("files", text, "connector-behind", monkeypatch) == (
        ["has held something for 901 s that it has neither taken nor refused"] if said else []
    )


@pytest.mark.parametrize(
    ("name", "runbook"), [("casework", "stage-waiting"), ("api", "read-model-down"), ("bars", "connector-no-ack")]
)
async def test_what_a_process_says_is_wrong_is_said_in_its_words(
    name: str, runbook: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, httpx.Response(503, json={"ready": False, "problems": {"it": "waits for Kafka"}}))
    (found,) = await processes.look(Settings(processes={name: "host:9100"}), AT)
    assert found.words == "waits for Kafka"
    assert_helped(found, runbook)


def test_every_process_has_a_runbook_for_what_it_says() -> None:
    connectors = {"webhook", "files", "bars", "pds"}
    assert {part.name for part in (*PARTS, *OPTIONAL.values())} == connectors | processes.RUNBOOKS.keys()


@pytest.mark.parametrize("ready", [httpx.Response(200, text="hello"), httpx.Response(200, json=[1])])
async def test_somebody_else_at_that_port_is_no_process(monkeypatch: pytest.MonkeyPatch, ready: httpx.Response) -> None:
    answering(monkeypatch, ready)
    assert "does not answer at host:9100" in (await looked())["process casework"].words


async def test_a_process_that_is_not_there_is_named_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, httpx.Response(200, json={}))
    found = await looked("host:9")
    assert found["process casework"].state == "degraded"
    assert "host:9" in found["process casework"].words
    assert_helped(found["process casework"], "process-down")


@pytest.mark.parametrize(
    ("what", "days", "runbook"),
    [
        ("bank-holidays", 179, "data-ends"),
        ("bank-holidays", 181, None),
        ("timetable", 179, "data-ends"),
        ("wrapping-key", -6, None),
        ("wrapping-key", -8, "key-due"),
        ("bars-certificate", 22, None),
    ],
)
def test_each_thing_is_to_be_renewed_in_its_own_time(what: str, days: int, runbook: str | None) -> None:
    (found,) = processes.expiries([(what, AT + timedelta(days=days))], AT)
    assert_helped(found, runbook)


def test_an_end_that_can_not_be_read_is_unknown_and_none_at_all_is_no_item() -> None:
    assert processes.read('sendhub_expires_timestamp_seconds{what="a"} 0') == {
        "sendhub_expires_timestamp_seconds": {("a",): 0.0}
    }
    ends = list(processes._ends({("a",): 0.0, ("b",): float("inf")}))
    assert ends == [("a", None)]
    (found,) = processes.expiries(ends, AT)
    assert found.state == "unknown"
    assert_helped(found, "certificate-ends")


# Kafka


async def test_while_kafka_is_away_that_is_said_and_nothing_else() -> None:
    (found,) = await kafka.look(Settings(kafka=f"127.0.0.1:{free_port()}"))
    assert (found.part, found.state) == ("kafka", "degraded")
    assert "does not answer" in found.words
    assert_helped(found, "stage-waiting")


@pytest.mark.parametrize(("behind", "state"), [(0, "well"), (1_000, "well"), (1_001, "degraded")])
async def test_a_long_backlog_is_said(behind: int, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    async def ends(settings: Settings, partitions: object) -> dict[object, tuple[int, int]]:
        return dict.fromkeys(partitions, (5, 5)) | {facts: (5, 5 + behind)}  # type: ignore[call-overload]

    async def offsets(settings: Settings, stage: str, partitions: object) -> dict[object, int]:
        return {}

    async def standing(settings: Settings) -> dict[str, Pause]:
        return {"files": Pause(process="files", actor="engineer-4", why="one moment", at=AT)}

    facts = kafka.Partition("hub.facts", 2)
    monkeypatch.setattr(kafka, "_ends", ends)
    monkeypatch.setattr(kafka.groups, "offsets", offsets)
    monkeypatch.setattr(kafka.pauses, "standing", standing)
    found = {f"{each.part} {each.name}": each for each in await kafka.look(Settings())}
    assert found["stage casework"].state == state
    assert found["stage casework"].figures == {"lag_records": behind}
    where = f"{behind:,} records behind, {behind:,} of them on partition 2 of hub.facts"
    assert found["stage casework"].words == (where if behind else "has read everything")
    assert found["stage intake"].state == "well"
    assert "paused by engineer-4" in found["process files"].words
    assert_helped(found["process files"], "paused")
    assert_helped(found["stage casework"], "lag-rising" if state == "degraded" else None)


# The read model


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "sources.toml").write_text(SOURCES)
    url = f"sqlite:///{tmp_path}/read-model.db"
    write_ring(tmp_path / "ring", new_ring(machine_day()))
    ring = tmp_path / "ring"
    return Settings(database_url=url, sources_file=tmp_path / "sources.toml", key_ring_file=ring)


def modelled(settings: Settings) -> dict[str, Item]:
    return {f"{each.part} {each.name}": each for each in model.look(settings)}


def test_a_read_model_that_is_not_there_is_said(settings: Settings) -> None:
    found = modelled(settings)
    assert {each.part for each in found.values()} == {"read model"}
    for each in found.values():
        assert_helped(each, "read-model-down")


def test_an_empty_read_model_is_well(settings: Settings) -> None:
    Projector.open(settings.database_url, lambda _: None).close()
    found = modelled(settings)
    assert {each.state for each in found.values()} == {"well"}
    assert found["source one-education:825:2022"].words == "nothing has come yet (may be silent for 36 h)"


def test_dead_letters_silent_feeds_and_standing_questions_are_said(settings: Settings) -> None:
    projector = Projector.open(settings.database_url, lambda _: None)
    projector.apply("hub.deadletter", 0, [dead_letter(0, headers=(("ce_source", TRUST.encode()),))], 0, 1)
    quiet = alert(
        0, "a-1", child_id=None, about="one-education:825:2022", deadline=None, threshold="source-silent",
        audience="engineer", since="2026-09-01",
    )  # fmt: skip
    projector.apply("hub.alerts", 0, [quiet], 0, 1)
    task = {
        "id": "t-1", "question": "conflict", "state": "open", "source": "one-education:825:2022", "detail": "two",
        "opened_on": "2026-01-05",
    }  # fmt: skip
    projector.apply("hub.review", 0, [record("hub.review", 0, "t-1", task)], 0, 1)
    projector.close()
    found = modelled(settings)
    assert found["questions conflict"].state == "degraded"
    assert found["questions conflict"].figures == {"open": 1, "standing": 1}
    council, trust = found["source one-education:825:2022"], found[f"source {TRUST}"]
    assert "silent for longer than it may since 2026-09-01" in council.words
    assert (council.state, trust.state) == ("degraded", "degraded")
    assert "1 dead letter(s) open; the last on" in trust.words
    (stage,) = [each for name, each in found.items() if name.startswith("dead letters")]
    assert f"sendhub deadletter list --stage {stage.name}" in stage.words
    assert_helped(stage, "dead-letters")
    assert_helped(trust, "dead-letters")
    assert_helped(council, "source-silent")
    assert_helped(found["questions conflict"], "reviews-standing")


def test_sources_that_can_not_be_read_are_unknown(settings: Settings) -> None:
    Projector.open(settings.database_url, lambda _: None).close()
    settings.sources_file.write_text("nonsense")
    assert modelled(settings)["source sources"].state == "unknown"


# Keys


def test_keys_are_looked_at_where_they_are(settings: Settings, tmp_path: Path) -> None:
    at = datetime.now(UTC)
    assert {each.name: each.state for each in keys.look(settings, at)}["key ring"] == "well"
    settings.key_ring_file.chmod(0o644)
    fresh = Settings(key_ring_file=settings.key_ring_file)
    assert_helped({each.name: each for each in keys.look(fresh, at)}["key ring"], "key-due")
    nowhere = Settings(key_ring_file=tmp_path / "none")
    assert {each.part for each in keys.look(nowhere, at)} == {"expiry"}


# All of it


async def test_what_can_not_be_asked_keeps_nothing_else_from_being_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, httpx.Response(200, json={"ready": True, "problems": {}}))
    away = settings.model_copy(update={"kafka": f"127.0.0.1:{free_port()}", "processes": {"intake": "host:1"}})
    found = await gathering.gather(away)
    assert found.state == "degraded"
    assert {each.part for each in found.items} == {"process", "kafka", "read model", "expiry", "keys"}
