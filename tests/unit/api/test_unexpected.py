"""What nobody expected: 500, and in the log its place and nothing that it holds."""

import httpx
from fastapi import FastAPI
from starlette.responses import StreamingResponse
from structlog.testing import capture_logs

from hub.api import problems
from hub.api.app import create_app
from hub.api.settings import ApiSettings
from hub.store.engine import open_engine
from tests.support.readmodel import child
from tests.unit.api.conftest import HASH, TOKEN, unwritten

SECRET = "Ada Lovelace"


async def asked(app, path):
    """As a server would hand it on: what the application raises is raised."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub", headers=headers) as client:
        return await client.get(path)


async def test_a_record_that_can_not_be_read_is_500_and_told_by_its_place(url, projector):
    projector.apply("hub.children", 0, [child(0, "chd-00")], 0, 1)
    engine = open_engine(url, read_only=False)
    with engine.begin() as connection:
        connection.exec_driver_sql("update children set body = ?", (SECRET,))
    app = create_app(ApiSettings(api_token_sha256=HASH), engine, note=unwritten)
    with capture_logs() as logs:
        answer = await asked(app, "/children")
    engine.dispose()
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    (line,) = logs
    assert (line["event"], line["route"], line["error"]) == ("a request failed", "/children", "JSONDecodeError")
    assert line["at"].startswith("records.py:")
    assert SECRET not in str(line)


async def test_an_answer_that_has_begun_is_broken_off():
    async def half():
        yield b"half"
        raise ValueError(SECRET)

    app = FastAPI()
    app.add_middleware(problems.Unexpected)
    app.get("/half")(lambda: StreamingResponse(half()))
    messages = []

    async def send(message):
        messages.append(message)

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http", "method": "GET", "path": "/half", "raw_path": b"/half", "query_string": b"", "headers": [],
        "http_version": "1.1", "scheme": "http", "root_path": "", "server": ("hub", 80), "client": ("127.0.0.1", 1),
        "asgi": {"version": "3.0", "spec_version": "2.4"},
    }  # fmt: skip
    with capture_logs() as logs:
        await app(scope, receive, send)
    assert [message["type"] for message in messages] == ["http.response.start", "http.response.body"]
    assert SECRET not in str(logs)
    assert len(logs) == 1
