"""Waiting until all that was taken has gone through the stages, as their own metrics tell it."""

import asyncio
import time
from collections.abc import Sequence

import httpx
from prometheus_client.parser import text_string_to_metric_families

_LAG = "sendhub_stage_lag_records"
_LOOK = 0.3
_PATIENCE = 300.0


class StillBehind(Exception):
    """The stages did not come to the end of what was taken within five minutes: are they all running?"""

    def __init__(self) -> None:
        super().__init__(str(self.__doc__))


async def until_drained(addresses: Sequence[str]) -> None:
    """Return when every stage's lag was nothing in two looks running; at once when there is nowhere to look."""
    if not addresses:
        return
    ends, quiet = time.monotonic() + _PATIENCE, 0
    async with httpx.AsyncClient(timeout=10.0) as client:
        while quiet < 2:
            if time.monotonic() > ends:
                raise StillBehind
            await asyncio.sleep(_LOOK)
            quiet = 0 if await _behind(client, addresses) else quiet + 1


async def _behind(client: httpx.AsyncClient, addresses: Sequence[str]) -> bool:
    try:
        return sum([await _lag(client, address) for address in addresses]) > 0
    except httpx.HTTPError:
        return True


async def _lag(client: httpx.AsyncClient, address: str) -> float:
    answer = await client.get(address)
    answer.raise_for_status()
    families = text_string_to_metric_families(answer.text)
    return sum(sample.value for family in families for sample in family.samples if sample.name == _LAG)
