"""What a connector says of itself: `manifest.toml` in its folder, checked by a test."""

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.topics import TOPICS

MODULES = ("__init__.py", "__main__.py", "app.py", "settings.py", "manifest.toml")
"""What every connector's folder holds."""


class Quality(BaseModel):
    """How the connector keeps the hub's promises, one sentence each."""

    model_config = ConfigDict(extra="forbid")

    repeats: str = Field(min_length=20)
    acknowledgement: str = Field(min_length=20)
    bad_input: str = Field(min_length=20)
    personal_data: str = Field(min_length=20)
    limits: str = Field(min_length=20)


class Manifest(BaseModel):
    """`name` is the folder below `connectors/`, with a slash; `settings` are the environment variables it reads itself.

    `event_types` are the CloudEvents types that it writes to `topics`.
    """

    model_config = ConfigDict(extra="forbid")

    name: str
    title: str
    protocol: str
    direction: Literal["in", "out"] = "in"
    topics: tuple[str, ...] = Field(min_length=1)
    event_types: tuple[str, ...] = Field(min_length=1)
    settings: tuple[str, ...] = ()
    documentation: str
    quality: Quality


def read(folder: Path) -> Manifest:
    """The manifest of a connector's folder; raises FileNotFoundError or ValueError."""
    return Manifest.model_validate(tomllib.loads((folder / "manifest.toml").read_text("utf-8")))


def problems(folder: Path, root: Path) -> list[str]:
    """What is wrong with a connector's folder below `root` (the project's), in sentences; empty when all is well."""
    missing = [f"{name} is missing" for name in MODULES if not (folder / name).is_file()]
    if "manifest.toml is missing" in missing:
        return missing
    manifest = read(folder)
    name = folder.relative_to(root / "connectors").as_posix()
    known = {topic.name for topic in TOPICS}
    return [
        *missing,
        *([] if manifest.name == name else [f"name must be {name}"]),
        *(f"no topic {topic}" for topic in manifest.topics if topic not in known),
        *([] if (root / manifest.documentation).is_file() else ["documentation names no file"]),
    ]
