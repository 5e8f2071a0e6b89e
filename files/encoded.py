"""Base64 and data: addresses, decoded piece by piece and never beyond a limit."""

import base64
import binascii
from typing import BinaryIO
from urllib.parse import unquote_to_bytes

from files.errors import BadFile, FileTooLarge

PIECE_CHARS = 1 << 20
SPACES = str.maketrans("-_", "+/", " \t\r\n\f\v")


def media_type_of(source: str) -> str:
    """The media type that a data: address says; '' for one without."""
    return source.partition(",")[0][len("data:") :].partition(";")[0]


def decode(source: str, into: BinaryIO, limit_bytes: int) -> None:
    """Write what `source`, base64 or a data: address, stands for.

    White space is passed over, both alphabets are read, and padding may be missing.

    Raises:
        BadFile: it is neither.
        FileTooLarge: it has more than `limit_bytes`.
    """
    if source[:5].lower() != "data:":
        return _decode_base64(source, 0, into, limit_bytes)
    comma = source.find(",", 0, 1000)
    if comma < 0:
        raise BadFile("The data: address has no comma before its data")
    if source[:comma].rstrip().lower().endswith(";base64"):
        return _decode_base64(source, comma + 1, into, limit_bytes)
    if len(source) - comma > 3 * limit_bytes + 1:
        raise FileTooLarge(too_large(limit_bytes))
    data = unquote_to_bytes(source[comma + 1 :])
    if len(data) > limit_bytes:
        raise FileTooLarge(too_large(limit_bytes))
    into.write(data)
    return None


def too_large(limit_bytes: int) -> str:
    return f"File exceeds size limit: at most {limit_bytes // 1_000_000} MB"


def _decode_base64(source: str, start: int, into: BinaryIO, limit_bytes: int) -> None:
    written_bytes, left = 0, ""
    for at in range(start, max(len(source), start + 1), PIECE_CHARS):
        last = at + PIECE_CHARS >= len(source)
        piece = left + source[at : at + PIECE_CHARS].translate(SPACES)
        if last:
            piece = piece.rstrip("=")
            piece += "=" * (-len(piece) % 4)
        whole = len(piece) - len(piece) % 4
        left = piece[whole:]
        written_bytes += into.write(_bytes_of(piece[:whole]))
        if written_bytes > limit_bytes:
            raise FileTooLarge(too_large(limit_bytes))


def _bytes_of(piece: str) -> bytes:
    try:
        return base64.b64decode(piece, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadFile("The data is not base64") from error
