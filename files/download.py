"""Reading what an address gives, under bounds and from public hosts alone."""

import asyncio
from dataclasses import dataclass
from typing import BinaryIO

import httpx
from django.conf import settings

from files.encoded import too_large
from files.errors import DownloadFailed, FileTooLarge
from outbound.errors import (
    AddressRefused,
    AnswerTooLarge,
    HostUnknown,
    OutboundError,
    UrlRefused,
)
from outbound.transport import Bounds, client
from outbound.urls import check_url

CONNECT_S = 10.0
DOWNLOAD_S = 90.0
"""All of it, redirects included; the server gives up on its own caller after 120."""
MAX_REDIRECTS = 3
REDIRECTS = frozenset({301, 302, 303, 307, 308})
USER_AGENT = "Parley-Files/1"


@dataclass(frozen=True, slots=True)
class Downloaded:
    """Where the bytes came from in the end, and what was said of them."""

    url: str
    media_type: str
    disposition: str


def download(url: str, into: BinaryIO, limit_bytes: int) -> Downloaded:
    """Write what `url` answers; call it from a thread without an event loop.

    Raises:
        DownloadFailed: the address is refused, or did not answer with a file in time.
        FileTooLarge: it answered with more than `limit_bytes`.
    """
    bounds = Bounds(
        connect_s=CONNECT_S, exchange_s=DOWNLOAD_S, answer_bytes=limit_bytes, connections=2
    )
    # Made outside the loop: reading the certificates takes long.
    http = client(bounds, loopback=settings.PARLEY_ALLOW_LOOPBACK_URLS)
    try:
        return asyncio.run(_within_time(http, url, into, limit_bytes))
    except AnswerTooLarge as error:
        raise FileTooLarge(too_large(limit_bytes)) from error
    except (OutboundError, httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise DownloadFailed(f"Could not download URL: {_reason(error)}") from error


async def _within_time(
    http: httpx.AsyncClient, url: str, into: BinaryIO, limit_bytes: int
) -> Downloaded:
    async with http, asyncio.timeout(DOWNLOAD_S):
        for _ in range(MAX_REDIRECTS + 1):
            check_url(url, loopback=settings.PARLEY_ALLOW_LOOPBACK_URLS, plain=True)
            async with http.stream("GET", url, headers={"User-Agent": USER_AGENT}) as answer:
                if answer.status_code not in REDIRECTS:
                    await _copy(answer, into, limit_bytes)
                    return _downloaded(answer)
                url = _next(answer)
    raise DownloadFailed(f"Could not download URL: more than {MAX_REDIRECTS} redirects")


def _next(answer: httpx.Response) -> str:
    location = answer.headers.get("location", "")
    if not location:
        raise DownloadFailed("Could not download URL: a redirect to nowhere")
    return str(answer.url.join(location))


async def _copy(answer: httpx.Response, into: BinaryIO, limit_bytes: int) -> None:
    if answer.status_code != 200:
        raise DownloadFailed(f"Could not download URL: it answered {answer.status_code}")
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise DownloadFailed("Could not download URL: it answered with a compressed copy")
    announced = answer.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > limit_bytes:
        raise FileTooLarge(too_large(limit_bytes))
    async for part in answer.aiter_raw():
        into.write(part)


def _downloaded(answer: httpx.Response) -> Downloaded:
    return Downloaded(
        url=str(answer.url),
        media_type=answer.headers.get("content-type", ""),
        disposition=answer.headers.get("content-disposition", ""),
    )


def _reason(error: Exception) -> str:
    """Why there is no file, for whoever named the address."""
    match error:
        case AddressRefused():
            return "the host's address is not public"
        case HostUnknown():
            return "the host has no address"
        case UrlRefused():
            return f"the address {error}"
        case httpx.ConnectTimeout():
            return f"no connection within {CONNECT_S:.0f} s"
        case httpx.TimeoutException() | TimeoutError():
            return f"not all of it came within {DOWNLOAD_S:.0f} s"
        case httpx.ConnectError():
            return "could not connect"
        case _:
            return "the connection broke"
