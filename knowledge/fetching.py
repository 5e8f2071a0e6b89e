"""A document from an address that its owner named."""

import asyncio
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import urljoin

import httpx
from django.conf import settings

from knowledge.errors import Unobtainable
from outbound.errors import (
    AddressRefused,
    AnswerTooLarge,
    HostUnknown,
    OutboundError,
    UrlRefused,
)
from outbound.transport import Bounds, client
from outbound.urls import check_url

FETCH_S = 30.0
MAX_REDIRECTS = 5
_USER_AGENT = "Parley-Knowledge/1"


@dataclass(frozen=True, slots=True)
class Fetched:
    content: bytes
    media_type: str


def fetch(url: str, most_bytes: int) -> Fetched:
    """What is at `url` now; every address that it redirects to is checked like the first.

    Raises:
        Unobtainable: with a sentence for its owner.
    """
    bounds = Bounds(exchange_s=FETCH_S, answer_bytes=most_bytes, connections=4)
    loopback: bool = settings.PARLEY_ALLOW_LOOPBACK_URLS
    try:
        return asyncio.run(_fetch(url, bounds, loopback=loopback))
    except (OutboundError, httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        _give_up(error, most_bytes)


async def _fetch(url: str, bounds: Bounds, *, loopback: bool) -> Fetched:
    headers = {"User-Agent": _USER_AGENT}
    async with asyncio.timeout(FETCH_S), client(bounds, loopback=loopback) as http:
        for _ in range(MAX_REDIRECTS + 1):
            check_url(url, loopback=loopback)
            async with http.stream("GET", url, headers=headers) as answer:
                if answer.has_redirect_location:
                    url = urljoin(url, answer.headers["location"])
                    continue
                if answer.status_code != httpx.codes.OK:
                    raise Unobtainable(f"The address answered {answer.status_code}.")
                content = b"".join([part async for part in answer.aiter_raw()])
                return Fetched(content, answer.headers.get("content-type", ""))
    raise Unobtainable(f"The address redirects more than {MAX_REDIRECTS} times.")


def _give_up(error: Exception, most_bytes: int) -> NoReturn:
    match error:
        case AddressRefused():
            reason = "The address's host is not public."
        case HostUnknown():
            reason = "The address's host is not known."
        case UrlRefused():
            reason = f"The address {error}."
        case AnswerTooLarge():
            reason = f"It has more than {most_bytes // 1024**2} MB."
        case httpx.TimeoutException() | TimeoutError():
            reason = f"The address did not answer within {FETCH_S:.0f} s."
        case _:
            reason = "The address could not be reached."
    raise Unobtainable(reason) from error
