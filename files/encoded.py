"""Base64 and data: addresses, decoded piece by piece and never beyond a limit."""

import base64
import binascii
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO
from urllib.parse import unquote_to_bytes

from files.errors import BadFile, FileTooLarge

PIECE_CHARS = 128 * 1024
MAX_HEAD_CHARS = 1000
"""Before the comma of a data: address."""
SPACES = str.maketrans("-_", "+/", " \t\r\n\f\v")


def pieces_of(text: str) -> Iterator[str]:
    """`text` in pieces that cost little memory to work on."""
    for at in range(0, len(text), PIECE_CHARS):
        yield text[at : at + PIECE_CHARS]


def decode(pieces: Iterable[str], into: BinaryIO, limit_bytes: int) -> str:
    """Write what the pieces of base64, or of a data: address, stand for.

    White space is passed over, both alphabets are read, and padding may be missing.

    Returns:
        The media type that a data: address says, else ''.

    Raises:
        BadFile: they are neither.
        FileTooLarge: it has more than `limit_bytes`.
    """
    rest = iter(pieces)
    media_type, read = "", _from_base64
    first = next(rest, "").lstrip()
    if first[:5].lower() == "data:":
        head, comma, first = first.partition(",")
        if not comma or len(head) > MAX_HEAD_CHARS:
            raise BadFile("The data: address has no comma before its data")
        media_type = head[5:].partition(";")[0].strip()
        read = _from_base64 if head.rstrip().lower().endswith(";base64") else _from_percents
    written_bytes = 0
    for part in read(chain([first], rest)):
        written_bytes += len(part)
        if written_bytes > limit_bytes:
            raise FileTooLarge(too_large(limit_bytes))
        into.write(part)
    return media_type


def too_large(limit_bytes: int) -> str:
    return f"File exceeds size limit: at most {limit_bytes // 1_000_000} MB"


def _from_base64(pieces: Iterable[str]) -> Iterator[bytes]:
    left, ended = "", False
    for piece in pieces:
        text = left + piece.translate(SPACES)
        whole = len(text) - len(text) % 4
        if ended and text:
            raise BadFile("The data goes on after the end of its base64")
        yield _bytes_of(text[:whole])
        ended, left = text[:whole].endswith("="), text[whole:]
    last = left.rstrip("=")
    yield _bytes_of(last + "=" * (-len(last) % 4))


def _bytes_of(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadFile("The data is not base64") from error


def _from_percents(pieces: Iterable[str]) -> Iterator[bytes]:
    left = ""
    for piece in pieces:
        text = left + piece
        cut = text.find("%", max(0, len(text) - 2))
        whole = len(text) if cut < 0 else cut
        left = text[whole:]
        yield _unquoted(text[:whole])
    yield _unquoted(left)


def _unquoted(text: str) -> bytes:
    try:
        return unquote_to_bytes(text)
    except UnicodeEncodeError as error:  # halves of characters, which JSON can write
        raise BadFile("The data: address has characters that stand for nothing") from error
