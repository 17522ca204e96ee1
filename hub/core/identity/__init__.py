"""Identity: which child a source person is, decided only on evidence that the policy allows. Pure."""

from hub.core.identity.engine import Identity
from hub.core.identity.outcome import Outcome

__all__ = ["Identity", "Outcome"]
