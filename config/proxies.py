"""Who is asking: what a trusted proxy says about the visitor, and from nobody else."""

import ipaddress
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from config.environment.kinds import Network

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

UNPROVEN = "parley.unproven"
"""Key of a scope that is True where somebody forwards who is no trusted proxy."""
FORWARDED = frozenset(
    {
        b"forwarded",
        b"x-forwarded-for",
        b"x-forwarded-proto",
        b"x-forwarded-host",
        b"x-forwarded-port",
        b"x-real-ip",
    }
)


class TrustedProxies:
    """ASGI middleware that sets client, scheme and Host as a trusted proxy forwards them.

    Every other part reads `scope["client"]` and `scope["scheme"]` alone. Forwarding headers
    never get past this one.
    """

    def __init__(self, application: Application, networks: Iterable[Network]) -> None:
        self._application = application
        self._networks = tuple(networks)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in {"http", "websocket"}:
            scope = self._rewritten(scope)
        await self._application(scope, receive, send)

    def _rewritten(self, scope: Scope) -> Scope:
        forwarded = {name: value for name, value in scope["headers"] if name in FORWARDED}
        headers = [(name, value) for name, value in scope["headers"] if name not in FORWARDED]
        client = address_of((scope.get("client") or ("",))[0])
        trusted = client is not None and self._trusts(client)
        scope = {**scope, "headers": headers, UNPROVEN: bool(forwarded) and not trusted}
        if client is None or not trusted:
            return scope
        scope["client"] = [str(self._visitor(forwarded, client)), 0]
        if scheme := _last(forwarded, b"x-forwarded-proto"):
            secure = scheme in {"https", "wss"}
            plain = "ws" if scope["type"] == "websocket" else "http"
            scope["scheme"] = plain + "s" * secure
        if host := _last(forwarded, b"x-forwarded-host"):
            scope["headers"] = _with_host(headers, host)
        return scope

    def _visitor(self, forwarded: dict[bytes, bytes], client: Address) -> Address:
        """The nearest address that is not a trusted proxy, read from the near end."""
        for part in reversed(_parts(forwarded, b"x-forwarded-for")):
            address = address_of(part)
            if address is None:
                break
            client = address
            if not self._trusts(client):
                break
        return client

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def _parts(headers: dict[bytes, bytes], name: bytes) -> list[str]:
    return [part.strip() for part in headers.get(name, b"").decode("latin-1").split(",")]


def _last(headers: dict[bytes, bytes], name: bytes) -> str:
    return _parts(headers, name)[-1]


def address_of(text: str) -> Address | None:
    """An address as proxies write it, a port or brackets included; None for anything else."""
    bare = text.strip().partition("%")[0]
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if address.version == 6 else None
    return mapped or address


def _with_host(headers: Headers, host: str) -> Headers:
    return [pair for pair in headers if pair[0] != b"host"] + [(b"host", host.encode("latin-1"))]
