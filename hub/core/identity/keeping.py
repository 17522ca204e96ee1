"""What each link has said: kept, so that it can move to another child, and passed on while the link has one."""

from datetime import datetime

from hub.core.errors import CoreError
from hub.core.identity.bodies import Body, content_digest, fact_of, taken_back
from hub.core.identity.store import Link, Stated
from hub.core.identity.work import Work
from schemas.ids import keyed_digest
from schemas.instants import microseconds


def keep(work: Work, link: Link, body: Body) -> bool:
    """Keep a statement under its link and pass it on; False when it says nothing new.

    Of the same content the earliest received_at stands, so only an earlier one is passed on again. Raises CoreError for
    a closed link: it passes nothing on, so what was kept there would be lost.
    """
    if link.closed:
        raise CoreError("link: was closed for good and takes nothing in")
    content = content_digest(body, work.key, link)
    received = microseconds(datetime.fromisoformat(body["received_at"]))
    seen = work.store.seen(content)
    if seen is not None and seen[1] <= received:
        return False
    number = link.facts if seen is None else seen[0]
    link.facts += seen is None
    work.store.put_fact(link.id, number, body)
    work.store.put_seen(content, number, received)
    work.store.put_link(link)
    if link.child is not None:
        work.outcome.facts.append(fact_of(body, link, link.child))
    return True


def take_back(work: Work, link: Link, body: Body) -> None:
    """A record that a later version gives to another source person is taken back from the earlier ones.

    Else advice entered for the wrong twin, and put right in the source, would stay with the first child. Of one version
    that names two people both stand: which is right is not for us to guess.
    """
    key = keyed_digest(work.key, "statement", body["source"], body["record"], body["kind"], body["occurrence"])
    stated = work.store.stated(key)
    mine = Stated(body["version"], body["recorded_at"], body["received_at"])
    known = stated.get(link.id)
    if known is None or (mine.version, known.received_at) > (known.version, mine.received_at):
        stated[link.id] = mine
        work.store.put_stated(key, stated)
    if len(stated) == 1:
        return
    newest = max(stated.values())
    for link_id, theirs in sorted(stated.items()):
        if theirs.version < newest.version:
            earlier = link if link_id == link.id else work.link(link_id)
            keep(work, earlier, taken_back(body, newest.version, newest.recorded_at, newest.received_at))
