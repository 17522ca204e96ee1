"""Pausing says what stands already, and a word too many tells nobody anything."""

from datetime import UTC, datetime

import pytest
from aiokafka.errors import KafkaConnectionError
from typer.testing import CliRunner

from hub.cli import app
from hub.runtime import pauses
from schemas.pauses import Pause


@pytest.fixture
def control(monkeypatch):
    """What stands, and what is told, in the place of Kafka."""
    now, told = {}, []

    async def standing(_settings):
        return dict(now)

    def telling(what):
        async def tell(_settings, asked):
            told.append((what, asked.process, asked.why))

        return tell

    monkeypatch.setattr(pauses, "standing", standing)
    for what in ("pause", "resume"):
        monkeypatch.setattr(pauses, what, telling(what))
    return now, told


def run(*arguments):
    return CliRunner().invoke(app, [*arguments, "--why", "the disk is full"])


def test_what_is_not_paused_is_paused_once_and_goes_on_once(control):
    now, told = control
    assert run("pause", "casework").exit_code == 0
    now["casework"] = Pause(process="casework", actor="ann", why="a restore", at=datetime(2026, 11, 2, tzinfo=UTC))
    assert "is paused already, by ann, because: a restore" in run("pause", "casework").output
    assert "goes on within seconds" in run("resume", "casework").output
    now.clear()
    assert "is not paused: nothing was told" in run("resume", "casework").output
    assert told == [("pause", "casework", "the disk is full"), ("resume", "casework", "the disk is full")]


def test_kafka_that_is_away_is_said_in_a_sentence(control, monkeypatch):
    async def away(_settings):
        raise KafkaConnectionError("away")

    monkeypatch.setattr(pauses, "standing", away)
    answer = run("pause", "casework")
    assert (answer.exit_code, "Kafka is away (KafkaConnectionError): nothing was told" in answer.output) == (2, True)
