"""The published schemas: one file for each version of each topic's values, in `schemas/published`.

A version is `major.revision`. A revision reads and is read by every other of its major; anything else needs a new major
in `schemas/versions.py`. What was published is kept as it was: `sums.json` says what that is. Only the words of a
topic's newest version may still change.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from schemas.publication.contracts import CONTRACTS, Contract
from schemas.publication.judge import breaks
from schemas.publication.views import canonical
from schemas.versions import VERSIONS

FOLDER = Path(__file__).parents[1] / "published"
SUMS = "sums.json"


class Version(NamedTuple):
    """`1.0`, then what is compatible with it (`1.1`), then what is not (`2.0`)."""

    major: int
    revision: int

    def __str__(self) -> str:
        return f"{self.major}.{self.revision}"

    @classmethod
    def of(cls, text: str) -> "Version":
        """The version that a text says."""
        major, revision = text.split(".")
        return cls(int(major), int(revision))


Versions = Mapping[Version, dict[str, Any]]


class NotPublishable(Exception):
    """The shapes may not be published as they are: the lines say why, and what to do."""


def versions(topic: str, folder: Path = FOLDER) -> Versions:
    """Every published version of a topic's values, in order."""
    found = {Version.of(file.stem): json.loads(file.read_text()) for file in (folder / topic).glob("*.json")}
    return dict(sorted(found.items()))


def newest(topic: str, folder: Path = FOLDER) -> tuple[Version, dict[str, Any]]:
    """The version that stands. Raises ValueError where none was published."""
    return max(versions(topic, folder).items(), key=lambda each: each[0])


def due(contract: Contract, known: Versions) -> Version | None:
    """The version to publish, None where the newest says it already. Raises NotPublishable."""
    topic, major, made = contract.topic.name, VERSIONS[contract.topic.name], contract.schema
    last = max(known, default=None)
    if last is None or major == last.major + 1:
        return Version(major, 0)
    if major != last.major:
        raise NotPublishable(f"{topic}: version {major} in schemas/versions.py follows no published one ({last})")
    if canonical(made) == canonical(known[last]):
        return None
    broken = [
        f"{topic} {version}: {words}"
        for version, old in known.items()
        if version.major == major
        for words in breaks(old, made)
    ]
    if broken:
        advice = f"{topic}: raise it to {major + 1} in schemas/versions.py, or change less"
        raise NotPublishable("\n".join([*broken, advice]))
    return Version(major, last.revision + 1)


def pending(folder: Path = FOLDER) -> list[str]:
    """What is left to publish, or may not be, in words; and what was changed that had been published."""
    found = tampered(folder)
    for contract in CONTRACTS:
        try:
            version = due(contract, versions(contract.topic.name, folder))
        except NotPublishable as error:
            found.append(str(error))
            continue
        if version is not None:
            found.append(f"{contract.topic.name} {version} is to be published: python -m schemas.publication")
        elif newest(contract.topic.name, folder)[1] != contract.schema:
            found.append(f"{contract.topic.name}: words have changed: python -m schemas.publication")
    return found


def tampered(folder: Path = FOLDER) -> list[str]:
    """Published versions that are gone, were changed, or were put there by hand."""
    said, there = _said(folder), _there(folder)
    return [
        f"{name} was published and is {'gone' if name not in there else 'another now' if name in said else 'not known'}"
        for name in sorted({*said, *there})
        if said.get(name) != there.get(name)
    ]


def publish(folder: Path = FOLDER) -> list[str]:
    """Write what is due, all or nothing; what was written. Raises NotPublishable."""
    if wrong := tampered(folder):
        raise NotPublishable("\n".join(wrong))
    made: dict[str, dict[str, Any]] = {}
    for contract in CONTRACTS:
        known = versions(contract.topic.name, folder)
        version = due(contract, known) or max(known)
        if known.get(version) != contract.schema:
            made[f"{contract.topic.name}/{version}.json"] = contract.schema
    for name, schema in made.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(_text(schema))
    (folder / SUMS).write_text(_text(_there(folder)))
    return sorted(made)


def _said(folder: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((folder / SUMS).read_text()) if (folder / SUMS).exists() else {}
    return found


def _there(folder: Path) -> dict[str, str]:
    return {
        f"{file.parent.name}/{file.name}": _sum(json.loads(file.read_text()))
        for file in sorted(folder.glob("*/*.json"))
    }


def _sum(schema: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(schema).encode()).hexdigest()


def _text(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
