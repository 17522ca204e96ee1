"""What engineers' pages show: messages in every state, dead letters of several causes, and a hub that does as told."""

import asyncio
import base64
from datetime import UTC, datetime, timedelta

from hub.api.desk_bytes import Raw
from hub.api.operating import OnRecord
from hub.runtime.letter_replay import Report as LetterReport
from hub.runtime.message_replay import Report as MessageReport
from hub.simulator.feeds import CASES, TRACKER
from hub.store import Projector
from schemas.deadletters import letter_id
from schemas.envelope import Envelope
from schemas.pauses import Pause
from schemas.status import Item, Status
from schemas.trail import MessageRead, ObservationTaken, message_key, receipt
from tests.support.readmodel import child, dead_letter, record, resolution, review
from tests.support.synthetic import ELSEWHERE, NOW

EVIL = "<img src=x onerror=alert(1)>"
BODY = f'{{"person": {{"given": "Ada", "family": "{EVIL}"}}}}\x07'.encode()
COUNCIL_TYPE = "sendhub.council.event"


def key(name, source=CASES):
    """Our id of a message of `fill_engineering`."""
    return message_key(source, name)


def _envelope(name, minutes, source=CASES, kind=COUNCIL_TYPE):
    return Envelope(id=name, source=source, type=kind, time=NOW - timedelta(minutes=minutes))


def _read(envelope, offset, outcome="read", observations=1, questions=0, reason=None):
    return MessageRead(
        **dict(receipt(envelope)), topic="council.events", partition=0, offset=offset, outcome=outcome,
        observations=observations if outcome == "read" else 0, questions=questions, reason=reason,
    )  # fmt: skip


def _took(envelope, outcome, child_id=None, kind="assessment.requested", number=0):
    return ObservationTaken(
        message=message_key(envelope.source, envelope.id), observation=f"o-{envelope.id}-{number}",
        source=envelope.source, kind=kind, received_at=envelope.time, outcome=outcome, child_id=child_id,
    )  # fmt: skip


def trail():
    """Every way that a message goes."""
    taken, asked, out, repeat = (
        _envelope(f"m-{n}", m) for n, m in (("taken", 5), ("asked", 9), ("out", 30), ("again", 40))
    )
    waits, kept, secret = _envelope("m-waits", 2), _envelope("m-kept", 50), _envelope("m-secret", 60)
    evil, other = _envelope(f"m-{EVIL}", 70, TRACKER), _envelope("m-other", 80, ELSEWHERE)
    yield from (_read(taken, 0, observations=2), _took(taken, "taken", "chd-1"))
    yield _took(taken, "taken", "chd-1", "advice.requested", 1)
    yield from (_read(asked, 1, questions=1), _took(asked, "asked"))
    yield _read(out, 2, "out-of-scope", reason="it is about nobody under 26")
    yield from (_read(repeat, 3), _took(repeat, "repeat", "chd-1"))
    yield _read(waits, 4, observations=3)
    yield from (_read(kept, 5), _took(kept, "kept"))
    yield from (_read(secret, 6), _took(secret, "taken", "chd-hidden", "order.made"))
    yield from (_read(evil, 7), _took(evil, "taken", "chd-1"))
    yield from (_read(other, 8), _took(other, "taken", "chd-2"))
    for number in range(60):
        older = _envelope(f"m-old-{number:02}", 24 * 60 + 7 * number)
        yield from (_read(older, 9 + number), _took(older, "taken", "chd-1"))


def letters():
    """Two causes that are open (one of which partly fixed, one letter come back), and one of which all is fixed."""
    unregistered = {"error": "PermanentError", "message": "the source is not registered", "step": "handle"}
    lost = _envelope("m-lost", 20)
    back = letter_id("council.events", 2, 90, "intake")
    undecoded = [
        _letter(n, 20 + n, headers=lost.headers() if n == 0 else _envelope(f"m-bad-{n}", 20 + n).headers())
        for n in range(3)
    ]
    elsewhere = _letter(3, 90, headers=_envelope("m-there", 90, ELSEWHERE).headers(), **unregistered)
    stranger = _letter(4, 200, headers=_envelope("m-x", 200, TRACKER).headers(), **unregistered)
    broken = _letter(5, 300, stage="identity", step="handle", error="KeyError", message=f"the stage failed {EVIL}")
    return [
        *undecoded, elsewhere, stranger, broken,
        resolution(6, undecoded[2], how="replayed", offset=90, returns_as=back),
        _letter(90, 10, headers=_envelope("m-bad-2", 22).headers()),
        resolution(91, broken, how="resolved", reason="asked them, they sent it again"),
    ]  # fmt: skip


