"""A page costs the database as many questions however many rows it has."""

import hashlib

import httpx
import pytest
from sqlalchemy import event

from hub.api.app import create_app
from hub.api.settings import ApiSettings
from hub.store.engine import open_engine

TOKEN = "another-token"


@pytest.mark.parametrize("path", ["/children", "/deadlines", "/alerts", "/changes"])
async def test_a_longer_page_asks_no_more_questions(filled, url, path):
    engine, asked = open_engine(url, read_only=True), []
    event.listen(engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    app = create_app(ApiSettings(api_token_sha256=hashlib.sha256(TOKEN.encode()).hexdigest()), engine)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub", headers=headers) as client:
        counted = []
        for limit in (3, 3, 12):  # the first also sees whether the tables fit
            asked.clear()
            answer = await client.get(path, params={"limit": limit})
            assert len(answer.json().get("items", answer.json().get("changes"))) == limit
            counted.append(len(asked))
    engine.dispose()
    assert counted[1] == counted[2]
