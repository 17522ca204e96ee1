"""What a council, a trust and a reader of the API send, against a running hub."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from hub.embedded.system import System

DAY = "2026-11-02"


def event(
    kind: str, record: str, person: dict[str, Any], on: str = DAY, version: int = 1, **more: Any
) -> dict[str, Any]:
    """A council's event about a request, unless `subject` says otherwise."""
    return {
        "kind": kind,
        "record": record,
        "version": version,
        "subject": {"request": record},
        "effective_on": on,
        "recorded_at": f"{on}T10:00:00Z",
        "person": person,
        **more,
    }


def person(number: str, given: str = "Ada", **more: Any) -> dict[str, Any]:
    """A synthetic person as the council knows them."""
    return {"id": number, "given": given, "family": "Example", "birth_date": "2016-03-02", **more}


@dataclass
class Client:
    """Speaks to the hub's processes."""

    hub: System
    http: httpx.AsyncClient

    async def tell(self, source: str, body: Any) -> httpx.Response:
        """Post to the webhook as a source."""
        headers = {"Authorization": f"Bearer {self.hub.deployment.tokens[source]}"}
        return await self.http.post(f"{self.hub.url('webhook')}/events", json=body, headers=headers)

    async def read(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """All items of one of the API's lists."""
        items: list[dict[str, Any]] = []
        cursor: dict[str, Any] = {}
        while True:
            answer = await self.http.get(
                f"{self.hub.url('api')}{path}",
                params={"limit": 500, **query, **cursor},
                headers={"Authorization": f"Bearer {self.hub.deployment.api_token}"},
            )
            answer.raise_for_status()
            items += answer.json()["items"]
            if not answer.json()["next"]:
                return items
            cursor = {"cursor": answer.json()["next"]}

    async def child(self, case_reference: str) -> dict[str, Any] | None:
        """The record with this case reference, once everything is worked off."""
        await self.hub.pipeline.drained()
        found = [each for each in await self.read("/children") if each["case_reference"] == case_reference]
        assert len(found) <= 1
        return found[0] if found else None

    async def metrics(self, process: str) -> str:
        """A process's metrics, as Prometheus reads them."""
        return (await self.http.get(f"{self.hub.url(process, 'metrics')}/metrics")).text


@asynccontextmanager
async def client(hub: System) -> AsyncIterator[Client]:
    """A client of a running hub."""
    async with httpx.AsyncClient(timeout=20, trust_env=False) as http:
        yield Client(hub, http)
