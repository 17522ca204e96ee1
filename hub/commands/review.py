"""`sendhub review`: questions for people. List them, look into one, decide; a decision can be undone.

Names come from identity's desk at the moment of looking, and each look is audited before anything is shown.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from hub.api.remote_desk import RemoteDesk
from hub.api.reviewing import of_casework, with_deadlines
from hub.api.settings import AskingSettings
from hub.commands.deadletter.options import AsJson, actor
from hub.commands.deadletter.text import plain
from hub.commands.desk import Wait, Why, ask_desk, asking_settings, decide_and_wait, purposeful
from hub.commands.failures import stop
from hub.commands.reading import read_model
from hub.stages.errors import StageError
from hub.store import reader
from hub.store.engine import open_engine
from hub.store.readmodel import ReadModel
from schemas.decisions import ANSWERS
from schemas.ids import digest
from schemas.looks import Act, Column, Decided, Evidence
from schemas.reviews import ReviewTask

app = typer.Typer(no_args_is_help=True, help="Questions for people: look into them and decide.")

STATES = ("open", "resolved", "all")

Children = Annotated[list[str] | None, typer.Option("--child", help="In the place of a question: compare this child.")]
Besides = Annotated[list[str] | None, typer.Option("--beside", help="With a question: a child whom you think of.")]
Question = Annotated[str | None, typer.Argument(metavar="ID", help="A question's id, as in `list`.")]


@app.command("list")
def list_questions(
    question: Annotated[str | None, typer.Option(help="Only of this kind, such as conflict or which-case.")] = None,
    child: Annotated[str | None, typer.Option(help="Only about this child.")] = None,
    source: Annotated[str | None, typer.Option(help="Only of this registered feed.")] = None,
    state: Annotated[str, typer.Option(help=f"One of: {', '.join(STATES)}.")] = "open",
    limit: Annotated[int, typer.Option(min=1, max=500, help="Show at most so many, the newest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List questions, newest first: references and words, no names."""
    if state not in STATES:
        stop(f"there is no state {state!r}: it is one of {', '.join(STATES)}")
    asked = {"question": question, "child_id": child, "source": source, "state": None if state == "all" else state}
    filters = {name: value for name, value in asked.items() if value is not None}
    with read_model() as connection:
        page = reader.page(connection, reader.REVIEWS, filters, None, limit)
    if as_json:
        for body in page.bodies:
            typer.echo(body)
        return
    console = Console()
    for body in page.bodies:
        _print_task(console, ReviewTask.model_validate_json(body))
    if not page.bodies:
        console.print("No questions match.")
    elif page.last is not None:
        console.print(f"There are more than these {limit}: use --limit, --question, --child or --source.")


@app.command("show")
def show(
    purpose: Why,
    task: Question = None,
    child: Children = None,
    beside: Besides = None,
    as_json: AsJson = False,
) -> None:
    """Show what a question rests on, side by side, and what each decision would do. Where somebody is named, it is
    audited before it is shown."""
    settings = asking_settings()
    asked = Asked(task, tuple(child or ()), tuple(beside or ()))
    found = _found(settings, asked, purpose)
    if as_json:
        typer.echo(found.model_dump_json())
        return
    console = Console()
    _print_task(console, found.task)
    if found.columns:
        console.print(_side_by_side(found))
    for act in found.acts:
        _print_act(console, act)
    console.print(f"Decide with: sendhub review decide {asked.words} --act STAMP --why …", soft_wrap=True)


@app.command("decide")
def decide(
    act: Annotated[str, typer.Option(help="The stamp of what is decided, as `show` gives it.")],
    why: Why,
    task: Question = None,
    child: Children = None,
    beside: Besides = None,
    wait: Wait = 30.0,
) -> None:
    """Decide as shown. What has changed since it was shown is not decided. Exit status 1 when it is refused."""
    settings = asking_settings()
    found = _found(settings, Asked(task, tuple(child or ()), tuple(beside or ())), why)
    chosen = next((each for each in found.acts if each.stamp == act), None)
    if chosen is None:
        stop("there is no such decision: what you looked at has changed since. Show it again")
    who = actor(settings)
    decision = Decided(
        id=digest("decision", found.task.id, act, who),
        kind=chosen.kind,
        actor=who,
        why=why,
        evidence=(found.look,),
        link=chosen.link,
        child_id=chosen.child_id,
        data=chosen.data,
    )
    decide_and_wait(settings, decision, wait)


