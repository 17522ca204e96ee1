"""How the hub does: gathered once, from processes, Kafka, the read model and the keys; for command, API and pages."""

from hub.runtime.status.gathering import gather

__all__ = ["gather"]
