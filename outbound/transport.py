"""HTTP under bounds: checked addresses, an answer of limited size, all within one deadline."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import cast

import httpcore
import httpx

from outbound.connections import CheckedConnections
from outbound.errors import AnswerTooLarge
from outbound.resolver import Resolver


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one exchange may take; `exchange_s` spans it all, from the look-up to the last byte.

    `idle_s` is short, so that a receiver seldom closes a connection while it is taken again.
    While more than `kept_idle` connections are open, none stays open for a next exchange: httpcore
    looks at every open one for every idle one each time that an exchange begins or ends.
    """

    connect_s: float = 10.0
    exchange_s: float = 30.0
    answer_bytes: int = 64 * 1024
    connections: int = 100
    kept_idle: int = 32
    idle_s: float = 3.0


class CheckedTransport(httpx.AsyncBaseTransport):
    """An httpx transport; belongs to one event loop, closed with its client."""

    def __init__(
        self, bounds: Bounds, *, loopback: bool, tls: ssl.SSLContext | None = None
    ) -> None:
        self._bounds = bounds
        self._resolver = Resolver(threads=bounds.connections)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls or httpx.create_ssl_context(),
            max_connections=bounds.connections,
            max_keepalive_connections=bounds.kept_idle,
            keepalive_expiry=bounds.idle_s,
            network_backend=CheckedConnections(self._resolver, loopback=loopback),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it.

        Raises:
            outbound.errors.OutboundError: its host is refused or unknown.
            httpx.TransportError: everything else; TimeoutException when the time is up.
        """
        deadline_s = asyncio.get_running_loop().time() + self._bounds.exchange_s
        sent = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions
            | {"timeout": {"connect": self._bounds.connect_s, "pool": self._bounds.exchange_s}},
        )
        with _as_httpx():
            async with asyncio.timeout_at(deadline_s):
                answer = await self._pool.handle_async_request(sent)
        stream = BoundedStream(answer, deadline_s, self._bounds.answer_bytes)
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=stream,
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        self._resolver.close()
        await self._pool.aclose()


class BoundedStream(httpx.AsyncByteStream):
    """An answer's body that ends with an error when it is too long or too late."""

    def __init__(self, answer: httpcore.Response, deadline_s: float, limit_bytes: int) -> None:
        self._answer = answer
        self._deadline_s = deadline_s
        self._limit_bytes = limit_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        parts = aiter(cast(AsyncIterable[bytes], self._answer.stream))
        read_bytes = 0
        while True:
            with _as_httpx():
                async with asyncio.timeout_at(self._deadline_s):
                    part = await anext(parts, None)
            if part is None:
                return
            read_bytes += len(part)
            if read_bytes > self._limit_bytes:
                raise AnswerTooLarge
            yield part

    async def aclose(self) -> None:
        await self._answer.aclose()


def client(
    bounds: Bounds, *, loopback: bool, tls: ssl.SSLContext | None = None
) -> httpx.AsyncClient:
    """A client that follows no redirect, keeps no cookie and heeds no proxy variable."""
    return httpx.AsyncClient(
        transport=CheckedTransport(bounds, loopback=loopback, tls=tls),
        follow_redirects=False,
        trust_env=False,
        timeout=None,  # noqa: S113 # the transport's bounds hold
        headers={"accept-encoding": "identity"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )


@contextlib.contextmanager
def _as_httpx() -> Iterator[None]:
    """Turn httpcore's errors, and a deadline that has passed, into httpx's of the same name."""
    try:
        yield
    except TimeoutError as error:
        raise httpx.ReadTimeout("the time is up") from error
    except (
        httpcore.NetworkError,
        httpcore.TimeoutException,
        httpcore.ProtocolError,
        httpcore.UnsupportedProtocol,
    ) as error:
        kind = getattr(httpx, type(error).__name__, httpx.TransportError)
        raise kind(str(error)) from error
