"""Identity's desk in another process, asked over HTTP."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from hub.stages.errors import Unavailable
from schemas.looks import Adoption, Evidence, FoundChildren, Identified, KnownChildren, Ruled, Sought

SECONDS = 30.0
"""How long an answer may take: the desk first reads what identity wrote since."""

Kind = TypeVar("Kind", bound=BaseModel)


class RemoteDesk:
    """Asks the desk at a URL. Names are in bodies only; what goes wrong is told without them."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    @classmethod
    def at(cls, url: str, token: str) -> "RemoteDesk":
        """The desk at a base URL, opened by a token."""
        headers = {"Authorization": f"Bearer {token}"}
        return cls(httpx.AsyncClient(base_url=url, headers=headers, timeout=SECONDS, follow_redirects=False))

    async def identify(self, child: str, who: str, purpose: str) -> Identified | None:
        """See Identities."""
        return await self.ask("/identify", {"child": child, "who": who, "purpose": purpose}, Identified)

    async def known(self, children: Sequence[str], who: str, purpose: str, *, names: bool) -> KnownChildren:
        """See Identities."""
        body = {"children": list(children), "who": who, "purpose": purpose, "names": names}
        return _there(await self.ask("/known", body, KnownChildren))

    async def find(self, sought: Sought, who: str, purpose: str, most: int) -> FoundChildren:
        """See Identities."""
        body = {"sought": sought.model_dump(mode="json"), "who": who, "purpose": purpose, "most": most}
        return _there(await self.ask("/find", body, FoundChildren))

    async def evidence(self, task: str, who: str, purpose: str, beside: Sequence[str] = ()) -> Evidence | None:
        """See Identities."""
        body = {"task": task, "who": who, "purpose": purpose, "beside": list(beside)}
        return await self.ask("/evidence", body, Evidence)

    async def compare(self, children: Sequence[str], who: str, purpose: str) -> Evidence | None:
        """See Identities."""
        return await self.ask("/compare", {"children": list(children), "who": who, "purpose": purpose}, Evidence)

    async def adoption(self, child: str, who: str, purpose: str) -> Adoption | None:
        """See Identities."""
        return await self.ask("/adoption", {"child": child, "who": who, "purpose": purpose}, Adoption)

    async def ruled(self, decision: str) -> Ruled:
        """See Identities."""
        return _there(await self.ask("/ruled", {"decision": decision}, Ruled))

    async def close(self) -> None:
        """Let the connections go."""
        await self._client.aclose()

    async def ask(self, path: str, body: Mapping[str, object], kind: type[Kind]) -> Kind | None:
        """One question; None where the desk has no such thing. Raises Unavailable."""
        try:
            answer = await self._client.post(path, json=body)
        except httpx.HTTPError as error:
            raise Unavailable(f"identity's desk does not answer ({type(error).__name__})") from None
        if answer.status_code == 404:
            return None
        if answer.status_code != 200:
            raise Unavailable(f"identity's desk answers {answer.status_code}: {_title(answer)}")
        try:
            return kind.model_validate_json(answer.content)
        except ValidationError:
            raise Unavailable(_UNFIT) from None


def _there(found: Kind | None) -> Kind:
    if found is None:
        raise Unavailable(_UNFIT)
    return found


_UNFIT = "identity's desk answers in another form: it is of another version"


def _title(answer: httpx.Response) -> str:
    """The problem's own words, which never hold what was sent."""
    try:
        said = answer.json()
        return str(said.get("detail") or said["title"])[:300]
    except (ValueError, KeyError, AttributeError):
        return "no reason given"
