"""The pages of whoever operates the running hub: a message is replayed as a job, and its bytes come from the desk."""

import asyncio
import re

import httpx
import orjson
import pytest

from hub.embedded.system import System
from schemas.topics import AUDIT
from schemas.trail import message_key
from tests.support.client import client, event, person
from tests.support.streams import read_all

pytestmark = pytest.mark.asyncio(loop_scope="session")

COUNCIL = "one-education:825:2022"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Browser:
    """One person's, without scripts. Its cookies are for HTTPS, or for this machine, as a browser takes them."""

    def __init__(self, hub: System, http: httpx.AsyncClient) -> None:
        self._base, self._http, self._cookies = hub.url("api"), http, dict[str, str]()

    async def get(self, path: str) -> httpx.Response:
        return self._kept(await self._http.get(self._base + path, headers=self._headers()))

    async def post(self, path: str, shown: str, **fields: str) -> httpx.Response:
        """A form of the page `shown`."""
        (token, *_) = TOKEN.findall((await self.get(shown)).text)
        form = {"csrf_token": token, **fields}
        return self._kept(await self._http.post(self._base + path, data=form, headers=self._headers()))

    def _headers(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}

    def _kept(self, answer: httpx.Response) -> httpx.Response:
        for said in answer.headers.get_list("set-cookie"):
            name, _, rest = said.partition("=")
            self._cookies[name] = rest.partition(";")[0]
        return answer


async def signed_in(hub: System, http: httpx.AsyncClient, name: str) -> Browser:
    browser = Browser(hub, http)
    fields = {"name": name, "password": hub.deployment.password, "onward": "/pages"}
    answer = await browser.post("/pages/sign-in", "/pages/sign-in", **fields)
    assert answer.status_code == 303, answer.text
    return browser


async def test_a_message_is_replayed_from_its_page_and_its_bytes_are_shown_to_whoever_may(hub: System) -> None:
    async with client(hub) as sender:
        asked = event("assessment.requested", "OPERATE-1", person("OP1"), data={"case_reference": "OPERATE-1"})
        await sender.tell(COUNCIL, asked)
        await hub.pipeline.drained()
        child = await sender.child("OPERATE-1")
        assert child is not None
        (receipt,) = await sender.read("/messages", child_id=child["child_id"])
        key = message_key(receipt["source"], receipt["message_id"])
        engineer = await signed_in(hub, sender.http, "engineer")
        page = f"/pages/messages/{key}"
        assert "taken as facts of a child" in (await engineer.get(page)).text
        asking = f"/pages/messages/replay?key={key}"
        begun = await engineer.post(asking, asking, reason="to see that it changes nothing")
        job = begun.headers["location"]
        said = ""
        for _ in range(600):
            said = (await engineer.get(job)).text
            if ">At work<" not in said:
                break
            await asyncio.sleep(0.1)
        assert "Read again" in said, said
        await hub.pipeline.drained()
        assert "said nothing that was not known" in (await engineer.get(page)).text
        governance = await signed_in(hub, sender.http, "governance")
        shown = await governance.post(f"{page}/raw", page, reason="a subject access request")
        assert "OPERATE-1" in shown.text, shown.text
        sources = (await engineer.get("/pages/sources")).text
        assert "Intake" in sources
        assert "Has read everything" in sources
    for _ in range(300):
        entries = [orjson.loads(record.value) for record in (await read_all(hub.kafka, [AUDIT.name]))[AUDIT.name]]
        mine = [each["action"] for each in entries if {key, job.rpartition("/")[2]} & set(each["subjects"])]
        if "message.show-raw" in mine and "job.end" in mine:
            break
        await asyncio.sleep(0.1)
    assert mine == ["job.begin", "message.replay", "job.end", "message.show-raw"]
