"""Bytes as they were received, for somebody who may see them and says why. Audited before anything is read.

They stand sealed in Kafka; the desk's process holds the key ring. `KeptBytes` reads and opens them there, `RemoteBytes`
asks the desk; one conformance suite runs on both.
"""

import base64
from collections.abc import Awaitable, Callable
from typing import Annotated, Literal, Protocol

from aiokafka.errors import KafkaError
from fastapi import APIRouter, Body, HTTPException, Response
from pydantic import Field

from hub.api.remote_desk import RemoteDesk
from hub.platform.clock import Clock
from hub.platform.keys import KeyDestroyed, KeyFault
from hub.platform.settings import Settings
from hub.runtime.letter_keys import LetterKeys, saying
from hub.runtime.letters import read_contents, read_letters
from hub.runtime.partitions import Partition
from hub.runtime.records import record_at
from hub.runtime.sealing import Boundary
from hub.stages.errors import PermanentError, Unavailable
from hub.stages.stage import Headers, Record
from schemas.audit import Action, AuditEntry
from schemas.base import Model
from schemas.envelope import Envelope
from schemas.looks import LookRequest
from schemas.statements import Text
from schemas.trail import message_key

LONGEST = 200_000
"""Most bytes of a value that are shown: more is read by nobody on a page."""
NO_STORE = {"Cache-Control": "no-store"}
GONE = "Its bytes are not kept any more: Kafka keeps raw messages for 30 days."
UNOPENED = "Its seal could not be opened when it was given up, so nobody can read it."


class MessageLook(LookRequest):
    """Which message, and where its bytes stand: only on the topics of raw messages."""

    message: Text
    topic: Literal["council.events", "nhs.messages"]
    partition: int = Field(ge=0)
    offset: int = Field(ge=0)


class LetterLook(LookRequest):
    """Which dead letter."""

    letter: Text


class Raw(Model):
    """What was received: headers as text, the value's first bytes in base64, and how many there are in all. Where
    there are none to show, `gone` says why."""

    headers: tuple[tuple[str, str], ...] = ()
    value: str = ""
    size: int = 0
    gone: str = ""

    @property
    def content(self) -> bytes:
        """The value's first bytes."""
        return base64.b64decode(self.value)


class RawBytes(Protocol):
    """Shows bytes to a person. Every method raises Unavailable when it can't, or when the look can't be audited."""

    async def message(self, look: MessageLook) -> Raw:
        """The bytes of a message."""
        ...

    async def letter(self, look: LetterLook) -> Raw | None:
        """The bytes of a dead letter; None where there is no such letter."""
        ...


class KeptBytes:
    """Reads them where they are kept."""

    def __init__(self, settings: Settings, note: Callable[[AuditEntry], Awaitable[None]], clock: Clock) -> None:
        self._settings = settings
        self._note = note
        self._clock = clock

    async def message(self, look: MessageLook) -> Raw:
        """See RawBytes."""
        await self._tell(look, "message.show-raw", look.message)
        place = Partition(look.topic, look.partition)
        try:
            record = await record_at(self._settings, place, look.offset)
        except (KafkaError, OSError) as error:
            raise _away(error) from None
        if record is None or record.offset != look.offset or not _is(record, look.message):
            return Raw(gone=GONE)
        try:
            opened = Boundary(self._settings.ring).open(record)
        except PermanentError as error:
            return Raw(gone=f"{error}.")
        return _raw(opened.headers, opened.value)

    async def letter(self, look: LetterLook) -> Raw | None:
        """See RawBytes."""
        await self._tell(look, "deadletter.show-raw", look.letter)
        try:
            return await self._letter(look.letter)
        except KeyDestroyed as error:
            return Raw(gone=f"{saying(error)}.")
        except KeyFault as error:
            raise Unavailable(saying(error)) from None
        except (KafkaError, OSError) as error:
            raise _away(error) from None

    async def _letter(self, letter_id: str) -> Raw | None:
        settings = self._settings
        found = (await read_letters(settings)).get(letter_id)
        if found is None:
            return None
        if found.meta.unopened:
            return Raw(gone=UNOPENED)
        keys = await LetterKeys.read(settings)
        async for _, content in read_contents(settings, [found]):
            value = content.value
            if value is not None and content.key_id is not None:
                value = keys.open(letter_id, content.key_id, value, settings.ring, settings.letter_days)
            return _raw(content.headers, value)
        return Raw(gone=GONE)

    async def _tell(self, look: LookRequest, action: Action, subject: str) -> None:
        now = self._clock.now()
        await self._note(AuditEntry(actor=look.who, action=action, subjects=(subject,), why=look.purpose, at=now))


class RemoteBytes:
    """Asks the desk for them."""

    def __init__(self, desk: RemoteDesk) -> None:
        self._desk = desk

    async def message(self, look: MessageLook) -> Raw:
        """See RawBytes."""
        found = await self._desk.ask("/bytes/message", look.model_dump(mode="json"), Raw)
        return found if found is not None else Raw(gone=GONE)

    async def letter(self, look: LetterLook) -> Raw | None:
        """See RawBytes."""
        return await self._desk.ask("/bytes/letter", look.model_dump(mode="json"), Raw)


def showing(raw: RawBytes) -> APIRouter:
    """The desk's paths for them."""
    router = APIRouter()

    @router.post("/bytes/message")
    async def message(look: Annotated[MessageLook, Body()]) -> Response:
        return _answer(await raw.message(look))

    @router.post("/bytes/letter")
    async def letter(look: Annotated[LetterLook, Body()]) -> Response:
        return _answer(await raw.letter(look))

    return router


def _answer(found: Raw | None) -> Response:
    if found is None:
        raise HTTPException(404, "There is none with this id", headers=NO_STORE)
    return Response(found.model_dump_json(), headers=NO_STORE, media_type="application/json")


def _raw(headers: Headers, value: bytes | None) -> Raw:
    content = value or b""
    said = tuple((name, (data or b"").decode("utf-8", "backslashreplace")) for name, data in headers)
    return Raw(headers=said, value=base64.b64encode(content[:LONGEST]).decode(), size=len(content))


def _is(record: Record, message: str) -> bool:
    """A topic that was made anew has others at its offsets."""
    try:
        envelope = Envelope.of(record.headers)
    except ValueError:
        return False
    return message_key(envelope.source, envelope.id) == message


def _away(error: Exception) -> Unavailable:
    return Unavailable(f"the bytes can't be read: Kafka does not answer ({type(error).__name__})")
