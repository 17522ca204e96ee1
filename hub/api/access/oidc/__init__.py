"""OpenID Connect: people sign in with a code (PKCE, state, nonce), systems bring a signed token. Any provider."""

from hub.api.access.oidc.provider import Provider, ProviderAway
from hub.api.access.oidc.systems import NotASystem, Systems
from hub.api.access.oidc.tokens import BearerTokens, Refused, TokenCheck

__all__ = ["BearerTokens", "NotASystem", "Provider", "ProviderAway", "Refused", "Systems", "TokenCheck"]
