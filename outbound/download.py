"""What an address gives: read whole, under bounds, every redirect checked like the address."""

import asyncio
from dataclasses import dataclass
from typing import BinaryIO

import httpx

from outbound.errors import AnswerTooLarge, NotDownloaded, OutboundError
from outbound.reasons import reason
from outbound.transport import Bounds, client
from outbound.urls import check_url

MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Downloaded:
    """Where the bytes came from in the end, and what was said of them."""

    url: str
    media_type: str
    disposition: str


@dataclass(frozen=True, slots=True)
class Source:
    """How addresses are asked; `plain` and `loopback` are as for `check_url`.

    `bounds.exchange_s` spans it all, redirects included.
    """

    bounds: Bounds
    user_agent: str
    loopback: bool
    plain: bool = False


def download(url: str, into: BinaryIO, source: Source) -> Downloaded:
    """Write what `url` answers; call it from a thread without an event loop.

    Raises:
        NotDownloaded: with the reason, to stand in a sentence.
        AnswerTooLarge: it answered with more than the bounds allow.
    """
    # Made outside the loop: reading the certificates takes long.
    http = client(source.bounds, loopback=source.loopback)
    try:
        return asyncio.run(_follow(http, url, into, source))
    except (AnswerTooLarge, NotDownloaded):
        raise
    except (OutboundError, httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise NotDownloaded(reason(error, source.bounds)) from error


async def _follow(http: httpx.AsyncClient, url: str, into: BinaryIO, source: Source) -> Downloaded:
    headers = {"User-Agent": source.user_agent}
    async with http, asyncio.timeout(source.bounds.exchange_s):
        for _ in range(MAX_REDIRECTS + 1):
            check_url(url, loopback=source.loopback, plain=source.plain)
            async with http.stream("GET", url, headers=headers) as answer:
                if answer.status_code not in _REDIRECTS:
                    await _copy(answer, into, source.bounds.answer_bytes)
                    return _downloaded(answer)
                url = _next(answer)
    raise NotDownloaded(f"more than {MAX_REDIRECTS} redirects")


def _next(answer: httpx.Response) -> str:
    location = answer.headers.get("location", "")
    if not location:
        raise NotDownloaded("a redirect to nowhere")
    return str(answer.url.join(location))


async def _copy(answer: httpx.Response, into: BinaryIO, limit_bytes: int) -> None:
    if answer.status_code != httpx.codes.OK:
        raise NotDownloaded(f"it answered {answer.status_code}")
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise NotDownloaded("it answered with a compressed copy")
    announced = answer.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > limit_bytes:
        raise AnswerTooLarge(f"more than {limit_bytes} bytes are announced")
    async for part in answer.aiter_raw():
        into.write(part)


def _downloaded(answer: httpx.Response) -> Downloaded:
    return Downloaded(
        url=str(answer.url),
        media_type=answer.headers.get("content-type", ""),
        disposition=answer.headers.get("content-disposition", ""),
    )
