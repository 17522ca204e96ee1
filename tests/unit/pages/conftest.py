from pathlib import Path
from unittest.mock import patch

import pytest

from hub.api.access.limits import Limiter
from hub.api.pages.jobs import Jobs
from hub.store import Projector
from tests.support.engineering import Doing, fill_engineering
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


@pytest.fixture(scope="session")
def application(world):
    """For the whole run: making one takes longer than asking it."""
    made = Served(*world)
    yield made
    made.engine.dispose()


@pytest.fixture
def served(application, hub):
    """The application, as if nothing had been done yet."""
    application.begin_again()
    return application


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


@pytest.fixture(scope="session")
def engineered(tmp_path_factory) -> str:
    """A read model with messages in every state and dead letters, for the whole run: nobody writes to it."""
    url = f"sqlite:///{tmp_path_factory.mktemp('engineering')}/read-model.db"
    fill_engineering(url)
    return url


@pytest.fixture(scope="session")
def one_application(engineered):
    """For the whole run, with its jobs: making one takes longer than asking it."""
    doing, jobs = Doing(), []

    def keeping(*given):
        jobs.append(Jobs(*given))
        return jobs[-1]

    with patch("hub.api.app.Jobs", keeping):
        made = Served(engineered, None, doing=doing)
    made.doing = doing
    yield made, jobs[0]
    made.engine.dispose()


@pytest.fixture
def operated(one_application):
    """The pages over it, as if nothing had been done yet; `operated.doing` is what is done from them."""
    made, jobs = one_application
    made.doing.__init__()
    made.audits.clear()
    made.access.limiter = Limiter()
    jobs.__init__(jobs._audited, jobs._clock)
    return made


@pytest.fixture
def operator(operated):
    """Somebody who has signed in there, by role."""
    return lambda who, *grants, **said: Visitor(operated, who, *grants, **said)
