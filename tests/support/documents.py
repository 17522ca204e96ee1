"""Pages that are made from code: docs/settings.md, topics.md, schemas.md, clocks.md and metrics.md; and the
table of topics in docs/data-protection.md.

`python -m tests.support.documents` writes them; a test says when one is out of date.
"""

import importlib.metadata
import re
import types
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from connectors.council.files.settings import FilesSettings
from connectors.council.webhook.settings import WebhookSettings
from connectors.nhs.bars.settings import BarsSettings
from connectors.nhs.pds.settings import PdsSettings
from hub.api.settings import ApiSettings, DeskSettings
from hub.platform.settings import Settings
from hub.runtime.policies import CaseworkSettings
from schemas import kinds
from schemas.alerts import Alert
from schemas.audit import AuditEntry
from schemas.deadletters import Resolution, TrackedLetter
from schemas.deadlines import Deadline
from schemas.decisions import DECISIONS
from schemas.links import LinkDecision
from schemas.people import Person
from schemas.publication.archive import versions
from schemas.records import ChildRecord
from schemas.reviews import ReviewTask
from schemas.sources import Source
from schemas.statements import Fact, Observation
from schemas.topics import TOPICS
from schemas.traces import Trace, TraceAnswer
from schemas.versions import VERSIONS
from tests.support.clocks_page import clocks_page
from tests.support.metrics_page import metrics_page
from tests.support.processes import PROJECT
from tests.unit.publication.changes import CHANGES

SETTINGS: tuple[tuple[str, type[Settings]], ...] = (
    ("Every process", Settings),
    ("Casework", CaseworkSettings),
    ("Webhook connector", WebhookSettings),
    ("File connector", FilesSettings),
    ("BaRS connector", BarsSettings),
    ("PDS connector", PdsSettings),
    ("API", ApiSettings),
    ("Identity's desk", DeskSettings),
)
MODELS: tuple[type[BaseModel], ...] = (
    Observation, Person, Fact, ChildRecord, Deadline, Alert, ReviewTask, LinkDecision, TrackedLetter, Resolution,
    AuditEntry, Source, Trace, TraceAnswer,
)  # fmt: skip


def settings_page() -> str:
    """Every setting, by the process that reads it."""
    lines = [
        "# Settings",
        "",
        "Environment variables, and nothing else. Made by `python -m tests.support.documents`.",
        "",
    ]
    for title, model in SETTINGS:
        inherited = set() if model is Settings else set(Settings.model_fields)
        own = {name: field for name, field in model.model_fields.items() if name not in inherited}
        rows = [(f"`SENDHUB_{name.upper()}`", _default(field), field.description or "") for name, field in own.items()]
        lines += [f"## {title}", "", *_table(("variable", "unless set", "what it says"), rows), ""]
    return "\n".join(lines)


def topics_page() -> str:
    """Every topic, as `sendhub topics` creates and checks it, and what may change of what stands on it."""
    rows = [
        (
            f"`{topic.name}`",
            _version(topic.name),
            str(topic.partitions),
            topic.policy,
            "for ever" if topic.keep_days is None else f"{topic.keep_days} days",
            f"{topic.max_message_bytes:,}",
            topic.holds,
        )
        for topic in TOPICS
    ]
    head = ("topic", "schema", "partitions", "policy", "kept", "largest message, bytes", "holds")
    intro = "As `sendhub topics` creates and checks them. Made by `python -m tests.support.documents`."
    changes = [(change.what, "no" if change.compatible else "yes") for change in CHANGES]
    return "\n".join(
        [
            *("# Topics", "", intro, "", *_table(head, rows), "", PUBLISHED),
            *_table(("a change of", "new version"), changes),
            "",
        ]
    )


PUBLISHED = """\
## As an API

The shapes of values are published in [schemas/published](../schemas/published): a JSON Schema (2020-12) for each
version of each topic, every version kept, and [one AsyncAPI 3.0 document](../schemas/published/asyncapi.json) with
keys, headers and settings.

[consuming.md](consuming.md) shows how to read them, with a program that does.

The header `schema` of a record is the first number of its version. Within it every revision reads and is read by
every other: a reader made for 1.0 reads what is written as 1.4, and one made for 1.4 reads what was written as 1.0
and still stands on the topic. A reader passes over members, kinds of fact, and words of growing lists that it does
not know (where the schema says `x-unknown`); then nothing that the hub writes under a version is refused by that
version's schema.

`python -m schemas.publication` publishes what has changed, after it has compared it with every version before;
`make test` fails while something is left to publish, or was changed that had been published. What is compatible is
judged by `schemas/publication/judge.py` ([why](decisions/0017-versions-of-schemas.md)). Each row holds in both
directions:
"""


def _version(topic: str) -> str:
    """The newest published version of what stands on a topic; none where nobody else may read it."""
    return f"[{version}](../schemas/published/{topic}/{version}.json)" if (version := _newest(topic)) else ""


def _newest(topic: str) -> str | None:
    return str(max(versions(topic))) if topic in VERSIONS else None


BEGIN, END = "<!-- topics: made from schemas/topics.py -->\n", "<!-- end of topics -->\n"


