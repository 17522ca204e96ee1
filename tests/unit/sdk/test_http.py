"""Reading and letting in."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.requests import Request

from connectors.sdk.http import Gate, Refusal, read_body


def request_of(*chunks: bytes, length: int | None = None, breaks_off: bool = False) -> tuple[Request, list[int]]:
    """A request whose body comes in these chunks, and the sizes that were asked for so far."""
    read: list[int] = []
    headers = [] if length is None else [(b"content-length", str(length).encode())]

    async def messages() -> AsyncIterator[dict[str, object]]:
        for chunk in chunks:
            read.append(len(chunk))
            yield {"type": "http.request", "body": chunk, "more_body": True}
        yield {"type": "http.disconnect"} if breaks_off else {"type": "http.request", "body": b"", "more_body": False}

    return Request({"type": "http", "headers": headers}, messages().__anext__), read  # type: ignore[arg-type]


async def test_a_body_at_the_limit_is_read_whole() -> None:
    request, _ = request_of(b"abc", b"de")
    assert await read_body(request, 5) == b"abcde"


@pytest.mark.parametrize("length", [None, 6])
async def test_a_body_over_the_limit_is_413(length: int | None) -> None:
    request, _ = request_of(b"abc", b"def", length=length)
    with pytest.raises(Refusal, match="larger than 5 bytes") as refused:
        await read_body(request, 5)
    assert refused.value.status == 413


async def test_an_endless_body_is_not_read_to_its_end() -> None:
    request, read = request_of(*[b"x" * 10] * 1_000)
    with pytest.raises(Refusal):
        await read_body(request, 10)
    assert len(read) < 20


async def test_a_body_that_breaks_off_is_400() -> None:
    request, _ = request_of(b"abc", breaks_off=True)
    with pytest.raises(Refusal, match="broke off") as refused:
        await read_body(request, 5)
    assert refused.value.status == 400


async def test_a_body_that_does_not_come_is_408() -> None:
    async def never() -> dict[str, object]:
        await asyncio.Event().wait()
        return {}

    request = Request({"type": "http", "headers": []}, never)  # type: ignore[arg-type]
    with pytest.raises(Refusal) as refused:
        await read_body(request, 5, seconds=0.01)
    assert (refused.value.status, refused.value.headers) == (408, {"Connection": "close"})


def test_the_gate_opens_again_after_an_error() -> None:
    gate = Gate(1)
    with pytest.raises(KeyError), gate.enter():
        raise KeyError
    with gate.enter(), pytest.raises(Refusal) as refused, gate.enter():
        pass
    assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "1"})
    with gate.enter():
        assert gate.inside == 1


def test_the_gate_is_shut_while_paused() -> None:
    why: list[str | None] = ["paused by engineer-4"]
    gate = Gate(1, lambda: why[0])
    with pytest.raises(Refusal) as refused, gate.enter():
        pass
    assert (refused.value.status, refused.value.reason) == (503, "paused")
    assert refused.value.headers == {"Retry-After": "30"}
    assert "engineer-4" not in str(refused.value)
    why[0] = None
    with gate.enter():
        assert gate.inside == 1
