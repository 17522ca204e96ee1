"""A provider that signs people in, and what its tokens say; all of it made up."""

import base64
import hashlib
import hmac
import json
import time
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

ISSUER = "https://id.example"
CLIENT = "sendhub"
AUDIENCE = "sendhub-api"


class FakeProvider:
    """Answers as an OpenID Connect provider would. `asked` counts by path; `down` makes it answer 503."""

    def __init__(self):
        self.keys = {"k1": RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})}
        self.asked = {}
        self.down = False
        self.issuer = ISSUER
        self.codes = {}

    @property
    def client(self):
        return httpx.AsyncClient(transport=httpx.MockTransport(self.answer), follow_redirects=False)

    def answer(self, request):
        path = request.url.path
        self.asked[path] = self.asked.get(path, 0) + 1
        if self.down:
            return httpx.Response(503)
        if path == "/.well-known/openid-configuration":
            return httpx.Response(
                200,
                json={
                    "issuer": self.issuer,
                    "authorization_endpoint": f"{ISSUER}/authorize",
                    "token_endpoint": f"{ISSUER}/token",
                    "jwks_uri": f"{ISSUER}/keys",
                },
            )
        if path == "/keys":
            return httpx.Response(200, json={"keys": [key.as_dict(private=False) for key in self.keys.values()]})
        if path == "/token":
            return self.tokens(parse_qs(request.content.decode()))
        return httpx.Response(404)

    def tokens(self, form):
        known = self.codes.pop(form["code"][0], None)
        if known is None:
            return httpx.Response(400, json={"error": "invalid_grant"})
        challenge, claims = known
        verifier = hashlib.sha256(form["code_verifier"][0].encode()).digest()
        if base64.urlsafe_b64encode(verifier).rstrip(b"=").decode() != challenge:
            return httpx.Response(400, json={"error": "invalid_grant"})
        return httpx.Response(200, json={"id_token": self.token(**claims), "access_token": "opaque"})

    def sign_in(self, there, **claims):
        """What a person does at the provider: the code and state that the browser brings back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(there).query).items()}
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}-{time.monotonic_ns()}"
        said = {"aud": CLIENT, "nonce": asked["nonce"], "sub": "user-1"} | claims
        self.codes[code] = (asked["code_challenge"], said)
        return code, asked["state"]

    def token(self, key=None, header=None, **claims):
        key = key or self.keys["k1"]
        now = int(time.time())
        said = {"iss": ISSUER, "aud": AUDIENCE, "sub": "system-1", "iat": now, "exp": now + 300} | claims
        said = {"client_id": said["sub"]} | said
        said = {name: value for name, value in said.items() if value is not None}
        algorithm = {"RSA": "RS256", "EC": "ES256", "oct": "HS256"}[key.key_type]
        made = {"alg": algorithm, "kid": key.kid} | (header or {})
        return jwt.encode(made, said, key, algorithms=[made["alg"]])

    def other(self):
        """A key that is not the provider's, under the provider's id."""
        return ECKey.generate_key("P-256", {"kid": "k1"})


def by_hand(header, claims, sign):
    """A token that no library would make."""
    now = int(time.time())
    said = {"iss": ISSUER, "aud": AUDIENCE, "sub": "system-1", "exp": now + 300} | claims
    signed = ".".join(_text(json.dumps(part).encode()) for part in ({"kid": "k1", **header}, said))
    return f"{signed}.{_text(sign(signed.encode()))}"


def unsigned(**claims):
    """`alg: none`."""
    return by_hand({"alg": "none"}, claims, lambda _: b"")


def confused(provider, **claims):
    """Signed with the provider's public key as if it were a shared secret (CVE-2015-9235)."""
    public = provider.keys["k1"].as_pem(private=False)
    return by_hand({"alg": "HS256"}, claims, lambda signed: hmac.digest(public, signed, "sha256"))


def _text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
