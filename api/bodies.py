"""Bodies larger than memory should hold: JSON objects that have long texts in them."""

import json
import re
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from typing import IO, Any

from django.conf import settings
from django.http import HttpRequest

LONGEST_BYTES = 225_000_000
"""The longest body that any address takes; the server refuses longer ones while they come."""
REST_BYTES = 256 * 1024
"""The most that an object may have besides its long texts."""
KEPT_BYTES = 64 * 1024
"""A text up to here stays a str."""
PIECE_BYTES = 128 * 1024
"""Small enough that no step on one keeps the interpreter from a live visit."""
ESCAPE_BYTES = 6
SIGN = re.compile(rb'["{}\[\]:,]')
INSIDE = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)

Keep = Callable[[bytes], object]


class TooLong(Exception):
    """The body has more than `limit_bytes`, or too much besides its long texts."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(limit_bytes)
        self.limit_bytes = limit_bytes


class NotAnObject(Exception):
    """The body is no JSON object."""


class LongText:
    """A text of a body, kept in a file as JSON writes it; good while its context lasts."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def pieces(self) -> Iterator[str]:
        """The text, about PIECE_BYTES at a time.

        Raises:
            NotAnObject: it is not written as JSON asks, or not in ASCII.
        """
        self._file.seek(0)
        left = b""
        while read := self._file.read(PIECE_BYTES):
            raw = left + read
            # No escape is cut in two.
            cut = raw.find(b"\\", max(0, len(raw) - ESCAPE_BYTES + 1))
            whole = len(raw) if cut < 0 else cut
            left = raw[whole:]
            yield _text(raw[:whole])
        yield _text(left)


@contextmanager
def long_object(
    request: HttpRequest, long: Collection[str], limit_bytes: int
) -> Iterator[dict[str, Any]]:
    """The JSON object that the body is, of which memory never holds all.

    The texts of its fields `long` are each a LongText where they are over KEPT_BYTES. Read the
    body nowhere else.

    Raises:
        TooLong, NotAnObject: and nothing is kept of it.
    """
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if announced.isdecimal() and int(announced[:20]) > limit_bytes:
        raise TooLong(limit_bytes)
    with ExitStack() as files:
        yield _Reader(request, frozenset(long), limit_bytes, files).read()


class _Reader:
    """Goes through a body once; `_rest` is the same object with each long text left empty."""

    def __init__(
        self, request: HttpRequest, long: frozenset[str], limit_bytes: int, files: ExitStack
    ) -> None:
        self._request = request
        self._long = long
        self._limit_bytes = limit_bytes
        self._files = files
        self._ahead, self._at, self._taken_bytes = b"", 0, 0
        self._rest = bytearray()
        self._texts: dict[str, str | LongText] = {}

    def read(self) -> dict[str, Any]:
        depth, key, in_value = 0, "", False
        while (sign := self._next_sign()) is not None:
            if sign in b"{[":
                depth += 1
            elif sign in b"}]":
                depth -= 1
            elif sign == b'"' and depth == 1 and in_value and key in self._long:
                self._texts[key] = self._long_text()
            elif sign == b'"':
                text = self._short_text()
                key = text if depth == 1 and not in_value else key
            elif depth == 1:
                in_value = sign == b":"
                # Of a name that comes twice, the last counts.
                self._texts.pop(key if in_value else "", None)
        return self._whole()

    def _whole(self) -> dict[str, Any]:
        try:
            body = json.loads(self._rest)
        except (ValueError, RecursionError) as error:
            raise NotAnObject from error
        if not isinstance(body, dict):
            raise NotAnObject
        return body | self._texts

    def _next_sign(self) -> bytes | None:
        """Keep everything up to the next sign outside of texts, and the sign; None at the end."""
        while True:
            found = SIGN.search(self._ahead, self._at)
            end = found.end() if found else len(self._ahead)
            self._keep(self._ahead[self._at : end])
            self._at = end
            if found:
                return found.group()
            if not self._read_on():
                return None

    def _short_text(self) -> str:
        """Keep the text that begins here with its closing quote; returns it."""
        parts: list[bytes] = []

        def keep(raw: bytes) -> None:
            self._keep(raw)
            parts.append(raw)

        self._go_through_text(keep)
        self._keep(b'"')
        return _text(b"".join(parts))

    def _long_text(self) -> str | LongText:
        """Put the text that begins here aside."""
        file = tempfile.SpooledTemporaryFile(  # noqa: SIM115 # the stack closes it
            KEPT_BYTES, dir=settings.FILE_UPLOAD_TEMP_DIR
        )
        self._files.enter_context(file)
        self._go_through_text(file.write)
        self._keep(b'"')
        if file.tell() > KEPT_BYTES:
            return LongText(file)
        file.seek(0)
        return _text(file.read())

    def _go_through_text(self, keep: Keep) -> None:
        """Give `keep` what stands before the closing quote, as it is written."""
        while True:
            end = self._end_of_text()
            keep(self._ahead[self._at : end])
            self._at = end
            if self._ahead[end : end + 1] == b'"':
                self._at += 1
                return
            if not self._read_on():
                raise NotAnObject

    def _end_of_text(self) -> int:
        """Where the text goes over into its closing quote, or into what is still to come."""
        quote = self._ahead.find(b'"', self._at)
        end = quote if quote >= 0 else len(self._ahead)
        if self._ahead.find(b"\\", self._at, end) < 0:
            return end
        found = INSIDE.match(self._ahead, self._at)
        return found.end() if found else self._at

    def _keep(self, raw: bytes) -> None:
        self._rest += raw
        if len(self._rest) > REST_BYTES:
            raise TooLong(REST_BYTES)

    def _read_on(self) -> bool:
        """Go on to the next piece, a backslash at the end of this one included."""
        piece = self._request.read(PIECE_BYTES)
        self._taken_bytes += len(piece)
        if self._taken_bytes > self._limit_bytes:
            raise TooLong(self._limit_bytes)
        self._ahead, self._at = self._ahead[self._at :] + piece, 0
        return bool(piece)


def _text(raw: bytes) -> str:
    """The text that JSON writes as `raw`."""
    try:
        text = json.loads(b'"' + raw + b'"', strict=False)
    except ValueError as error:
        raise NotAnObject from error
    return str(text)