@app.command("undo")
def undo(
    decision: Annotated[str, typer.Argument(metavar="DECISION", help="The decision's id.")],
    why: Why,
    wait: Wait = 30.0,
) -> None:
    """Take a decision back: all stands as before it. Exit status 1 when it is refused."""
    settings = asking_settings()
    who = actor(settings)
    undone = {"decision": decision}
    sent = Decided(
        id=digest("undo", decision, who), kind="decision.undone", actor=who, why=why, evidence=(decision,), data=undone
    )
    decide_and_wait(settings, sent, wait)


Looking = Callable[[RemoteDesk], Awaitable[Evidence | None]]


class Asked(NamedTuple):
    """What is looked into: a question, with children whom a person thinks of beside it, or children by themselves."""

    task: str | None
    children: tuple[str, ...]
    beside: tuple[str, ...]

    @property
    def words(self) -> str:
        """As it is typed."""
        named = [f"--child {each}" for each in self.children] + [f"--beside {each}" for each in self.beside]
        return " ".join([*filter(None, [self.task]), *named])


def _look(settings: AskingSettings, asked: Asked, purpose: str) -> Looking:
    task, children, beside = asked
    if (task is None) == (not children):
        stop("give the id of a question, or the children to compare with --child")
    if task is None and beside:
        stop("--beside goes with a question: compare children with --child")
    who, purpose = actor(settings), purposeful(purpose)
    if task is not None:
        return lambda desk: desk.evidence(task, who, purpose, beside)
    return lambda desk: desk.compare(children, who, purpose)


def _found(settings: AskingSettings, asked: Asked, purpose: str) -> Evidence:
    """What a question rests on. One about cases and data names nobody and is in the read model; the other decisions can
    be judged without it, but which deadlines move is then not told."""
    look = _look(settings, asked, purpose)
    try:
        engine = open_engine(settings.database_url, read_only=True)
    except ValueError as error:
        stop(str(error))
    try:
        model = ReadModel(engine)
        found = None if asked.task is None else _of_casework(model, asked.task)
        return found or _with_deadlines(model, _asked(settings, look))
    finally:
        engine.dispose()


def _of_casework(model: ReadModel, task: str) -> Evidence | None:
    try:
        return of_casework(model, task)
    except (StageError, LookupError):
        return None


def _asked(settings: AskingSettings, look: Looking) -> Evidence:
    found = ask_desk(settings, look)
    if found is None:
        stop("nobody knows such a question or child, or it was answered since")
    return found


def _with_deadlines(model: ReadModel, found: Evidence) -> Evidence:
    try:
        return with_deadlines(found, model)
    except (StageError, LookupError) as error:
        typer.echo(f"Which deadlines would move can't be told: {error}", err=True)
        return found


def _print_task(console: Console, task: ReviewTask) -> None:
    about = " ".join(filter(None, [task.source, task.record, task.child_id]))
    console.print(plain(f"{task.id}  {task.opened_on}  {task.question}: {task.state}"), style="bold", soft_wrap=True)
    console.print(plain(f"    {about}: {task.detail}"), soft_wrap=True)
    if task.score is not None:
        parts = ", ".join(f"{name} {bits:+.1f}" for name, bits in task.parts)
        console.print(plain(f"    one child with probability {task.score:.2f} (bits: {parts})"), soft_wrap=True)
    if task.answer is not None:
        said = f"    last answer: {task.answer.outcome}, {task.answer.words} (decision {task.answer.decision})"
        console.print(plain(said), soft_wrap=True)


def _side_by_side(found: Evidence) -> Table:
    table = Table("field", "")
    for column in found.columns:
        table.add_column(plain(_title(column)))
    for row in found.rows:
        said = (" | ".join(column.values.get(row.field, ())) for column in found.columns)
        table.add_row(row.field, row.agreement, *map(plain, said))
    return table


def _title(column: Column) -> str:
    held = f" (held back: {column.held})" if column.held else ""
    return f"{column.source} {column.record or ''}{held}, {column.child_id or 'waits'}"


def _print_act(console: Console, act: Act) -> None:
    what = f"{act.stamp}  {act.kind} {act.link or act.child_id or ''}: {act.words}"
    console.print(plain(what), style="bold", soft_wrap=True)
    if act.refused is not None:
        console.print(plain(f"    would be refused: {act.refused}"), soft_wrap=True)
        return
    if act.kind in ANSWERS:
        return
    moved = f"    facts: {act.facts}"
    if act.loses or act.gains:
        moved += (
            f", from {act.loses or 'waiting'} to {act.gains or 'waiting'}; deadlines that move: {len(act.deadlines)}"
        )
    console.print(plain(moved), soft_wrap=True)
