from pathlib import Path

import pytest

from hub.store import Projector
from tests.support.pages import Served, Visitor, extras
from tests.support.synthetic import Hub, fill


@pytest.fixture(scope="session")
def world(tmp_path_factory) -> tuple[str, Hub]:
    """A read model and identity's state of one synthetic partnership, for the whole run: nobody writes to them."""
    url = f"sqlite:///{tmp_path_factory.mktemp('pages')}/read-model.db"
    projector = Projector.open(url, lambda _: None)
    hub = fill(projector, 24, extra=extras())
    projector.close()
    return url, hub


@pytest.fixture
def hub(world) -> Hub:
    world[1].audits.clear()
    return world[1]


@pytest.fixture
def served(world, hub):
    made = Served(world[0], hub)
    yield made
    made.engine.dispose()


@pytest.fixture
def visit(served):
    """Somebody who has signed in, by role."""
    return lambda who, *grants, **said: Visitor(served, who, *grants, **said)


@pytest.fixture
def children(world) -> dict[str, str]:
    """The ids of the children of `extras`, and of one with social care advice, by what they are there for."""
    import json
    import sqlite3

    with sqlite3.connect(Path(world[0].removeprefix("sqlite:///"))) as connection:
        rows = connection.execute("SELECT key, case_reference, body FROM children").fetchall()
    named = {"REQ-91": "malice", "REQ-92": "restricted", "REQ-93": "elsewhere", "REQ-94": "exempt", "REQ-95": "doubted"}
    found = {named[reference]: key for key, reference, _ in rows if reference in named}
    for key, _, body in rows:
        record = json.loads(body)
        advice = {each["heading"]: each for case in record["cases"] for each in case["advice"]}
        services = {each["service"] for case in record["cases"] for each in case["advice"]}
        if record["area"] == "825" and "social-care" in advice and "speech-and-language" in services:
            found["ordinary"] = key
    return found
