"""`sendhub`, with people whose names are found nowhere else: `python -m tests.support.marked_demo demo …`.

The demo's run folder is kept, and `people.json` beside it says who was played.
"""

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from hub.cli import main as sendhub
from hub.commands import demo
from hub.simulator import names
from hub.simulator.partnership import Partnership

MARK = "Zqxvkwy"
"""Begins every given and family name."""


def main() -> None:
    folder = Path(sys.argv[sys.argv.index("--folder") + 1])
    names.ORIGINS = tuple(_marked(origin) for origin in names.ORIGINS)
    shutil.rmtree = _keep  # type: ignore[assignment]
    demo.Partnership = type("Told", (), {"make": staticmethod(lambda *args: _told(Partnership.make(*args), folder))})  # type: ignore[misc]
    sendhub()


def _marked(origin: names.Origin) -> names.Origin:
    kinds = {kind: tuple(MARK + name for name in getattr(origin, kind)) for kind in ("girls", "boys", "families")}
    return replace(origin, **kinds)


def _keep(path: Path, **options: Any) -> None:
    """The run is looked at afterwards."""


def _told(partnership: Partnership, folder: Path) -> Partnership:
    people = [life.child for life in partnership.lives]
    told = {
        "numbers": [each.nhs_number for each in people if each.nhs_number],
        "pupils": [each.upn for each in people if each.upn],
        "postcodes": [each.postcode for each in people],
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "people.json").write_text(json.dumps(told))
    return partnership


if __name__ == "__main__":
    main()
