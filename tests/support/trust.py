"""What a trust sends to a running hub: message bundles by BaRS, under a token of its own."""

import json
import time
from typing import Any
from uuid import uuid4

import httpx
import orjson
from joserfc import jwt
from joserfc.jwk import ECKey

from hub.simulator import bars
from tests.support.client import Client


async def send(client: Client, source: str, bundle: Any, request_id: str | None = None) -> httpx.Response:
    """Post a bundle (or bytes) as this source."""
    body = bundle if isinstance(bundle, bytes) else orjson.dumps(bundle)
    headers = bars.headers(request_id or str(uuid4()), str(uuid4()), _token(client, source))
    return await client.http.post(f"{client.hub.url('bars')}/$process-message", content=body, headers=headers)


def _token(client: Client, source: str) -> str:
    jwk = json.loads(client.hub.deployment.signing_keys[source].read_text())
    claims = {"sub": source, "aud": "sendhub-bars", "exp": int(time.time()) + 300}
    return jwt.encode({"alg": "ES256", "kid": jwk["kid"]}, claims, ECKey.import_key(jwk))
