"""`sendhub`: the one command."""

import typer

app = typer.Typer(no_args_is_help=True, help="The SEND integration hub.", pretty_exceptions_show_locals=False)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
