"""The same bounded HTTP for libraries that call through httpx2, such as OpenAI's client."""

import contextlib
import ssl
from collections.abc import AsyncIterator, Iterator
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import cast

import httpx
import httpx2

from outbound.errors import OutboundError
from outbound.transport import Bounds, CheckedTransport


class CheckedHttpx2Transport(httpx2.AsyncBaseTransport):
    """An httpx2 transport over CheckedTransport; belongs to one event loop.

    Libraries know only httpx2's errors, so that everything comes as one of them: what outbound/
    refuses is a ConnectError or ReadError with the OutboundError as its cause.
    """

    def __init__(
        self, bounds: Bounds, *, loopback: bool, tls: ssl.SSLContext | None = None
    ) -> None:
        self._inner = CheckedTransport(bounds, loopback=loopback, tls=tls)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send it.

        Raises:
            httpx2.TransportError: it failed, or nothing may be sent there.
        """
        with _as_httpx2(request, httpx2.ConnectError):
            answer = await self._inner.handle_async_request(
                httpx.Request(
                    request.method,
                    str(request.url),
                    headers=request.headers.raw,
                    stream=_Sent(cast(httpx2.AsyncByteStream, request.stream)),
                )
            )
        return httpx2.Response(
            answer.status_code,
            headers=answer.headers.raw,
            stream=_Received(answer, request),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Sent(httpx.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield part


class _Received(httpx2.AsyncByteStream):
    def __init__(self, answer: httpx.Response, request: httpx2.Request) -> None:
        self._stream = cast(httpx.AsyncByteStream, answer.stream)
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx2(self._request, httpx2.ReadError):
            async for part in self._stream:
                yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


def httpx2_client(
    bounds: Bounds, *, loopback: bool, tls: ssl.SSLContext | None = None
) -> httpx2.AsyncClient:
    """A client that follows no redirect, keeps no cookie and heeds no proxy variable."""
    return httpx2.AsyncClient(
        transport=CheckedHttpx2Transport(bounds, loopback=loopback, tls=tls),
        follow_redirects=False,
        trust_env=False,
        timeout=None,  # the transport's bounds hold
        headers={"accept-encoding": "identity"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )


@contextlib.contextmanager
def _as_httpx2(request: httpx2.Request, refused: type[httpx2.TransportError]) -> Iterator[None]:
    """Turn httpx's errors into httpx2's of the same name, and outbound's own into `refused`."""
    try:
        yield
    except OutboundError as error:
        raise refused(str(error), request=request) from error
    except httpx.TransportError as error:
        kind = getattr(httpx2, type(error).__name__, httpx2.TransportError)
        raise kind(str(error), request=request) from error
