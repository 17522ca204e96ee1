"""What a demo leaves for whoever types commands beside it."""

import subprocess

from hub.commands.demo import write_settings
from hub.embedded import deployment
from hub.embedded.system import System
from schemas.sources import Source, Sources


def test_a_shell_takes_the_settings_as_they_are(tmp_path):
    sources = Sources(sources=(Source(id="one-education:825:2022", kind="council", area="825"),))
    made = deployment.create(tmp_path / 'it\'s a "run" of $HOME', sources)
    ports = {"desk": {"port": 2001, "metrics": 2002}, "intake": {"metrics": 2003}}
    hub = System(made, "127.0.0.1:9092", ports, None, None)
    file = write_settings(tmp_path / "env", hub)
    assert file.stat().st_mode & 0o777 == 0o600
    said = subprocess.run(["bash", "-c", f". {file}; env -0"], capture_output=True, check=True, text=True).stdout
    found = dict(each.partition("=")[::2] for each in said.split("\0"))
    assert {name: found[name] for name in made.environment("127.0.0.1:9092")} == made.environment("127.0.0.1:9092")
    assert found["SENDHUB_PROCESSES"] == '{"desk": "127.0.0.1:2002", "intake": "127.0.0.1:2003"}'
    assert found["SENDHUB_IDENTITY_URL"] == "http://127.0.0.1:2001"
