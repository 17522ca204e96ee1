"""The read model: written exactly once by the projection, read by the API, the exporter and the command line."""

from hub.store.errors import Conflict, NotReached, SchemaMismatch
from hub.store.projector import Projector

__all__ = ["Conflict", "NotReached", "Projector", "SchemaMismatch"]
