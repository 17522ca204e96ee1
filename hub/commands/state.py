"""`sendhub state`: a stage's state in its changelog."""

from typing import Annotated

import typer

from hub.commands.asking import ask
from hub.commands.failures import stop
from hub.platform.settings import Settings
from hub.runtime.policies import policy_of
from hub.runtime.restore import restore
from hub.runtime.stages import STAGES
from hub.stages.casework import casework

app = typer.Typer(no_args_is_help=True, help="The state that a stage keeps in its changelog.")

NOT_FROM_ITS_SOURCE = {
    "identity": "identity decides, and its source expires: restore its backup with `sendhub identity restore FILE`",
    "intake": "intake keeps no state",
    "projection": "the projection keeps its state in the read model: drop its tables and start it",
}


@app.callback()
def state() -> None:
    """The state that a stage keeps in its changelog."""


@app.command("rebuild")
def rebuild(stage: Annotated[str, typer.Argument(help="The stage: casework.")]) -> None:
    """Make a stopped stage's changelog anew from the facts, up to where the stage had come."""
    if stage not in STAGES:
        stop(f"there is no stage {stage!r}: the stages are {', '.join(STAGES)}")
    if stage in NOT_FROM_ITS_SOURCE:
        stop(NOT_FROM_ITS_SOURCE[stage])
    settings = Settings()
    policy = policy_of(settings)
    found = ask(settings, restore(settings, lambda pace: casework(policy, pace)))
    for restored in found:
        where = f"{restored.changelog.topic}/{restored.changelog.partition}"
        typer.echo(f"{where}: keys={restored.keys} offset={restored.offset} written={restored.written}")
    typer.echo(f"restored {stage}: start it again" if found else f"{stage} has processed nothing yet")