def _letter(offset, minutes, **changes):
    return dead_letter(offset, BODY, at=NOW - timedelta(minutes=minutes), **changes)


def fill_engineering(url):
    """Into an empty read model."""
    projector = Projector.open(url, lambda _: None)
    said = [record("hub.trail", n, step.message, step.model_dump_json().encode()) for n, step in enumerate(trail())]
    projector.apply("hub.trail", 0, said, 0, len(said))
    projector.apply("hub.deadletter", 0, letters(), 0, 92)
    asked = review(0, "rv-1", question="data", source=CASES, message="m-asked", detail="A date lies in 2026-10-20.")
    projector.apply("hub.review", 0, [asked], 0, 1)
    children = [
        child(0, "chd-1", restricted=False),
        child(1, "chd-2", area="931"),
        child(2, "chd-hidden", restricted=True),
    ]
    projector.apply("hub.children", 0, children, 0, 3)
    projector.close()


class Doing:
    """Operations in memory. `go` lets a replay of messages end; `fails` is what one raises."""

    def __init__(self):
        self.go, self.told, self.acts, self.fails, self.away = asyncio.Event(), [], [], None, None
        self.on_record = [
            OnRecord("job-old", "prs-night", NOW - timedelta(days=1), "3 messages: the decoder was mended", None),
            OnRecord("job-done", "prs-day", NOW - timedelta(days=2), "5 messages: a new source", "done: 5 read again"),
        ]
        self.held = {"casework": Pause(process="casework", actor="prs-night", why=f"a wrong rule {EVIL}", at=NOW)}
        self.value = BODY

    async def replay_messages(self, wanted, act, tell, stopped):
        self.acts.append((act, [each.message for each in wanted]))
        for done in range(1, len(wanted) + 1):
            tell(done, 0)
            if done == min(2, len(wanted)):
                await self.go.wait()
            if stopped():
                rest = tuple(each.message for each in wanted[done:])
                return MessageReport(fixed=tuple(each.message for each in wanted[:done]), left=rest)
        if self.fails is not None:
            raise self.fails
        return MessageReport(fixed=tuple(each.message for each in wanted))

    async def replay_letters(self, ids, act, tell, stopped):
        self.acts.append((act, list(ids)))
        tell(len(ids))
        return LetterReport(fixed=tuple(ids[1:]), came_back=tuple(ids[:1]))

    async def resolve(self, ids, act):
        self.acts.append((act, list(ids)))
        return len(ids)

    async def message_bytes(self, look):
        self.told.append(look)
        headers = (("ce_id", "m-taken"), ("x", EVIL))
        return Raw(headers=headers, value=base64.b64encode(self.value).decode(), size=len(self.value))

    async def letter_bytes(self, look):
        return await self.message_bytes(look)

    async def jobs(self):
        if self.away is not None:
            raise self.away
        return self.on_record

    async def status(self):
        if self.away is not None:
            raise self.away
        casework = self.held["casework"].words if "casework" in self.held else "ready"
        items = (
            Item(part="process", name="webhook", state="well", words="ready"),
            Item(part="process", name="intake", state="well", words="ready"),
            Item(part="stage", name="intake", state="well", words="has read everything", figures={"lag_records": 0}),
            Item(part="stage", name="identity", state="degraded", words="1,204 records behind", runbook="lag-rising"),
            Item(part="process", name="casework", state="degraded", words=casework),
            Item(part="kafka", name="kafka", state="well", words="answers"),
            Item(
                part="questions", name="data", state="degraded", words="2 open, 1 for a week or longer",
                runbook="reviews-standing",
            ),
            Item(part="expiry", name="wrapping-key", state="well", words="ends on 2026-12-20"),
        )  # fmt: skip
        return Status(at=datetime.now(UTC), state="degraded", items=items)

    async def paused(self):
        return self.held

    async def pause(self, asked):
        self.acts.append(("pause", asked))
        self.held = {**self.held, asked.process: asked}

    async def resume(self, asked):
        self.acts.append(("resume", asked))
        self.held = {name: each for name, each in self.held.items() if name != asked.process}
