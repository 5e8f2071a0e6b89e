"""A document from an address that its owner named."""

import io
from dataclasses import dataclass

from django.conf import settings

from knowledge.errors import Unobtainable
from outbound.download import Source, download
from outbound.errors import AnswerTooLarge, NotDownloaded
from outbound.transport import Bounds

FETCH_S = 30.0
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
    source = Source(
        Bounds(exchange_s=FETCH_S, answer_bytes=most_bytes, connections=4),
        _USER_AGENT,
        loopback=settings.PARLEY_ALLOW_LOOPBACK_URLS,
    )
    content = io.BytesIO()
    try:
        answer = download(url, content, source)
    except AnswerTooLarge as error:
        raise Unobtainable(f"It has more than {most_bytes // 1024**2} MB.") from error
    except NotDownloaded as error:
        raise Unobtainable(f"The address could not be read: {error}.") from error
    return Fetched(content.getvalue(), answer.media_type)
