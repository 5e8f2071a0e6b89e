"""Real connections to real servers, and none to where they may not go."""

import _socket
import asyncio
import contextlib
import datetime
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from outbound.errors import AddressRefused, AnswerTooLarge, HostUnknown
from outbound.transport import Bounds, client

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: a=b; Path=/\r\n\r\nok"
MOVED = b"HTTP/1.1 302 Found\r\nLocation: /there\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
BOUNDS = Bounds(connect_s=2, exchange_s=3, answer_bytes=10_000)
DISGUISES = (
    *("127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0177.0.0.1"),
    *("0", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::]", "localhost"),
)


@contextlib.asynccontextmanager
async def serving(serve: Serve, **options: Any) -> AsyncIterator[int]:
    """A server on a port of 127.0.0.1."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0, **options)
    async with server:
        yield server.sockets[0].getsockname()[1]


def answering(answer: bytes, heads: list[str] | None = None) -> Serve:
    """One that answers every request of a connection, and notes each one's head."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if heads is not None:
                    heads.append(head.decode())
                writer.write(answer)
                await writer.drain()
        writer.close()

    return serve


async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer without end."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    with contextlib.suppress(ConnectionError):
        while True:
            writer.write(b"x" * 1000)
            await writer.drain()
    writer.close()


def dripping(beginning: bytes) -> Serve:
    """One that goes on with its answer by single bytes, for five seconds."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(beginning)
        with contextlib.suppress(ConnectionError):
            for _ in range(50):
                writer.write(b"H")
                await writer.drain()
                await asyncio.sleep(0.1)
        writer.close()

    return drip


@pytest.fixture
def guarded() -> httpx.AsyncClient:
    return client(BOUNDS, loopback=False)


@pytest.fixture
def lenient() -> httpx.AsyncClient:
    return client(BOUNDS, loopback=True)


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let names have the addresses of `answers`, one look-up after the other; returns the names."""
    asked: list[str] = []
    coming = iter(answers)

    def look_up(host: str, *_: object, **__: object) -> list[Any]:
        asked.append(host)
        return [
            (socket.AF_INET6 if ":" in each else socket.AF_INET, 1, 6, "", (each, 0))
            for each in next(coming)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


@pytest.mark.parametrize("host", DISGUISES)
async def test_this_machine_is_refused_in_every_disguise(
    guarded: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    def read(host: str, *_: object, **__: object) -> Any:
        """C's own reading of addresses, which asks no name server."""
        numeric = socket.AI_NUMERICHOST * (host != "localhost")
        return _socket.getaddrinfo(host, None, 0, socket.SOCK_STREAM, 0, numeric)

    monkeypatch.setattr(socket, "getaddrinfo", read)
    heads: list[str] = []
    async with serving(answering(OK, heads)) as port, guarded:
        with pytest.raises((AddressRefused, HostUnknown, httpx.InvalidURL)):
            await guarded.get(f"http://{host}:{port}/")
    assert heads == []


@pytest.mark.parametrize(
    "addresses",
    [
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["93.184.216.34", "127.0.0.1"],
        ["2606:4700::1", "fd00:ec2::254"],
        ["::ffff:169.254.169.254"],
        ["64:ff9b::a9fe:a9fe"],
        ["2002:a00:1::"],
    ],
)
async def test_a_name_is_refused_for_any_private_address_of_it(
    guarded: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    resolving(monkeypatch, addresses)
    async with guarded:
        with pytest.raises(AddressRefused):
            await guarded.get("http://shop.example/")


async def test_an_answer_that_changes_is_not_asked_for_twice(
    lenient: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address that was checked is the one that is connected to."""
    heads: list[str] = []
    asked = resolving(monkeypatch, ["127.0.0.1"], ["10.0.0.1"], ["10.0.0.1"])
    async with serving(answering(OK, heads)) as port, lenient:
        assert (await lenient.get(f"http://shop.example:{port}/hook")).text == "ok"
        assert (await lenient.get(f"http://shop.example:{port}/hook")).text == "ok"
        with pytest.raises(AddressRefused):
            await lenient.get(f"http://other.example:{port}/")
    assert asked == ["shop.example", "other.example"], "a kept connection asks nobody"
    assert f"Host: shop.example:{port}" in heads[0]


async def test_the_next_address_is_tried_where_one_does_not_answer(
    lenient: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, ["::1", "127.0.0.1"])
    async with serving(answering(OK)) as port, lenient:
        assert (await lenient.get(f"http://shop.example:{port}/")).status_code == 200


async def test_tls_is_told_and_checks_the_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told: list[str | None] = []
    server_tls, trusting = certified(tmp_path, "shop.example")
    server_tls.sni_callback = lambda _, name, __: told.append(name)
    resolving(monkeypatch, ["127.0.0.1"], ["127.0.0.1"])
    async with (
        serving(answering(OK), ssl=server_tls) as port,
        client(BOUNDS, loopback=True, tls=trusting) as http,
    ):
        assert (await http.get(f"https://shop.example:{port}/")).text == "ok"
        with pytest.raises(httpx.ConnectError, match=r"CERTIFICATE|certificate"):
            await http.get(f"https://other.example:{port}/")
    assert told == ["shop.example", "other.example"]


async def test_redirects_are_not_followed_and_cookies_not_kept(
    lenient: httpx.AsyncClient,
) -> None:
    heads: list[str] = []
    async with serving(answering(MOVED, heads)) as port, lenient:
        for _ in range(2):
            assert (await lenient.get(f"http://127.0.0.1:{port}/")).status_code == 302
    assert len(heads) == 2
    assert not any("cookie" in head.lower() for head in heads)


async def test_an_answer_without_end_is_cut(lenient: httpx.AsyncClient) -> None:
    async with serving(flood) as port, lenient:
        with pytest.raises(AnswerTooLarge):
            await lenient.get(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"])
async def test_one_that_drips_is_left_in_time(beginning: bytes) -> None:
    bounds = Bounds(connect_s=1, exchange_s=0.4)
    http = await asyncio.to_thread(client, bounds, loopback=True)
    async with serving(dripping(beginning)) as port, http:
        began_s = time.monotonic()
        with pytest.raises(httpx.TransportError):
            await http.get(f"http://127.0.0.1:{port}/")
        assert time.monotonic() - began_s < 2


def certified(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Contexts for a server called `name`, and for a client that trusts its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "certificate.pem"
    pem.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    trusting = ssl.create_default_context(cafile=str(pem))
    return server, trusting
