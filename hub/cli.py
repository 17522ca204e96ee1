"""`sendhub`: the one command."""

import typer

from hub.commands.audit import app as audit
from hub.commands.clocks import app as clocks
from hub.commands.deadletter import app as deadletter
from hub.commands.demo import demo
from hub.commands.digest import digest
from hub.commands.doctor import doctor
from hub.commands.forecast import app as forecast
from hub.commands.identity import app as identity
from hub.commands.key import app as key
from hub.commands.links import app as links
from hub.commands.match import app as match
from hub.commands.measures import measures
from hub.commands.messages import app as messages
from hub.commands.pause import pause, resume
from hub.commands.rebuild import rebuild
from hub.commands.reconcile import reconcile
from hub.commands.replay import replay
from hub.commands.review import app as review
from hub.commands.run import stage, ticker, up
from hub.commands.sen2 import app as sen2
from hub.commands.simulate import simulate
from hub.commands.state import app as state
from hub.commands.status import status
from hub.commands.topics import topics
from hub.commands.user import app as user

app = typer.Typer(no_args_is_help=True, help="The SEND integration hub.", pretty_exceptions_show_locals=False)
for command in (
    up, demo, simulate, topics, doctor, stage, ticker, reconcile, rebuild, replay, measures, digest, status, pause,
    resume,
):  # fmt: skip
    app.command()(command)
app.add_typer(audit, name="audit")
app.add_typer(user, name="user")
app.add_typer(deadletter, name="deadletter")
app.add_typer(state, name="state")
app.add_typer(identity, name="identity")
app.add_typer(links, name="links")
app.add_typer(key, name="key")
app.add_typer(clocks, name="clocks")
app.add_typer(forecast, name="forecast")
app.add_typer(sen2, name="sen2")
app.add_typer(review, name="review")
app.add_typer(match, name="match")
app.add_typer(messages, name="messages")


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
