"""The version of the shape of each topic's values, where others may read them.

It is another one whenever readers of what was published could not read what comes, or the other way about:
`python -m schemas.publication` says so. Topics that are not here are the hub's own memory, or sealed whole.
"""

from schemas.topics import ALERTS, AUDIT, CHILDREN, DEADLINES, FACTS, LINKS, OBSERVATIONS, REVIEW, TRACES, TRAIL

VERSION_HEADER = "schema"
"""The header in which a record says its version; without it that is 1."""

VERSIONS: dict[str, int] = {
    OBSERVATIONS.name: 1,
    LINKS.name: 1,
    TRACES.name: 1,
    FACTS.name: 1,
    CHILDREN.name: 1,
    DEADLINES.name: 1,
    ALERTS.name: 1,
    REVIEW.name: 1,
    TRAIL.name: 1,
    AUDIT.name: 2,
}

_SAID = {topic: str(version).encode() for topic, version in VERSIONS.items()}


def versioned(topic: str, headers: tuple[tuple[str, bytes], ...]) -> list[tuple[str, bytes]]:
    """A record's headers as they leave, with its version. A record that is put back keeps the one it had."""
    version = _SAID.get(topic)
    if version is None or any(name == VERSION_HEADER for name, _ in headers):
        return list(headers)
    return [*headers, (VERSION_HEADER, version)]
