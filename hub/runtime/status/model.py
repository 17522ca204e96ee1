"""What the read model knows: how fresh it is, dead letters, questions that stand, and how each feed does."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection

from hub.platform.clock import clock_from, today
from hub.platform.settings import Settings
from hub.runtime.status.judging import judged
from hub.stages.errors import StageError
from hub.store import feeds, gauges, reader
from hub.store.engine import open_engine
from hub.store.errors import SchemaMismatch
from hub.store.readmodel import ReadModel
from schemas.deadletters import TrackedLetter
from schemas.instants import london_day
from schemas.sources import Source
from schemas.status import Item

DOWN = "read-model-down"
STANDING = frozenset({"7-28", "28+"})
"""Bands of age in which a question counts as standing: days."""


def look(settings: Settings) -> list[Item]:
    """All of one moment of the read model."""
    try:
        engine = open_engine(settings.database_url, read_only=True)
    except ValueError as error:
        return [Item(part="read model", name="read model", state="unknown", words=str(error), runbook=DOWN)]
    try:
        with ReadModel(engine).connection() as connection:
            return list(_items(connection, settings))
    except (StageError, SchemaMismatch, LookupError) as error:
        return [judged("read model", "read model", str(error), DOWN)]
    finally:
        engine.dispose()


def _items(connection: Connection, settings: Settings) -> Iterator[Item]:
    clock = clock_from(settings.clock_file)
    newest = max(reader.freshness(connection).values(), default=0)
    if newest:
        said = f"its newest record is of {datetime.fromtimestamp(newest / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
        figures = {"newest_timestamp_seconds": newest / 1000}
        yield judged("read model", "read model", said, figures=figures)
    else:
        yield judged("read model", "read model", "it is empty")
    yield from _letters(gauges.dead_letters_held(connection))
    yield from _questions(gauges.reviews_open(connection, today(clock)))
    try:
        registered = settings.sources.sources
    except (OSError, ValueError) as error:
        words = f"{settings.sources_file} can't be read ({type(error).__name__})"
        yield Item(part="source", name="sources", state="unknown", words=words)
        return
    heard, silent, lost = feeds.last_received(connection), feeds.silent(connection), feeds.given_up(connection)
    for source in registered:
        letter = _last_letter(connection, source.id) if lost.get(source.id) else None
        yield _source(source, heard.get(source.id), silent.get(source.id), lost.get(source.id, 0), letter, clock.now())


def _letters(held: gauges.Counts) -> Iterator[Item]:
    number = sum(held.values())
    if not number:
        yield judged("dead letters", "dead letters", "none is open")
    for (stage,), each in sorted(held.items()):
        words = f"{each} of {stage} are open: sendhub deadletter list --stage {stage}"
        yield judged("dead letters", stage, words, "dead-letters", {"open": each})


def _questions(counts: gauges.Counts) -> Iterator[Item]:
    by_question: dict[str, dict[str, int]] = {}
    for (question, band), number in counts.items():
        by_question.setdefault(question, {})[band] = number
    for question, bands in sorted(by_question.items()):
        number, standing = sum(bands.values()), sum(bands.get(band, 0) for band in STANDING)
        words = f"{number} open" + (f", {standing} for a week or longer: sendhub review list" if standing else "")
        runbook = "reviews-standing" if standing else None
        yield judged("questions", question, words, runbook, {"open": number, "standing": standing})
    if not by_question:
        yield judged("questions", "questions", "none is open")


def _source(
    source: Source, heard: int | None, silent: date | None, lost: int, letter: TrackedLetter | None, now: datetime
) -> Item:
    """In words: when something came last, against its own rhythm, and what was given up last."""
    said, figures = ["nothing has come yet"], {"dead_letters": float(lost)}
    if heard is not None:
        at = datetime.fromtimestamp(heard / 1e6, UTC)
        said = [f"last heard {_ago(now - at)}"]
        figures["last_received_timestamp_seconds"] = heard / 1e6
    if source.silent_after is not None:
        said[0] += f" (may be silent for {source.silent_after:g} h)"
    if silent is not None:
        said.append(f"silent for longer than it may since {silent}")
    if lost:
        said.append(f"{lost} dead letter(s) open")
    if letter is not None:
        said.append(f"the last on {london_day(letter.at)}: {letter.message}")
    runbook = "source-silent" if silent is not None else "dead-letters" if lost else None
    return judged("source", source.id, "; ".join(said), runbook, figures)


def _last_letter(connection: Connection, source: str) -> TrackedLetter | None:
    wanted: Mapping[str, reader.Value] = {"source": source, "status": "open"}
    page = reader.page(connection, reader.DEAD_LETTERS, wanted, None, 1)
    return TrackedLetter.model_validate_json(page.bodies[0]) if page.bodies else None


def _ago(age: timedelta) -> str:
    minutes = int(max(age, timedelta()).total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 48 * 60 else f"{minutes // 1440} days ago"
