"""Pages that are made from code: docs/settings.md, docs/topics.md, docs/schemas.md.

`python -m tests.support.documents` writes them; a test says when one is out of date.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from connectors.council.files.settings import FilesSettings
from connectors.council.webhook.settings import WebhookSettings
from connectors.nhs.bars.settings import BarsSettings
from hub.api.settings import ApiSettings
from hub.platform.settings import Settings
from schemas import kinds
from schemas.alerts import Alert
from schemas.deadletters import DeadLetter
from schemas.deadlines import Deadline
from schemas.people import Person
from schemas.records import ChildRecord
from schemas.reviews import ReviewTask
from schemas.sources import Source
from schemas.statements import Fact, Observation
from schemas.topics import TOPICS
from tests.support.processes import PROJECT

SETTINGS: tuple[tuple[str, type[Settings]], ...] = (
    ("Every process", Settings),
    ("Webhook connector", WebhookSettings),
    ("File connector", FilesSettings),
    ("BaRS connector", BarsSettings),
    ("API", ApiSettings),
)
MODELS: tuple[type[BaseModel], ...] = (
    Observation, Person, Fact, ChildRecord, Deadline, Alert, ReviewTask, DeadLetter, Source,
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
    """Every topic, as `sendhub topics` creates and checks it."""
    rows = [
        (
            f"`{topic.name}`",
            str(topic.partitions),
            topic.policy,
            "for ever" if topic.keep_days is None else f"{topic.keep_days} days",
            f"{topic.max_message_bytes:,}",
            topic.holds,
        )
        for topic in TOPICS
    ]
    head = ("topic", "partitions", "policy", "kept", "largest message, bytes", "holds")
    intro = "As `sendhub topics` creates and checks them. Made by `python -m tests.support.documents`."
    return "\n".join(["# Topics", "", intro, "", *_table(head, rows), ""])


def schemas_page() -> str:
    """The shapes on topics and the API, and the data of every kind of fact."""
    lines = ["# Schemas", "", "Made from `schemas/` by `python -m tests.support.documents`.", ""]
    for model in MODELS:
        lines += [f"## {model.__name__}", "", _doc(model), "", *_fields(model), ""]
    lines += ["## Kinds of fact, and the data of each", ""]
    for kind, data in {**kinds.KINDS, **kinds.CONTROL_KINDS}.items():
        lines += [f"### {kind}", "", f"effective_on: {_doc(data)}", ""]
        lines += [*_fields(data), ""] if data.model_fields else ["No data of its own.", ""]
    return "\n".join(lines)


PAGES: dict[Path, Callable[[], str]] = {
    PROJECT / "docs" / "settings.md": settings_page,
    PROJECT / "docs" / "topics.md": topics_page,
    PROJECT / "docs" / "schemas.md": schemas_page,
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
    text = str(value)
    return f"`{text if not text.startswith(str(PROJECT)) else text.removeprefix(f'{PROJECT}/')}`"


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
