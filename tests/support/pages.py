"""The pages over a read model and a desk in memory, and people of each role to open them."""

import hashlib
import secrets
from datetime import date, timedelta
from pathlib import Path

import httpx
from starlette.requests import HTTPConnection
from starlette.responses import Response

from hub.api.access import Grant
from hub.api.access.access import Access
from hub.api.access.keys import AccessKey
from hub.api.access.limits import Limiter
from hub.api.access.sessions import COOKIE, Sessions
from hub.api.app import create_app
from hub.api.settings import ApiSettings
from hub.platform.clock import DrivenClock
from hub.simulator.feeds import CASES, TRACKER
from hub.store.engine import open_engine
from tests.support.synthetic import ELSEWHERE, LAST_DAY, NOW, Hub, council

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


MALICE = "<script>document.title='ran'</script>"
"""A name that would run, were it not escaped."""


def person(number: int, given: str, family: str, born: date = date(2017, 5, 6), **said) -> dict:
    """A made-up person as a council sends them; without numbers, unless given."""
    return {"id": f"X-{number}", "given": given, "family": family, "birth_date": born.isoformat(), **said}


def extras() -> list:
    """What no partnership of the simulator has: names that attack, a restricted child, one of another area, an
    exemption, a disagreement, two people under one id, and facts that do not add up."""
    ago = lambda days: LAST_DAY - timedelta(days=days)  # noqa: E731
    attacker = person(1, MALICE, '=HYPERLINK("http://example.org")')
    kept_back = person(2, "Rosa", "Quiet")
    other = person(3, "Nele", "Elsewhere")
    exempt = person(4, "Tomás", "Away")
    doubted = person(5, "Ines", "Twice")
    speech = {"heading": "medical", "service": "speech-and-language", "asked": {"role": "trust", "ods": "RXQ"}}
    said = []

    def case(who: dict, number: int, days: int, source: str = "") -> dict:
        made = {"source": source} if source else {}
        request, advice = f"REQ-9{number}", f"ADV-9{number}"
        said.append(
            council(
                "assessment.requested",
                request,
                ago(days),
                person=who,
                subject={"request": request},
                data={"case_reference": request},
                **made,
            )
        )
        days -= 30
        decided = {"subject": {"request": request}, "data": {"outcome": "assess"}}
        said.append(council("assessment.decided", request, ago(days), person=who, **decided, **made))
        about = {"subject": {"request": request, "advice": advice}}
        said.append(
            council("advice.requested", f"INV-9{number}", ago(days - 2), person=who, **about, data=speech, **made)
        )
        return about

    case(attacker, 1, 60)
    case(kept_back, 2, 90)
    said.append(council("child.restricted", "X-2", ago(50), person=kept_back))
    case(other, 3, 80, ELSEWHERE)
    about = case(exempt, 4, 100)
    absence = {"ground": "absence", "from": ago(60).isoformat(), "to": ago(20).isoformat()}
    said.append(council("exemption.claimed", "EX-4", ago(55), person=exempt, **about, data=absence))
    said.append(council("exemption.accepted", "EX-4", ago(50), person=exempt, **about, data={"claim": "EX-4"}))
    about = case(doubted, 5, 70)
    said.append(council("advice.delivered", "INV-95", ago(50), person=doubted, **about, data={"to": speech["asked"]}))
    arrived = {**about, "data": {"from": speech["asked"], "usable": True}}
    said.append(council("advice.received", "INV-95", ago(12), person=doubted, **arrived))
    said.append(council("advice.received", "TRK-95", ago(9), person=doubted, **arrived, source=TRACKER))
    stranger = person(5, "Gwen", "Other", date(2012, 1, 9))
    said.append(council("assessment.requested", "REQ-96", ago(5), person=stranger, subject={"request": "REQ-96"}))
    return said


SOURCES = "".join(
    f'[[sources]]\nid = "{source}"\nkind = "council"\narea = "{area}"\n'
    for source, area in ((CASES, "825"), (TRACKER, "825"), (ELSEWHERE, "931"))
)


class Served:
    """The application, who signed in to it, and what it wrote to the audit and decided."""

    def __init__(self, url: str, hub: Hub | None = None, desk=None, doing=None) -> None:
        folder = Path(url.removeprefix("sqlite:///")).parent
        clock_file = folder / f"clock-{secrets.token_hex(4)}"
        self.clock = DrivenClock(clock_file)
        self.clock.set(NOW)
        self.key = AccessKey(b"an access key for tests, 32 bytes")
        self.sessions = Sessions(self.key, self.clock, timedelta(hours=1), timedelta(hours=9))
        self.access = Access(self.key, self.key.of("cursor"), self.sessions, [self.sessions])
        self.audits, self.sent = [], []
        self.engine = open_engine(url, read_only=True)
        identities = desk if desk is not None else hub.desk() if hub is not None else None
        (folder / "sources.toml").write_text(SOURCES)
        settings = ApiSettings(
            api_token_sha256=hashlib.sha256(b"token").hexdigest(),
            database_url=url,
            sources_file=folder / "sources.toml",
            clock_file=clock_file,
        )
        self.app = create_app(settings, self.engine, identities, self._send, self.access, self._note, doing=doing)

    def begin_again(self) -> None:
        """As if nothing had been done yet."""
        self.audits.clear()
        self.sent.clear()
        self.access.limiter = Limiter()
        self.clock.set(NOW)

    async def _note(self, entry) -> None:
        self.audits.append(entry)

    async def _send(self, observation) -> None:
        self.sent.append(observation)

    def cookie(self, who: str, *grants: Grant, restricted: bool = False) -> str:
        """The cookie of somebody who signed in: one of PEOPLE, or with the grants given."""
        answer = Response()
        self.sessions.begin(answer, f"prs-{who}", grants or (PEOPLE[who],), restricted=restricted)
        return answer.headers["set-cookie"].split(";")[0].removeprefix(f"{COOKIE}=")


class Visitor:
    """Somebody's browser without scripts: keeps cookies, follows nothing by itself."""

    def __init__(self, served: Served, who: str, *grants: Grant, restricted: bool = False) -> None:
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(served.app), base_url="https://hub")
        self._sessions = served.sessions
        self.cookies = {COOKIE: served.cookie(who, *grants, restricted=restricted)}

    async def get(self, path: str) -> httpx.Response:
        return self._kept(await self._client.get(path, headers=self._headers()))

    async def post(self, path: str, **fields: str) -> httpx.Response:
        """With the token of a form that this session was shown."""
        form = {"csrf_token": fields.pop("token", None) or await self._token(), **fields}
        return self._kept(await self._client.post(path, data=form, headers=self._headers()))

    async def _token(self) -> str:
        """What every form of this session's pages carries."""
        headers = [(name.lower().encode(), value.encode()) for name, value in self._headers().items()]
        who = await self._sessions.principal(HTTPConnection({"type": "http", "headers": headers}))
        return self._sessions.token(who)

    def _headers(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    def _kept(self, answer: httpx.Response) -> httpx.Response:
        for said in answer.headers.get_list("set-cookie"):
            name, _, rest = said.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return answer
