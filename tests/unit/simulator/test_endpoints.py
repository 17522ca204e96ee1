import json

import pytest

from hub.simulator.endpoints import Endpoints
from hub.simulator.feeds import CASES

RUN = {
    "webhook": "http://127.0.0.1:8080",
    "bars": "http://127.0.0.1:8081",
    "api": "http://127.0.0.1:8082",
    "files": "inbox",
    "kafka": "127.0.0.1:9092",
    "tokens": {CASES: "secret"},
    "clock_file": "clock",
    "somebody": "else's",
}


def test_a_run_file_is_read_and_keys_of_others_passed_over(tmp_path):
    (tmp_path / "run.json").write_text(json.dumps(RUN))
    found = Endpoints.from_file(tmp_path / "run.json")
    assert (found.webhook, found.tokens[CASES], str(found.clock_file)) == ("http://127.0.0.1:8080", "secret", "clock")
    assert found.kafka == "127.0.0.1:9092"


def test_what_is_missing_is_named_and_no_token_shown(tmp_path):
    (tmp_path / "run.json").write_text(json.dumps({"webhook": "http://w", "tokens": {"x": 5}}))
    with pytest.raises(ValueError, match=r"run\.json: missing or wrong: api, bars, files, kafka, tokens\.x"):
        Endpoints.from_file(tmp_path / "run.json")


def test_a_file_that_is_no_json_is_an_error(tmp_path):
    (tmp_path / "run.json").write_text("not json")
    with pytest.raises(ValueError, match="the file"):
        Endpoints.from_file(tmp_path / "run.json")


def test_tokens_are_not_shown(tmp_path):
    assert "secret" not in repr(Endpoints("w", "b", "a", tmp_path, "k", {"api": "secret"}))
