"""`python -m bench.matching quality | origins | relatives [PAIRS] | speed [SIZE …]`."""

import sys

from rich.console import Console

from bench.matching import origins, quality, relatives, speed


def main() -> None:
    """What is asked for, else everything."""
    asked, numbers = sys.argv[1:2], [int(text) for text in sys.argv[2:]]
    console = Console(width=140, highlight=False)
    if asked in ([], ["quality"]):
        quality.show(console)
    if asked in ([], ["origins"]):
        origins.show(console)
    if asked in ([], ["relatives"]):
        relatives.show(console, *numbers[:1])
    if asked in ([], ["speed"]):
        speed.show(console, numbers or speed.SIZES)


if __name__ == "__main__":
    main()
