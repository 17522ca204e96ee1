"""The pages over a read model and a desk in memory, and people of each role to open them."""

import hashlib
from datetime import timedelta

from starlette.responses import Response

from hub.api.access import Grant
from hub.api.access.access import Access
from hub.api.access.keys import AccessKey
from hub.api.access.sessions import COOKIE, Sessions
from hub.api.app import create_app
from hub.api.settings import ApiSettings
from hub.store.engine import open_engine
from tests.support.synthetic import AtNow, Hub

AREA = frozenset({"825"})
SLT = frozenset({"speech-and-language"})
PEOPLE = {
    "coordinator": Grant(role="coordinator", areas=AREA),
    "designated-officer": Grant(role="designated-officer", areas=AREA),
    "service": Grant(role="service", areas=AREA, services=SLT),
    "head-of-send": Grant(role="head-of-send", areas=AREA),
    "viewer": Grant(role="viewer", areas=AREA),
    "engineer": Grant(role="engineer", areas=AREA),
    "information-governance": Grant(role="information-governance", areas=AREA),
    "admin": Grant(role="admin", areas=AREA),
    "elsewhere": Grant(role="coordinator", areas=frozenset({"931"})),
}
"""One person of each role, and a coordinator of another area."""


class Served:
    """The application, who signed in to it, and what it wrote to the audit and decided."""

    def __init__(self, url: str, hub: Hub | None = None, desk=None) -> None:
        self.clock = AtNow()
        self.key = AccessKey(b"an access key for tests, 32 bytes")
        self.sessions = Sessions(self.key, self.clock, timedelta(hours=1), timedelta(hours=9))
        self.access = Access(self.key, self.key.of("cursor"), self.sessions, [self.sessions])
        self.audits, self.sent = [], []
        self.engine = open_engine(url, read_only=True)
        identities = desk if desk is not None else hub.desk() if hub is not None else None
        settings = ApiSettings(api_token_sha256=hashlib.sha256(b"token").hexdigest())
        self.app = create_app(settings, self.engine, identities, self._send, self.access, self._note)

    async def _note(self, entry) -> None:
        self.audits.append(entry)

    async def _send(self, observation) -> None:
        self.sent.append(observation)

    def cookie(self, who: str, *grants: Grant, restricted: bool = False) -> str:
        """The cookie of somebody who signed in: one of PEOPLE, or with the grants given."""
        answer = Response()
        self.sessions.begin(answer, f"prs-{who}", grants or (PEOPLE[who],), restricted=restricted)
        return answer.headers["set-cookie"].split(";")[0].removeprefix(f"{COOKIE}=")
