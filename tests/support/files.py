"""The file connector on ports in memory: a folder of its own, a clock that stands still, and what was published."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson

from connectors.council.files.app import FilesConnector
from connectors.council.files.folder import Folder
from connectors.council.files.mapping import Mapping, load_all
from connectors.council.files.memory import Memory
from connectors.council.files.settings import SHIPPED_MAPPINGS, FilesSettings
from connectors.sdk.publisher import MemoryPublisher
from hub.simulator import council_csv

KEY = b"k" * 32
SOURCES = """
[[sources]]
id = "one-education:825:2022"
kind = "council"
creates_children = true
[[sources]]
id = "council-tracker:825:2026"
kind = "council"
[[sources]]
id = "social-care:825:2019"
kind = "council"
creates_children = true
[[sources]]
id = "early-help:825:2021"
kind = "council"
"""


@dataclass
class StandingClock:
    """Tells the instant it was given."""

    instant: datetime = datetime(2026, 3, 31, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.instant


@dataclass
class Desk:
    """A watched folder with the connector at it."""

    root: Path
    publisher: MemoryPublisher = field(default_factory=MemoryPublisher)
    clock: StandingClock = field(default_factory=StandingClock)
    seconds: float = 0.0
    limits: dict[str, Any] = field(default_factory=dict)
    mappings: tuple[Mapping, ...] = field(default_factory=lambda: load_all(SHIPPED_MAPPINGS))

    def __post_init__(self) -> None:
        self.folder = self.root / "inbox"
        self.folder.mkdir(exist_ok=True)
        (self.root / "key").write_bytes(KEY)
        (self.root / "sources.toml").write_text(SOURCES)
        self.memory = Memory(f"sqlite:///{self.root / 'ledger.db'}")
        self.start()

    def start(self) -> None:
        """Begin as a new process would."""
        settings = FilesSettings(
            key_file=self.root / "key", sources_file=self.root / "sources.toml", files_poll=1.0, **self.limits
        )
        folder = Folder(self.folder, settle=10.0, monotonic=lambda: self.seconds)
        folder.prepare()
        self.paused: str | None = None
        self.connector = FilesConnector(
            settings, self.mappings, [folder], self.publisher, self.memory, self.clock, lambda: self.paused
        )

    def drop(self, name: str, content: bytes) -> Path:
        return council_csv.drop(self.folder, name, content)

    async def poll(self) -> float:
        """One look; ten seconds pass before it."""
        self.seconds += 10.0
        return await self.connector.poll()

    async def settle(self) -> None:
        """Look until everything that lies there has been seen twice."""
        await self.poll()
        await self.poll()

    def take(self, name: str, content: bytes) -> None:
        """Drop a file and let the connector do what it does with it."""
        self.drop(name, content)
        asyncio.run(self.settle())

    def listing(self, place: str) -> list[str]:
        """The files of a place, without the reports."""
        found = sorted(path.name for path in (self.folder / place).iterdir() if path.is_file())
        return [name for name in found if not name.endswith(".report.json")]

    def report(self, place: str, name: str) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads((self.folder / place / f"{name}.report.json").read_bytes())
        return found

    def events(self) -> list[dict[str, Any]]:
        """The facts published so far, in order."""
        messages = [message for _, message in self.publisher.published]
        return [orjson.loads(each.value) for each in messages if each.envelope.type == "sendhub.council.row"]

    def questions(self) -> list[dict[str, Any]]:
        messages = [message for _, message in self.publisher.published]
        return [orjson.loads(each.value) for each in messages if each.envelope.type == "sendhub.council.question"]


def standing(events: list[dict[str, Any]]) -> dict[tuple[str, str, str], list[dict[str, Any]]]:
    """Of each record, kind and occurrence the events of the highest version, repeats taken once; none if retracted."""
    best: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for event in events:
        key = (event["record"], event["kind"], event["occurrence"])
        known = best.get(key, [])
        if not known or event["version"] > known[0]["version"]:
            best[key] = [event]
        elif event["version"] == known[0]["version"] and event not in known:
            known.append(event)
    return {key: found for key, found in best.items() if not found[0]["retracted"]}


def request_row(number: int = 1, **more: Any) -> council_csv.RequestRow:
    """A request of a synthetic child."""
    row: dict[str, Any] = {
        "RequestID": f"REQ-{number:04}",
        "PersonID": f"P{number:05}",
        "Forename": "Ada",
        "Surname": "Example",
        "DOB": date(2018, 5, 4),
        "ReceivedDate": date(2026, 1, 12),
        "RequestSource": "P",
        "RequestOutcome": "A",
        "AssessmentOutcome": "A",
    }
    return council_csv.RequestRow(**{**row, **more})


def person_row(number: int = 1, **more: Any) -> council_csv.PersonRow:
    """A synthetic child."""
    row: dict[str, Any] = {
        "PersonID": f"P{number:05}",
        "Forename": "Ada",
        "Surname": "Example",
        "DOB": date(2018, 5, 4),
        "Gender": "F",
        "NHSNumber": "9990000018",
        "NHSNumberStatus": "01",
    }
    return council_csv.PersonRow(**{**row, **more})


def advice_row(number: int = 1, **more: Any) -> council_csv.AdviceRow:
    """A piece of advice asked of a trust."""
    row: dict[str, Any] = {
        "AdviceID": f"ADV-{number:04}",
        "RequestID": "REQ-0001",
        "NHSNumber": "9990000018",
        "NHSNumberStatus": "01",
        "Forename": "Ada",
        "Surname": "Example",
        "DOB": date(2018, 5, 4),
        "Heading": "Medical",
        "Service": "SLT",
        "AskedRole": "ICB",
        "AskedODS": "QU9",
        "Required": "Yes",
        "SentDate": date(2026, 2, 2),
    }
    return council_csv.AdviceRow(**{**row, **more})


async def put_away(folder: Path, name: str) -> str:
    """Where a running connector has put a file that was dropped: done, rejected or held."""
    async with asyncio.timeout(60):
        while (folder / name).exists() or not (found := _places(folder, name)):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)
    return found[0]


def _places(folder: Path, name: str) -> list[str]:
    return [place for place in ("done", "rejected", "held") if (folder / place / name).exists()]
