"""What is kept, for whoever knows its name: /media/…, with headers that keep browsers calm."""

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import PurePosixPath

from asgiref.sync import sync_to_async
from django.core.files.base import File as StoredFile
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from files import selectors
from files.models import Category, File

CHUNK_BYTES = 256 * 1024
SHOWN = frozenset({Category.IMAGE, Category.VIDEO, Category.AUDIO})
"""Categories that a browser may show in place of saving them."""
RUNNABLE = frozenset({"image/svg+xml"})
POLICY = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"
KEPT_S = 365 * 24 * 3600
RANGE = re.compile(r"bytes=(?:(\d{1,15})-(\d{0,15})|-(\d{1,15}))")


@require_safe
def media(request: HttpRequest, name: str) -> HttpResponseBase:
    """The file of this name, or the one range of it that is asked for."""
    file = selectors.named(name)
    if file is None or not default_storage.exists(name):
        raise Http404
    etag = quote_etag(PurePosixPath(name).stem)
    response = get_conditional_response(request, etag=etag) or _answer(request, file, etag)
    _seal(response, file, etag)
    return response


def _answer(request: HttpRequest, file: File, etag: str) -> HttpResponseBase:
    first, last = 0, file.size_bytes - 1
    asked = RANGE.fullmatch(request.headers.get("Range", ""))
    whole = asked is None or request.headers.get("If-Range", etag) != etag
    if asked is not None and not whole:
        first, last = _span(asked, file.size_bytes)
        if first > last:
            refusal = HttpResponse(status=416)
            refusal["Content-Range"] = f"bytes */{file.size_bytes}"
            return refusal
    response: HttpResponseBase
    if request.method == "HEAD":
        response = HttpResponse()
    else:
        content = default_storage.open(file.name)
        content.seek(first)
        response = Streamed(Pieces(content, last - first + 1))
    response["Content-Length"] = str(last - first + 1)
    if not whole:
        response.status_code = 206
        response["Content-Range"] = f"bytes {first}-{last}/{file.size_bytes}"
    return response


def _span(asked: re.Match[str], size_bytes: int) -> tuple[int, int]:
    """The first and the last byte that are asked for; the last before the first: there are none."""
    start, end, suffix = asked.groups()
    if suffix is not None:
        return (max(0, size_bytes - int(suffix)) if int(suffix) else size_bytes), size_bytes - 1
    if end and int(end) < int(start):
        return 0, size_bytes - 1
    return int(start), min(int(end), size_bytes - 1) if end else size_bytes - 1


def _seal(response: HttpResponseBase, file: File, etag: str) -> None:
    shown = file.category in SHOWN and file.mime_type not in RUNNABLE
    how = "inline" if shown else "attachment"
    if response.status_code in (200, 206):
        response["Content-Type"] = file.mime_type
        response["Content-Disposition"] = f'{how}; filename="{PurePosixPath(file.name).name}"'
        response["Accept-Ranges"] = "bytes"
    if file.category == Category.DOCS:
        scope = "private"
    else:
        scope = "public"
        # A browser's own player is of no origin in the sandbox, and asks across.
        response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = f"{scope}, max-age={KEPT_S}, immutable"
    response["ETag"] = etag
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = POLICY
    # Pages on other sites show pictures and clips too.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"


class Pieces:
    """`length_bytes` of an open file, from where it stands; closes it."""

    def __init__(self, content: StoredFile[bytes], length_bytes: int) -> None:
        self._content = content
        self._left_bytes = length_bytes

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.read():
            yield piece

    def read(self) -> bytes:
        """The next piece; empty at the end."""
        piece: bytes = self._content.read(min(CHUNK_BYTES, self._left_bytes))
        self._left_bytes -= len(piece)
        return piece

    def close(self) -> None:
        self._content.close()


class Streamed(StreamingHttpResponse):
    """A part of a file, read as it is sent; the file is closed with the response."""

    def __init__(self, pieces: Pieces) -> None:
        super().__init__(pieces)
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = sync_to_async(self._pieces.read)  # in the request's own thread
        while piece := await read():
            yield piece
