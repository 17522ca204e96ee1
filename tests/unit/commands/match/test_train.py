"""Training for real: Splink, on a synthetic population."""

import json
from random import Random

from typer.testing import CliRunner

from bench.kin import write
from hub.cli import app
from hub.runtime.matching import read_weights
from hub.simulator.kin import Kindred


def people():
    rng = Random(4)
    kindred = Kindred(rng)
    for kin in kindred.people(500):
        yield kin
        yield kindred.again(kin)


def test_weights_are_trained_on_one_half_and_judged_on_the_other(tmp_path):
    write(tmp_path, people())
    named = ["--records", tmp_path / "kin.csv", "--map", tmp_path / "kin.toml", "--truth", tmp_path / "kin.csv"]
    arguments = [str(each) for each in (*named, "-o", tmp_path / "weights.json", "--version", "test")]
    result = CliRunner().invoke(app, ["match", "train", *arguments])
    assert result.exit_code == 0, result.output
    weights = read_weights(tmp_path / "weights.json")
    assert weights.version == "test"
    assert "records of other people" in weights.card["judged on"]
    f1 = {
        name: float(value) for name, value in (each.rsplit(" ", 1) for each in weights.card["F1 of pairs"].split(", "))
    }
    assert set(f1) == {"Splink", "own fit", "counted on the truth"}
    assert max(f1.values()) == f1[weights.card["kept"]] > 0.9
    assert f1["Splink"] > 0.8
    said = [str(each) for each in (*named, "--weights", tmp_path / "weights.json", "--as-is", "--json")]
    assert json.loads(CliRunner().invoke(app, ["match", "evaluate", *said]).stdout)["pairwise"]["f1"] > 0.9


def test_too_few_to_train_on_are_said_to_be(tmp_path):
    write(tmp_path, iter(list(people())[:2]))
    named = ["--records", tmp_path / "kin.csv", "--map", tmp_path / "kin.toml", "--truth", tmp_path / "kin.csv"]
    result = CliRunner().invoke(app, ["match", "train", *map(str, named), "-o", str(tmp_path / "w.json")])
    assert result.exit_code == 2
    assert "too few" in result.output
