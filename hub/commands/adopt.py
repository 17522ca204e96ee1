"""`sendhub identity adopt`: a child was adopted. One person proposes what goes on under a new identity, another
confirms it, each on a look of their own; then the old identity is purged, for good."""

from typing import Annotated, NamedTuple

import typer
from rich.console import Console
from rich.table import Table

from hub.api.settings import AskingSettings
from hub.commands.deadletter.options import AsJson, actor
from hub.commands.deadletter.text import plain
from hub.commands.desk import Wait, Why, ask_desk, asking_settings, decide_and_wait, purposeful
from hub.commands.failures import stop
from schemas.decisions import ADOPTED, PROPOSED
from schemas.ids import digest
from schemas.looks import Adoption, Column, Decided, Evidence, GoingOn

app = typer.Typer(no_args_is_help=True, help="A child was adopted: a new identity, and nothing of the old.")

STAMP_LENGTH = 8
SHOWN_OF_A_REF = 8

Child = Annotated[str, typer.Argument(metavar="CHILD", help="The child's id under the old identity.")]
Into = Annotated[str | None, typer.Option(help="The child that the new record made, if it is there already.")]
Stamp = Annotated[str, typer.Option(help="Stands for what you looked at: as `show` gives it.")]
Leave = Annotated[list[str] | None, typer.Option(help="A fact that does not go on, by its reference. May be repeated.")]


class Looked(NamedTuple):
    """What a person sees: the old child, and by itself the child that is to go on."""

    old: Adoption
    new: Evidence | None

    @property
    def expected(self) -> dict[str, int]:
        """The number of the last decision about every link concerned."""
        columns = self.new.columns if self.new is not None else ()
        return self.old.expected | {column.link: column.seq for column in columns}

    @property
    def stamp(self) -> str:
        """Stands for all of it: something else once anything has changed."""
        return digest("adoption", self.old.seen, *sorted(self.expected.items()))[:STAMP_LENGTH]


@app.command("show")
def show(child: Child, purpose: Why, into: Into = None, as_json: AsJson = False) -> None:
    """Show who the child is, what stands and could go on, and what was proposed. Each of the two children is looked at
    by itself, and audited before it is shown."""
    looked = _look(asking_settings(), child, into, purpose)
    if as_json:
        typer.echo(looked.old.model_dump_json())
        if looked.new is not None:
            typer.echo(looked.new.model_dump_json())
        return
    console = Console()
    _print_columns(console, "the old identity", looked.old.columns)
    if looked.new is not None:
        _print_columns(console, "the new record", looked.new.columns)
    console.print(_facts(looked.old.facts))
    _print_next(console, looked)


@app.command("propose")
def propose(child: Child, stamp: Stamp, why: Why, into: Into = None, leave: Leave = None, wait: Wait = 30.0) -> None:
    """Propose it. Nothing happens before another person confirms. Exit status 1 when it is refused."""
    settings = asking_settings()
    looked = _as_stamped(_look(settings, child, into, why), stamp)
    left_out = [_reference(each, looked.old.facts) for each in leave or ()]
    decide_and_wait(settings, _decision(settings, PROPOSED, looked, why, into, left_out), wait)


@app.command("confirm")
def confirm(
    child: Child,
    proposal: Annotated[str, typer.Option(help="The proposal's id: whoever proposed it tells you.")],
    stamp: Stamp,
    why: Why,
    wait: Wait = 30.0,
) -> None:
    """Confirm what another person proposed: it is carried out, for good. Exit status 1 when it is refused."""
    settings = asking_settings()
    looked = _as_stamped(_look(settings, child, None, why), stamp)
    known = looked.old.proposal
    if known is None or known.decision != proposal:
        stop("that is not what is proposed now: show it again")
    decision = _decision(settings, ADOPTED, looked, why, known.into, list(known.leave))
    data = decision.data | {"proposal": proposal}
    decide_and_wait(settings, decision.model_copy(update={"data": data}), wait)


def _look(settings: AskingSettings, child: str, into: str | None, purpose: str) -> Looked:
    """Two looks, each on record by itself."""
    who, purpose = actor(settings), purposeful(purpose)
    old = ask_desk(settings, lambda desk: desk.adoption(child, who, purpose))
    if old is None:
        stop("there is no such child, or it was merged into another one: look under that one's id")
    onward = into or (old.proposal.into if old.proposal is not None else None)
    if onward is None:
        return Looked(old, None)
    new = ask_desk(settings, lambda desk: desk.compare([onward], who, purpose))
    if new is None:
        stop("there is no such child to go on as")
    return Looked(old, new)


def _as_stamped(looked: Looked, stamp: str) -> Looked:
    if looked.stamp != stamp:
        stop("what you looked at has changed since. Show it again")
    return looked


def _reference(text: str, facts: tuple[GoingOn, ...]) -> str:
    fits = [fact.ref for fact in facts if len(text) >= SHOWN_OF_A_REF and fact.ref.startswith(text)]
    if len(fits) != 1:
        stop(f"{text} is the reference of none of the facts that were shown")
    return fits[0]


def _decision(
    settings: AskingSettings, kind: str, looked: Looked, why: str, into: str | None, leave: list[str]
) -> Decided:
    """Its id is made of the look, which is drawn anew each time: made of the new child's id it would be a link."""
    data: dict[str, object] = {"into": into, "leave": leave, "seen": looked.old.seen, "expected": looked.expected}
    return Decided(
        id=digest("adoption", looked.old.look),
        kind=kind,
        actor=actor(settings),
        why=why,
        evidence=(looked.old.look,),
        child_id=looked.old.child_id,
        data=data | {"beside": [looked.new.look] if looked.new is not None else []},
    )


def _print_columns(console: Console, whose: str, columns: tuple[Column, ...]) -> None:
    for column in columns:
        said = "; ".join(f"{field} {', '.join(values)}" for field, values in column.values.items())
        console.print(plain(f"{whose}, {column.source} {column.record or ''}: {said}"), soft_wrap=True)


def _facts(facts: tuple[GoingOn, ...]) -> Table:
    table = Table("reference", "what", "on", "about", "source")
    for fact in facts:
        on = fact.effective_on.isoformat() if fact.effective_on else ""
        about = ", ".join(fact.subject.values())
        table.add_row(*map(plain, (fact.ref[:SHOWN_OF_A_REF], fact.kind, on, about, fact.source)))
    return table


def _print_next(console: Console, looked: Looked) -> None:
    old = looked.old
    proposal = old.proposal
    if proposal is not None:
        said = f"proposed by {proposal.actor} ({proposal.decision}): goes on as {proposal.into or 'a child to be made'}"
        left = ", ".join(ref[:SHOWN_OF_A_REF] for ref in proposal.leave) or "nothing"
        console.print(plain(f"{said}; left out: {left}"), style="bold", soft_wrap=True)
    if old.refused is not None:
        console.print(plain(f"would be refused: {old.refused}"), style="bold", soft_wrap=True)
        return
    console.print(plain(f"Propose with: sendhub identity adopt propose {old.child_id} --stamp {looked.stamp} --why …"))
    if proposal is not None:
        line = f"confirm {old.child_id} --proposal {proposal.decision} --stamp {looked.stamp} --why …"
        console.print(plain(f"Confirm, as somebody else, with: sendhub identity adopt {line}"), soft_wrap=True)
