"""The people of an embedded deployment: one of each role, all with one password that is worth nothing elsewhere."""

from pathlib import Path

from hub.api.access import Role
from hub.api.access.passwords import hash_password

AREA = "825"
PEOPLE: dict[str, Role] = {
    "coordinator": "coordinator",
    "officer": "designated-officer",
    "therapist": "service",
    "head": "head-of-send",
    "viewer": "viewer",
    "engineer": "engineer",
    "governance": "information-governance",
    "admin": "admin",
}
"""What each signs in as, and their role."""

SERVICES = {"therapist": ("speech-and-language",)}
EVERYWHERE = frozenset({"engineer", "governance", "admin"})
"""Who sees every area, and so what has none: the trusts' feeds."""
NAMED = frozenset({"coordinator"})
"""Who is named for restricted children."""


def users_toml(password: str) -> str:
    """The file that SENDHUB_USERS_FILE names."""
    kept = hash_password(password)
    return "\n".join(_user(name, role, kept) for name, role in PEOPLE.items())


def write_users(path: Path, password: str) -> None:
    """Make the file."""
    path.touch(mode=0o600)
    path.write_text(users_toml(password), "utf-8")


def _user(name: str, role: Role, kept: str) -> str:
    services = ", ".join(f'"{service}"' for service in SERVICES.get(name, ()))
    lines = (
        f"[users.{name}]",
        f'actor = "prs-{name}"',
        f'hash = "{kept}"',
        f"restricted = {str(name in NAMED).lower()}",
        f"[[users.{name}.grants]]",
        f'role = "{role}"',
        f'areas = ["{"*" if name in EVERYWHERE else AREA}"]',
        f"services = [{services}]",
    )
    return "\n".join(lines) + "\n"
