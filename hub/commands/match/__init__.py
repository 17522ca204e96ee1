"""`sendhub match`: try matching on a council's own records, and train its weights."""

from hub.commands.match.app import app

__all__ = ["app"]
