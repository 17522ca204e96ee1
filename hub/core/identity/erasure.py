"""Whose a kept value is, and erasing all that is kept of a source person at once.

Outside memory each value is sealed with a data key of its owner, so deleting that key is the erasure.
"""

from hub.core.identity.store import KeyValues

DATA_KEY = "!key:"
"""Begins the name under which an owner's data key is kept beside the values."""

OF_ONE_LINK = frozenset({"link", "fact", "disputed", "national", "asked", "adoption", "kept"})
"""What is kept under these is about one link, and may hold a person's identifiers: `<what>:<link>[:<number>]`."""

DEPLOYMENT = ""
"""Owner of all else: digests, opaque ids and what they refer to."""


def owner_of(key: str) -> str:
    """The link whose data key seals the value of this key, or DEPLOYMENT."""
    what, _, rest = key.partition(":")
    return rest.partition(":")[0] if what in OF_ONE_LINK else DEPLOYMENT


def erase(values: KeyValues, link_id: str) -> None:
    """Delete a link's data key and with it every value of the link, also those of earlier days on the changelog.

    The values go when the batch is committed; what is put for the link in the same batch stands, under a new key. What
    others hold of the link (its child's list, carriers of its numbers, questions) is for the caller to take out.
    """
    if not link_id:
        raise ValueError("no link: the deployment's own key is never erased")
    values.put(DATA_KEY + link_id, None)
