import json
from datetime import date

import pytest
import typer
from typer.testing import CliRunner

from hub.commands import simulate as command
from hub.platform.clock import today
from hub.simulator import player
from tests.unit.simulator.whole_hub import WholeHub

FIRST = date(2026, 9, 7)
app = typer.Typer()
app.command()(command.simulate)


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


class InMemory:
    """Looks at the hub in memory as the pipeline's look at Kafka does."""

    def __init__(self, hub):
        self._hub = hub

    async def __aenter__(self):
        return self

    async def __aexit__(self, *error):
        return

    async def day_reached(self, day):
        await self._hub.set_day(day)

    async def drained(self, seconds):
        await self._hub.drained()


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub in memory that the command plays to, its clock on the first day."""
    hub = WholeHub(tmp_path, FIRST)
    hub.clock.set(command.datetime.combine(FIRST, command.time(6, 0, tzinfo=command.UTC)))
    endpoints = hub.endpoints
    found = {"webhook": endpoints.webhook, "bars": endpoints.bars, "api": endpoints.api, "files": str(endpoints.files)}
    found["kafka"] = "in memory"
    found |= {"tokens": endpoints.tokens, "keys": {source: str(path) for source, path in endpoints.keys.items()}}
    (tmp_path / "run.json").write_text(json.dumps(found | {"clock_file": str(tmp_path / "clock")}))

    async def play(*arguments):
        async with hub.watching():
            return await player.play(*arguments, hub.client())

    monkeypatch.setattr(command, "play", play)
    monkeypatch.setattr(command, "Pipeline", lambda kafka: InMemory(hub))
    monkeypatch.setattr(command, "reader", lambda endpoints: hub.reader())
    return hub


def test_it_plays_compares_and_says_what_came_of_it(hub, tmp_path):
    result = run("--run", tmp_path / "run.json", "--children", 60, "--weeks", 6)
    assert result.exit_code == 0, result.output
    assert "children 60" in result.output
    assert "lost 0, wrong 0" in result.output
    assert today(hub.clock) == date(2026, 10, 19)


def test_a_hub_that_has_lost_something_is_status_1(hub, tmp_path, monkeypatch):
    drained, rest = InMemory.drained, iter(range(10_000))

    async def lose(pipeline, seconds):
        if next(rest) > 3:
            hub.publisher.published.clear()
        await drained(pipeline, seconds)

    monkeypatch.setattr(InMemory, "drained", lose)
    result = run("--run", tmp_path / "run.json", "--children", 60, "--weeks", 6)
    assert result.exit_code == 1
    assert "REQ-" in result.output or "ADV-" in result.output


def test_without_a_run_file_it_says_what_to_do(tmp_path):
    result = run("--run", tmp_path / "run.json")
    assert result.exit_code == 2
    assert "there is no run file" in result.output


def test_a_run_file_that_is_wrong_is_one_sentence(tmp_path):
    (tmp_path / "run.json").write_text("{}")
    result = run("--run", tmp_path / "run.json")
    assert result.exit_code == 2
    assert "missing or wrong: api, bars, files, kafka, webhook" in result.output
