"""Reading what an address gives, from public hosts alone."""

from typing import BinaryIO

from django.conf import settings

from files.encoded import too_large
from files.errors import DownloadFailed, FileTooLarge
from outbound import download as outbound
from outbound.download import Downloaded
from outbound.errors import AnswerTooLarge, NotDownloaded
from outbound.transport import Bounds

CONNECT_S = 10.0
DOWNLOAD_S = 90.0
"""All of it, redirects included; the server gives up on its own caller after 120."""
USER_AGENT = "Parley-Files/1"


def download(
    url: str, into: BinaryIO, limit_bytes: int, within_s: float = DOWNLOAD_S
) -> Downloaded:
    """Write what `url` answers; call it from a thread without an event loop.

    It takes `within_s` at most, and never more than DOWNLOAD_S.

    Raises:
        DownloadFailed: the address is refused, or did not answer with a file in time.
        FileTooLarge: it answered with more than `limit_bytes`.
    """
    if within_s <= 0:
        raise DownloadFailed("Could not download URL: the files before it took all the time")
    exchange_s = min(within_s, DOWNLOAD_S)
    source = outbound.Source(
        Bounds(connect_s=CONNECT_S, exchange_s=exchange_s, answer_bytes=limit_bytes, connections=2),
        USER_AGENT,
        loopback=settings.PARLEY_ALLOW_LOOPBACK_URLS,
        plain=True,
    )
    try:
        return outbound.download(url, into, source)
    except AnswerTooLarge as error:
        raise FileTooLarge(too_large(limit_bytes)) from error
    except NotDownloaded as error:
        raise DownloadFailed(f"Could not download URL: {error}") from error
