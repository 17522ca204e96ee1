"""The one command: all of its parts are there, and what was not asked for is not loaded."""

import re
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from hub.cli import COMMANDS, app


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there_and_says_what_it_does(name):
    answer = CliRunner().invoke(app, [name, "--help"])
    assert answer.exit_code == 0
    assert re.search(rf"Usage: \S+ {name} [^\n]*\n[ \n]*[A-Z]", answer.output), answer.output


def test_the_help_lists_them_all_and_a_word_that_is_none_is_refused_with_what_is_near():
    said = CliRunner().invoke(app, ["--help"]).output
    assert all(f"│ {name} " in said for name in COMMANDS)
    answer = CliRunner().invoke(app, ["messges"])
    assert answer.exit_code == 2
    assert "Did you mean 'messages'" in answer.output


def test_a_process_loads_what_it_is_and_no_other_command():
    program = (
        "import sys; from hub.cli import app; from typer.testing import CliRunner; "
        "CliRunner().invoke(app, ['stage', '--help']); print(*sorted(sys.modules))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert [each for each in said if each.startswith("hub.commands.")] == ["hub.commands.failures", "hub.commands.run"]
    assert not {"fastapi", "hub.simulator"} & set(said)
