"""`sendhub user`: people with passwords, for a demo on one machine; opaque ids of people whom a provider knows."""

import json
import os
import secrets
from pathlib import Path
from typing import Annotated, cast

import typer

from hub.api.access import Grant, Role
from hub.api.access.keys import AccessKey
from hub.api.access.passwords import User, Users, hash_password
from hub.api.access.principal import ROLES
from hub.commands.failures import stop

app = typer.Typer(no_args_is_help=True, help="Who may sign in.")

Places = Annotated[
    list[str] | None, typer.Option("--area", help="DfE code of an area, * for every one; several may be given.")
]
Services = Annotated[list[str] | None, typer.Option("--service", help="A service that they work in, * for every one.")]
Bodies = Annotated[list[str] | None, typer.Option("--body", help="ODS code of a body that they are of.")]
LEAST = 12
"""Fewest characters of a password."""


@app.command("add")
def add(
    file: Annotated[Path, typer.Argument(help="The file that SENDHUB_USERS_FILE names; made where it is not there.")],
    name: Annotated[str, typer.Argument(help="What they sign in as.")],
    role: Annotated[list[str], typer.Option("--role", help=f"One of: {', '.join(ROLES)}; several may be given.")],
    area: Places = None,
    service: Services = None,
    body: Bodies = None,
    restricted: Annotated[bool, typer.Option("--restricted", help="Named for restricted children.")] = False,
) -> None:
    """Add somebody, or give them another password and other roles. Asks for the password; only its hash is kept."""
    if unknown := sorted(set(role) - set(ROLES)):
        stop(f"there is no role {', '.join(unknown)}: they are {', '.join(ROLES)}")
    users = _read(file)
    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    if len(password) < LEAST:
        stop(f"a password has {LEAST} characters or more")
    places = {"areas": frozenset(area or ()), "services": frozenset(service or ()), "bodies": frozenset(body or ())}
    grants = tuple(Grant(role=cast(Role, each), **places) for each in role)
    known = users.users.get(name)
    actor = known.actor if known is not None else f"prs-{secrets.token_hex(12)}"
    user = User(actor=actor, hash=hash_password(password), restricted=restricted, grants=grants)
    try:
        made = Users(users={**users.users, name: user})
    except ValueError:
        stop("a name is of small letters, digits, dots, hyphens and underscores, 64 at most")
    _write(file, made)
    typer.echo(f"{name} is {actor} in the audit")


@app.command("id")
def opaque(
    issuer: Annotated[str, typer.Option(help="The provider's address, as SENDHUB_OIDC_ISSUER names it.")],
    subject: Annotated[str, typer.Option(help="Their subject (`sub`) at the provider.")],
    key: Annotated[Path, typer.Option("--key", help="The file that SENDHUB_ACCESS_KEY_FILE names.")],
) -> None:
    """Print the opaque id by which the audit and access.toml know somebody."""
    try:
        typer.echo(AccessKey.read(key).actor(issuer, subject))
    except (OSError, ValueError) as error:
        stop(f"the access key can't be read: {error}")


def _read(file: Path) -> Users:
    try:
        return Users.read(file) if file.exists() else Users()
    except (OSError, ValueError) as error:
        stop(f"{file} can't be read: {error}")


def _write(file: Path, users: Users) -> None:
    """In one step, and for its owner alone: a half-written file would let nobody in."""
    fresh = file.with_name(f"{file.name}.new")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            out.write(as_toml(users))
        fresh.replace(file)
    except OSError as error:
        stop(f"{file} can't be written: {error.strerror}")


def as_toml(users: Users) -> str:
    """The file's text."""
    lines: list[str] = []
    for name, user in users.users.items():
        said = json.dumps(name)
        lines += [f"[users.{said}]", f"actor = {json.dumps(user.actor)}", f"hash = {json.dumps(user.hash)}"]
        lines += [f"restricted = {json.dumps(user.restricted)}", ""]
        for grant in user.grants:
            lines += [f"[[users.{said}.grants]]", f"role = {json.dumps(grant.role)}"]
            lines += [
                f"{each} = {json.dumps(sorted(getattr(grant, each)))}" for each in ("areas", "services", "bodies")
            ]
            lines.append("")
    return "\n".join(lines)
