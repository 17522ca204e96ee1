"""Who may do what: who asks (principal), what each role may (permissions), what each path needs (ways).

Pages and API use `asking(request)`: the gate has put the principal there before any handler runs.
"""

from hub.api.access.permissions import MAY, Permission, Role
from hub.api.access.principal import ANY, Grant, Principal, asking

__all__ = ["ANY", "MAY", "Grant", "Permission", "Principal", "Role", "asking"]
