"""The service twice: the twin itself, and the adapter on the twin behind HTTP on loopback."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Thread

import httpx
import pytest
import uvicorn
from joserfc.jwk import RSAKey

from connectors.nhs.pds.http import HttpPds
from connectors.nhs.pds.port import Demographics
from connectors.nhs.pds.tokens import Tokens
from connectors.nhs.pds.twin import MemoryPds
from connectors.nhs.pds.twin_app import BASE, TwinApp, create_app
from hub.platform.listening import listen
from tests.contract.pds.people import country

KEY = RSAKey.generate_key(2048, {"kid": "sendhub-1"})
API_KEY = "an-application"


class SetClock:
    """Now, or so much later."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Service:
    """The twin behind HTTP, and the adapter that speaks to it."""

    app: TwinApp
    url: str
    client: httpx.AsyncClient
    adapter: HttpPds
    tokens: Tokens
    clock: SetClock

    @property
    def tokens_given(self) -> int:
        return len(self.app.tokens)


@pytest.fixture(scope="session")
def running() -> Iterator[tuple[TwinApp, str]]:
    """The twin's server, in a thread of its own, for all tests of this folder."""
    app = TwinApp(MemoryPds(), RSAKey.import_key(KEY.as_pem(private=False)))
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(create_app(app), log_config=None, lifespan="off", access_log=False))
    thread = Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    yield app, f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def twin() -> MemoryPds:
    return country()


@pytest.fixture
async def service(running: tuple[TwinApp, str], twin: MemoryPds) -> AsyncIterator[Service]:
    app, url = running
    app.twin = twin
    for kept in (app.faults, app.seen, app.tokens, app.used):
        kept.clear()
    clock = SetClock()
    async with httpx.AsyncClient(timeout=5.0, verify=False) as client:
        tokens = tokens_of(client, url, clock)
        yield Service(app, url, client, HttpPds(client, f"{url}{BASE}", tokens, clock, 5.0), tokens, clock)


def tokens_of(client: httpx.AsyncClient, url: str, clock: SetClock, key: RSAKey = KEY) -> Tokens:
    return Tokens(client, f"{url}/oauth2/token", API_KEY, key, "sendhub-1", clock)


@pytest.fixture(params=["memory", "http"])
def port(request: pytest.FixtureRequest, twin: MemoryPds, service: Service) -> Demographics:
    return twin if request.param == "memory" else service.adapter
