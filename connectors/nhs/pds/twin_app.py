"""The twin over HTTP, for tests and for trying the connector on one machine: synthetic people only.

`python -m connectors.nhs.pds.twin_app PATIENTS.json PUBLIC_KEY.pem` serves the Patient resources of a JSON list on a
loopback port, with `/oauth2/token` beside it.
"""

import secrets
import sys
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

import orjson
import uvicorn
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.nhs.pds.reading import Answered
from connectors.nhs.pds.tokens import ALGORITHM, ASSERTION
from connectors.nhs.pds.twin import MemoryPds

BASE = "/personal-demographics/FHIR/R4"
LASTS = "599"


@dataclass
class TwinApp:
    """The endpoints. `faults` are given, one each, in the place of the next answers; `seen` are the queries asked."""

    twin: MemoryPds
    public_key: RSAKey
    faults: list[Response] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)

    async def token(self, request: Request) -> Response:
        """OAuth 2 client credentials: a JWT that our key signed, for this address, and used once."""
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        if form.get("grant_type") != "client_credentials" or form.get("client_assertion_type") != ASSERTION:
            return JSONResponse({"error": "invalid_request"}, 400)
        try:
            signed = jwt.decode(form.get("client_assertion", ""), self.public_key, algorithms=[ALGORITHM])
            jwt.JWTClaimsRegistry(
                aud={"essential": True, "value": str(request.url)},
                exp={"essential": True},
                jti={"essential": True},
            ).validate(signed.claims)
        except (JoseError, ValueError, TypeError):
            return JSONResponse({"error": "invalid_client"}, 401)
        claims = signed.claims
        if claims["jti"] in self.used or claims.get("iss") != claims.get("sub") or not signed.header.get("kid"):
            return JSONResponse({"error": "invalid_request"}, 400)
        self.used.add(signed.claims["jti"])
        token = secrets.token_urlsafe(24)
        self.tokens.add(token)
        return JSONResponse({"access_token": token, "expires_in": LASTS, "token_type": "Bearer"})

    async def patient(self, request: Request) -> Response:
        """`GET /Patient/{number}`."""
        return self._guarded(request) or _fhir(self.twin.get(request.path_params["number"]))

    async def search(self, request: Request) -> Response:
        """`GET /Patient?…`."""
        return self._guarded(request) or _fhir(self.twin.find(dict(request.query_params)))

    def _guarded(self, request: Request) -> Response | None:
        """A fault that was asked for, else what the service says to who has no token or no request id."""
        self.seen.append(str(request.url.query))
        if self.faults:
            return self.faults.pop(0)
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return _fhir(Answered(401, b'{"resourceType":"OperationOutcome","issue":[]}'))
        if not request.headers.get("x-request-id"):
            return _fhir(Answered(400, b'{"resourceType":"OperationOutcome","issue":[]}'))
        return None


def create_app(app: TwinApp) -> Starlette:
    """The ASGI application."""
    return Starlette(
        routes=[
            Route("/oauth2/token", app.token, methods=["POST"]),
            Route(f"{BASE}/Patient/{{number}}", app.patient),
            Route(f"{BASE}/Patient", app.search),
        ]
    )


def _fhir(answered: Answered) -> Response:
    headers = {"ETag": answered.etag} if answered.etag else {}
    return Response(answered.body, answered.status, headers, "application/fhir+json")


def main(arguments: list[str]) -> None:
    """Serve until SIGTERM or SIGINT."""
    if len(arguments) != 2:
        sys.exit("usage: python -m connectors.nhs.pds.twin_app PATIENTS.json PUBLIC_KEY.pem")
    patients, key = Path(arguments[0]), Path(arguments[1])
    app = TwinApp(MemoryPds.of(orjson.loads(patients.read_bytes())), RSAKey.import_key(key.read_bytes()))
    uvicorn.run(create_app(app), host="127.0.0.1", port=8089, access_log=False, log_level="warning")


if __name__ == "__main__":
    main(sys.argv[1:])
