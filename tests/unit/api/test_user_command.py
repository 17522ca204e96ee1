"""`sendhub user`: the file that the API reads, and the ids that the audit names."""

import stat

import pytest
from typer.testing import CliRunner

from hub.api.access.keys import AccessKey
from hub.api.access.passwords import Users
from hub.cli import app

PASSWORD = "correct horse battery"


def add(file, *arguments, password=PASSWORD, again=None):
    typed = f"{password}\n{password if again is None else again}\n"
    return CliRunner().invoke(app, ["user", "add", str(file), *arguments], input=typed)


def test_whoever_was_added_can_sign_in_with_their_roles(tmp_path):
    file = tmp_path / "users.toml"
    assert add(file, "amina", "--role", "coordinator", "--role", "engineer", "--area", "825").exit_code == 0
    assert add(file, "o.brien", "--role", "service", "--service", "camhs", "--area", "*", "--restricted").exit_code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert PASSWORD not in file.read_text()
    users = Users.read(file)
    amina, brien = users.find("amina", PASSWORD), users.find("o.brien", PASSWORD)
    assert [(grant.role, set(grant.areas)) for grant in amina.grants] == [
        ("coordinator", {"825"}),
        ("engineer", {"825"}),
    ]
    assert (brien.restricted, set(brien.grants[0].services)) == (True, {"camhs"})
    assert users.find("amina", "wrong") is None
    assert users.find("nobody", PASSWORD) is None


def test_a_new_password_leaves_the_id(tmp_path):
    file = tmp_path / "users.toml"
    add(file, "amina", "--role", "viewer", "--area", "825")
    first = Users.read(file).users["amina"]
    add(file, "amina", "--role", "viewer", "--area", "826", password="another long one")
    second = Users.read(file).users["amina"]
    assert (first.actor, first.hash != second.hash) == (second.actor, True)
    assert Users.read(file).find("amina", PASSWORD) is None


@pytest.mark.parametrize(
    ("arguments", "typed", "says"),
    [
        (("amina", "--role", "king"), {}, "there is no role king"),
        (("amina", "--role", "viewer"), {"password": "short"}, "12 characters"),
        (("Amina!", "--role", "viewer"), {}, "small letters"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_written(tmp_path, arguments, typed, says):
    done = add(tmp_path / "users.toml", *arguments, **typed)
    assert (done.exit_code, says in done.output) == (2, True), done.output
    assert not (tmp_path / "users.toml").exists()


def test_an_opaque_id_is_the_one_of_a_sign_in(tmp_path):
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)
    asked = ["user", "id", "--issuer", "https://id.example", "--subject", "s-1", "--key", str(key)]
    assert CliRunner().invoke(app, asked).exit_code == 2
    key.chmod(0o600)
    assert CliRunner().invoke(app, asked).output.strip() == AccessKey(b"k" * 32).actor("https://id.example", "s-1")
