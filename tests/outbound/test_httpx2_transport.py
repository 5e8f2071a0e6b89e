"""The same bounds for who calls through httpx2."""

import asyncio
import socket
import time

import httpx2
import pytest

from outbound.errors import AddressRefused, AnswerTooLarge, HostUnknown
from outbound.httpx2_transport import httpx2_client
from outbound.transport import Bounds
from tests.outbound.test_transport import (
    BOUNDS,
    MOVED,
    OK,
    answering,
    dripping,
    flood,
    resolving,
    serving,
)


@pytest.fixture
def guarded() -> httpx2.AsyncClient:
    return httpx2_client(BOUNDS, loopback=False)


@pytest.fixture
def lenient() -> httpx2.AsyncClient:
    return httpx2_client(BOUNDS, loopback=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "[::ffff:127.0.0.1]"])
async def test_this_machine_is_refused(guarded: httpx2.AsyncClient, host: str) -> None:
    heads: list[str] = []
    async with serving(answering(OK, heads)) as port, guarded:
        with pytest.raises(httpx2.ConnectError) as refused:
            await guarded.get(f"http://{host}:{port}/")
    assert isinstance(refused.value.__cause__, AddressRefused)
    assert heads == []


async def test_a_name_that_is_bound_anew_reaches_nothing_private(
    lenient: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads: list[str] = []
    asked = resolving(monkeypatch, ["127.0.0.1"], ["169.254.169.254"])
    async with serving(answering(OK, heads)) as port, lenient:
        assert (await lenient.get(f"http://shop.example:{port}/")).text == "ok"
        with pytest.raises(httpx2.ConnectError) as refused:
            await lenient.get(f"http://other.example:{port}/")
    assert isinstance(refused.value.__cause__, AddressRefused)
    assert asked == ["shop.example", "other.example"]
    assert f"host: shop.example:{port}" in heads[0].lower()


async def test_a_redirect_is_an_answer(lenient: httpx2.AsyncClient) -> None:
    heads: list[str] = []
    async with serving(answering(MOVED, heads)) as port, lenient:
        for _ in range(2):
            assert (await lenient.get(f"http://127.0.0.1:{port}/")).status_code == 302
    assert len(heads) == 2
    assert not any("cookie" in head.lower() for head in heads)


async def test_what_is_sent_arrives(lenient: httpx2.AsyncClient) -> None:
    got: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"content-length: 300000" in head.lower()
        got.append(await reader.readexactly(300_000))
        writer.write(OK)
        await writer.drain()
        writer.close()

    async with serving(serve) as port, lenient:
        address = f"http://127.0.0.1:{port}/"
        assert (await lenient.post(address, content=b"abc" * 100_000)).text == "ok"
    assert got == [b"abc" * 100_000]


async def test_an_answer_without_end_is_cut(lenient: httpx2.AsyncClient) -> None:
    async with serving(flood) as port, lenient:
        with pytest.raises(httpx2.ReadError) as cut:
            await lenient.get(f"http://127.0.0.1:{port}/")
    assert isinstance(cut.value.__cause__, AnswerTooLarge)


async def test_one_that_drips_is_left_in_time() -> None:
    beginning = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"
    bounds = Bounds(connect_s=1, exchange_s=0.4)
    http = await asyncio.to_thread(httpx2_client, bounds, loopback=True)
    async with serving(dripping(beginning)) as port, http:
        began_s = time.monotonic()
        with pytest.raises(httpx2.TransportError):
            await http.get(f"http://127.0.0.1:{port}/")
        assert time.monotonic() - began_s < 5


async def test_a_name_that_nobody_has(
    guarded: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(*_: object, **__: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    async with guarded:
        with pytest.raises(httpx2.ConnectError) as unknown:
            await guarded.get("https://nobody.example/")
    assert isinstance(unknown.value.__cause__, HostUnknown)
