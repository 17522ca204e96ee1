"""Bytes as they were received: one suite, on what keeps them and on the desk behind HTTP. Kafka is a dict here."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import httpx
import pytest
from aiokafka.errors import KafkaConnectionError

from hub.api import desk_bytes
from hub.api.desk_app import create_desk
from hub.api.desk_bytes import GONE, LONGEST, UNOPENED, KeptBytes, LetterLook, MessageLook, RemoteBytes
from hub.api.remote_desk import RemoteDesk
from hub.platform.keys import KeyDestroyed
from hub.platform.settings import Settings
from hub.runtime.letters import Letter
from hub.runtime.sealing import Boundary
from hub.stages.errors import Unavailable
from hub.stages.stage import Record
from schemas.audit import AuditEntry
from schemas.deadletters import Parsed, parse
from schemas.envelope import Envelope
from schemas.trail import message_key
from tests.support.readmodel import dead_letter

TOKEN = "a token for tests"
BODY = b'{"person": {"given": "Ada"}}\x00\xff'
ENVELOPE = Envelope(id="m-1", source="src", type="sendhub.council.event", time=datetime(2026, 11, 1, tzinfo=UTC))
KEY = message_key("src", "m-1")
WHO, WHY = "officer-1", "a request of a parent"


class AtNoon:
    def now(self):
        return datetime(2026, 11, 27, 12, tzinfo=UTC)


class Keys:
    """Opens with a word in front of the value, unless the key was destroyed."""

    destroyed = False

    def open(self, letter_id, key_id, sealed, ring, days):
        if self.destroyed:
            raise KeyDestroyed("its key was destroyed")
        assert (letter_id, key_id) == (LETTER.meta.id, "k1")
        return sealed.removeprefix(b"sealed ")


LETTER = Letter(parse(*(lambda made: (made.value, made.headers))(dead_letter(7, BODY))).meta, 3)


@dataclass
class Kept:
    """What Kafka holds, and the audit."""

    audits: list[AuditEntry] = field(default_factory=list)
    records: dict[tuple[str, int, int], Record] = field(default_factory=dict)
    letters: dict[str, Letter] = field(default_factory=dict)
    keys: Keys = field(default_factory=Keys)
    away: bool = False
    audit_away: bool = False

    async def note(self, entry):
        if self.audit_away:
            raise Unavailable("this can't be audited")
        self.audits.append(entry)

    async def record_at(self, settings, place, offset):
        self._ask()
        return self.records.get((*place, offset))

    async def read_letters(self, settings):
        self._ask()
        return self.letters

    async def read_contents(self, settings, letters):
        for letter in letters:
            headers = (("ce_id", b"m-1"),)
            yield letter, Parsed(letter.meta, b"k", b"sealed " + BODY, headers, None, "k1")

    async def read_keys(self, settings):
        return self.keys

    def _ask(self):
        assert self.audits, "read before it was audited"
        if self.away:
            raise KafkaConnectionError


@pytest.fixture
def kept(monkeypatch):
    made = Kept()
    for name in ("record_at", "read_letters", "read_contents"):
        monkeypatch.setattr(desk_bytes, name, getattr(made, name))
    monkeypatch.setattr(desk_bytes.LetterKeys, "read", made.read_keys)
    return made


@pytest.fixture(params=["kept", "remote"])
async def port(request, kept):
    here = KeptBytes(Settings(), kept.note, AtNoon())
    if request.param == "kept":
        yield here
        return
    app = create_desk(None, (hashlib.sha256(TOKEN.encode()).hexdigest(),), here)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://desk", headers=headers) as client:
        yield RemoteBytes(RemoteDesk(client))


def look(**changes):
    known = {"message": KEY, "topic": "council.events", "partition": 0, "offset": 5, "who": WHO, "purpose": WHY}
    return MessageLook(**(known | changes))


def received(value=BODY, envelope=ENVELOPE):
    headers = envelope.headers()
    sealed = Boundary(Settings().ring).seal_value("council.events", value, headers)
    return Record("council.events", 0, 5, b"k", sealed, headers, 0)


async def test_a_message_is_opened_once_that_is_in_the_audit(port, kept):
    kept.records["council.events", 0, 5] = received()
    found = await port.message(look())
    assert (found.content, found.size, found.gone) == (BODY, len(BODY), "")
    assert ("ce_id", "m-1") in found.headers
    (entry,) = kept.audits
    assert (entry.actor, entry.action, entry.subjects, entry.why) == (WHO, "message.show-raw", (KEY,), WHY)


async def test_no_audit_no_answer(port, kept):
    kept.audit_away = True
    kept.records["council.events", 0, 5] = received()
    with pytest.raises(Unavailable, match="audited"):
        await port.message(look())
    with pytest.raises(Unavailable, match="audited"):
        await port.letter(LetterLook(letter=LETTER.meta.id, who=WHO, purpose=WHY))


async def test_what_stands_there_is_shown_only_if_it_is_the_message(port, kept):
    kept.records["council.events", 0, 5] = received(envelope=ENVELOPE.model_copy(update={"id": "m-2"}))
    assert (await port.message(look())).gone == GONE
    kept.records["council.events", 0, 5] = replace(received(), offset=6)
    assert (await port.message(look())).gone == GONE
    del kept.records["council.events", 0, 5]
    assert (await port.message(look())).gone == GONE
    assert len(kept.audits) == 3


async def test_one_that_can_not_be_opened_says_why(port, kept):
    made = received()
    kept.records["council.events", 0, 5] = replace(made, value=made.value[:-1] + b"\x00")
    found = await port.message(look())
    assert found.gone.startswith("the value can't be opened: ")
    assert found.value == ""


async def test_of_a_huge_one_the_beginning_is_handed_on(port, kept):
    kept.records["council.events", 0, 5] = received(b"x" * (LONGEST + 7))
    found = await port.message(look())
    assert (len(found.content), found.size) == (LONGEST, LONGEST + 7)


@pytest.mark.parametrize("topic", ["hub.observations", "hub.identity.state", "hub.links"])
def test_no_other_topic_is_shown(topic):
    with pytest.raises(ValueError, match="topic"):
        look(topic=topic)


async def test_a_dead_letter_is_opened_with_its_own_key(port, kept):
    kept.letters[LETTER.meta.id] = LETTER
    found = await port.letter(LetterLook(letter=LETTER.meta.id, who=WHO, purpose=WHY))
    assert (found.content, found.headers) == (BODY, (("ce_id", "m-1"),))
    (entry,) = kept.audits
    assert (entry.action, entry.subjects) == ("deadletter.show-raw", (LETTER.meta.id,))


async def test_a_letter_that_can_not_be_opened_says_why(port, kept):
    asked = LetterLook(letter=LETTER.meta.id, who=WHO, purpose=WHY)
    assert await port.letter(asked) is None
    kept.letters[LETTER.meta.id] = LETTER._replace(meta=LETTER.meta.model_copy(update={"unopened": True}))
    assert (await port.letter(asked)).gone == UNOPENED
    kept.letters[LETTER.meta.id], kept.keys.destroyed = LETTER, True
    assert "can't be opened any more" in (await port.letter(asked)).gone


async def test_while_kafka_is_away_that_is_said(port, kept):
    kept.away = True
    with pytest.raises(Unavailable, match="Kafka does not answer"):
        await port.message(look())
    with pytest.raises(Unavailable, match="Kafka does not answer"):
        await port.letter(LetterLook(letter=LETTER.meta.id, who=WHO, purpose=WHY))


async def test_only_the_hubs_own_may_ask_the_desk(kept):
    app = create_desk(None, (hashlib.sha256(TOKEN.encode()).hexdigest(),), KeptBytes(Settings(), kept.note, AtNoon()))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
        for path in ("/bytes/message", "/bytes/letter"):
            assert (await client.post(path, json={})).status_code == 401
    assert kept.audits == []