def data_protection_page() -> str:
    """The page as it is, with the retention table of every topic made anew."""
    text = (PROJECT / "docs" / "data-protection.md").read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    rows = [
        (
            f"`{topic.name}`: {topic.holds}",
            topic.purpose,
            topic.personal,
            {None: "-", "day": "the day's key", "link": "a key for each source person", "letter": "a key of its own"}[
                topic.sealed
            ],
            "for ever" if topic.keep_days is None else f"{topic.keep_days} days",
            topic.ends,
        )
        for topic in TOPICS
    ]
    table = _table(("data", "purpose", "of a person", "sealed with", "kept", "how it ends"), rows)
    return before + BEGIN + "\n".join(["", *table, "", ""]) + END + after


def schemas_page() -> str:
    """The shapes on topics and the API, and the data of every kind of fact."""
    lines = ["# Schemas", "", "Made from `schemas/` by `python -m tests.support.documents`.", ""]
    for model in MODELS:
        lines += [f"## {model.__name__}", "", _doc(model), "", *_fields(model), ""]
    lines += ["## Kinds of fact, and the data of each", ""]
    for kind, data in {**kinds.KINDS, **kinds.CONTROL_KINDS}.items():
        lines += [f"### {kind}", "", f"effective_on: {_doc(data)}", ""]
        lines += [*_fields(data), ""] if data.model_fields else ["No data of its own.", ""]
    lines += ["## People's decisions, and the data of each", "", *_decisions()]
    return "\n".join(lines)


def _decisions() -> list[str]:
    """The kinds of observation that only people's decisions have."""
    return [
        line for kind, data in DECISIONS.items() for line in (f"### {kind}", "", _doc(data), "", *_fields(data), "")
    ]


LICENCES = {
    "MIT License": "MIT",
    "BSD License": "BSD",
    "Apache Software License": "Apache-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0",
}


def notices_page() -> str:
    """The packages that the hub runs with, and their licences as they state them."""
    text = (PROJECT / "deploy/requirements/run.txt").read_text()
    locked = re.findall(r"^([a-zA-Z0-9._-]+)==([^ ]+)", text, re.MULTILINE)
    rows = [(name, version, _licence(name)) for name, version in locked]
    rows += [("Apache Kafka (deploy/kafka/pom.xml)", "4.2.0", "Apache-2.0"), ("slf4j-simple", "1.7.36", "MIT")]
    intro = [
        "# Third-party notices",
        "",
        "The hub is under the Apache Licence 2.0 (LICENSE). None of what follows is copied into it: the packages are",
        "installed from the hash-locked file, Kafka is fetched by Maven. Made by `python -m tests.support.documents`.",
        "",
    ]
    return "\n".join([*intro, *_table(("package", "version", "licence"), rows), ""])


def _licence(package: str) -> str:
    metadata = importlib.metadata.metadata(package)
    expression = metadata.get("License-Expression")
    if expression:
        return str(expression)
    classified = [
        each.rsplit(" :: ", 1)[1] for each in metadata.get_all("Classifier", []) if each.startswith("License ::")
    ]
    known = [LICENCES.get(each, each) for each in classified if each != "OSI Approved"]
    return " and ".join(known) or (metadata.get("License") or "see the package").splitlines()[0]


PAGES: dict[Path, Callable[[], str]] = {
    PROJECT / "docs" / "settings.md": settings_page,
    PROJECT / "docs" / "topics.md": topics_page,
    PROJECT / "docs" / "schemas.md": schemas_page,
    PROJECT / "docs" / "data-protection.md": data_protection_page,
    PROJECT / "docs" / "clocks.md": clocks_page,
    PROJECT / "docs" / "metrics.md": metrics_page,
    PROJECT / "THIRD-PARTY-NOTICES.md": notices_page,
}


def _fields(model: type[BaseModel]) -> list[str]:
    rows = [
        (f"`{field.alias or name}`", _type(field.annotation), _default(field))
        for name, field in model.model_fields.items()
    ]
    return _table(("field", "type", "unless given"), rows)


def _type(annotation: Any) -> str:
    if annotation is None or annotation is type(None):
        return "null"
    parts = get_args(annotation)
    name = getattr(annotation, "__name__", str(annotation))
    if isinstance(annotation, types.UnionType):
        return " or ".join(_type(part) for part in parts)
    if name == "Literal":
        return " or ".join(f"`{part}`" for part in parts)
    if name == "Annotated":
        return _type(parts[0])
    if name in ("Union", "UnionType", "Optional"):
        return " or ".join(_type(part) for part in parts)
    if parts and name in ("tuple", "dict", "list", "frozenset"):
        return f"{name} of {', '.join(_type(part) for part in parts if part is not ...)}"
    return str(name)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        return "empty"
    if isinstance(value, frozenset):
        value = tuple(sorted(value))
    text = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return f"`{text.removeprefix(f'{PROJECT}/')}`" if text else "empty"


def _doc(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split())


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    def line(cells: Iterable[str]) -> str:
        return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"

    return [line(head), line("---" for _ in head), *map(line, rows)]


def main() -> None:
    for path, page in PAGES.items():
        path.write_text(page())


if __name__ == "__main__":
    main()
