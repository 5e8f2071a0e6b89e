"""Who is asking and from where: trusted proxies, and the origin of a WebSocket."""

import ipaddress
from typing import Any

import pytest

from config.origins import OwnOrigin
from config.proxies import Receive, Scope, Send, TrustedProxies

NETWORKS = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8")]
FORWARDED = [
    (b"x-forwarded-for", b"198.51.100.9, 203.0.113.7"),
    (b"x-forwarded-proto", b"https"),
    (b"x-forwarded-host", b"avatars.example.org"),
]


class Seen:
    """An application that keeps the scope it is called with."""

    def __init__(self) -> None:
        self.scope: Scope = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope


async def nothing() -> None:
    return None


async def seen_behind(client: str, headers: list[tuple[bytes, bytes]], kind: str = "http") -> Scope:
    seen = Seen()
    scope: dict[str, Any] = {
        "type": kind,
        "client": [client, 40000],
        "scheme": "ws" if kind == "websocket" else "http",
        "headers": [(b"host", b"inner:8000"), *headers],
    }
    await TrustedProxies(seen, NETWORKS)(scope, nothing, no_sending)
    return seen.scope


async def no_sending(message: Any) -> None:
    raise AssertionError(message)


def host(scope: Scope) -> bytes:
    headers: dict[bytes, bytes] = dict(scope["headers"])
    return headers[b"host"]


async def test_a_stranger_cannot_say_who_he_is() -> None:
    scope = await seen_behind("203.0.113.50", FORWARDED)
    assert scope["client"][0] == "203.0.113.50"
    assert scope["scheme"] == "http"
    assert host(scope) == b"inner:8000"
    assert [name for name, _ in scope["headers"]] == [b"host"]


async def test_a_trusted_proxy_is_believed() -> None:
    scope = await seen_behind("10.1.2.3", FORWARDED)
    assert scope["client"][0] == "203.0.113.7", "the nearest, since the rest is the visitor's word"
    assert scope["scheme"] == "https"
    assert host(scope) == b"avatars.example.org"


async def test_a_chain_of_trusted_proxies_is_walked() -> None:
    headers = [(b"x-forwarded-for", b"192.0.2.1, 203.0.113.7, fd00::5, 10.9.9.9")]
    assert (await seen_behind("10.1.2.3", headers))["client"][0] == "203.0.113.7"


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        (b"[2001:db8::1]:4711", "2001:db8::1"),
        (b"203.0.113.7:4711", "203.0.113.7"),
        (b"::ffff:203.0.113.7", "203.0.113.7"),
        (b"unknown", "10.1.2.3"),
        (b"", "10.1.2.3"),
        (b"203.0.113.7, _hidden", "10.1.2.3"),
    ],
)
async def test_addresses_as_proxies_write_them(forwarded: bytes, client: str) -> None:
    scope = await seen_behind("10.1.2.3", [(b"x-forwarded-for", forwarded)])
    assert scope["client"][0] == client


async def test_a_websocket_gets_its_own_scheme() -> None:
    assert (await seen_behind("10.1.2.3", FORWARDED, "websocket"))["scheme"] == "wss"


@pytest.mark.parametrize(
    ("origin", "host", "admitted"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("http://localhost:8000", "localhost:8000", True),
        ("https://avatars.example.org", "avatars.example.org", True),
        ("https://avatars.example.org", "inner:8000", True),
        ("http://localhost:8000", "127.0.0.1:8000", False),
        ("http://localhost:9000", "localhost:8000", False),
        ("https://evil.example", "127.0.0.1:8000", False),
        ("https://evil.example", "evil.example", False),
        ("https://avatars.example.org.evil.example", "avatars.example.org", False),
        ("null", "127.0.0.1:8000", False),
        ("", "127.0.0.1:8000", False),
        (None, "127.0.0.1:8000", False),
    ],
)
async def test_only_our_own_pages_open_websockets(
    origin: str | None, host: str, admitted: bool
) -> None:
    seen, sent = Seen(), []
    headers = [(b"host", host.encode())]
    if origin is not None:
        headers.append((b"origin", origin.encode()))

    async def send(message: Any) -> None:
        sent.append(message["type"])

    door = OwnOrigin(
        seen, "https://avatars.example.org", ["avatars.example.org", "localhost", "127.0.0.1"]
    )
    await door({"type": "websocket", "headers": headers}, nothing, send)
    assert bool(seen.scope) == admitted
    assert sent == ([] if admitted else ["websocket.close"])
