"""How large an image is, by its header: nothing is decoded."""

import struct
from typing import BinaryIO

from files.errors import BadFile, FileTooLarge
from files.kinds import MAX_PIXELS, Kind

HEADER_BYTES = 64
JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers that no length follows."""
JPEG_MAX_SEGMENTS = 10_000

Size = tuple[int, int]


def check_dimensions(kind: Kind, content: BinaryIO) -> None:
    """Let nobody keep an image that only decoding would show to be enormous.

    Raises:
        FileTooLarge: it has more than MAX_PIXELS.
        BadFile: its header is broken or cut off.
    """
    readers = {"png": _png, "gif": _gif, "webp": _webp, "bmp": _bmp, "jpg": _jpeg, "jpeg": _jpeg}
    read = readers.get(kind.extension)
    if read is None:
        return
    content.seek(0)
    try:
        width_px, height_px = read(content)
    except (struct.error, IndexError) as error:
        raise BadFile("The image is cut off, or its header is broken") from error
    if width_px < 1 or height_px < 1:
        raise BadFile("The image has no pixels")
    if width_px * height_px > MAX_PIXELS:
        limit = MAX_PIXELS // 1_000_000
        raise FileTooLarge(
            f"The image has {width_px} × {height_px} pixels: at most {limit} million"
        )


def _png(content: BinaryIO) -> Size:
    width_px, height_px = struct.unpack_from(">II", content.read(HEADER_BYTES), 16)
    return width_px, height_px


def _gif(content: BinaryIO) -> Size:
    width_px, height_px = struct.unpack_from("<HH", content.read(HEADER_BYTES), 6)
    return width_px, height_px


def _bmp(content: BinaryIO) -> Size:
    head = content.read(HEADER_BYTES)
    (header_bytes,) = struct.unpack_from("<I", head, 14)
    if header_bytes == 12:
        width_px, height_px = struct.unpack_from("<HH", head, 18)
        return width_px, height_px
    if header_bytes not in (40, 52, 56, 64, 108, 124):
        raise BadFile("The image is cut off, or its header is broken")
    width_px, height_px = struct.unpack_from("<ii", head, 18)
    return width_px, abs(height_px)


def _webp(content: BinaryIO) -> Size:
    head = content.read(HEADER_BYTES)
    form = head[12:16]
    if form == b"VP8X":
        return 1 + int.from_bytes(_all(head, 24, 27), "little"), 1 + int.from_bytes(
            _all(head, 27, 30), "little"
        )
    if form == b"VP8L":
        (bits,) = struct.unpack_from("<I", head, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width_px, height_px = struct.unpack_from("<HH", head, 26)
    return width_px & 0x3FFF, height_px & 0x3FFF


def _jpeg(content: BinaryIO) -> Size:
    """Walk from segment to segment until a frame begins."""
    content.seek(2)
    for _ in range(JPEG_MAX_SEGMENTS):
        marker = _marker(content)
        if marker in JPEG_BARE:
            continue
        (length_bytes,) = struct.unpack(">H", content.read(2))
        if marker in JPEG_FRAMES:
            _, height_px, width_px = struct.unpack(">BHH", content.read(5))
            return width_px, height_px
        content.seek(max(0, length_bytes - 2), 1)
    raise BadFile("The image is cut off, or its header is broken")


def _marker(content: BinaryIO) -> int:
    """The code of the segment that begins here; more 0xFF may stand before it."""
    if content.read(1) != b"\xff":
        raise BadFile("The image is cut off, or its header is broken")
    for _ in range(JPEG_MAX_SEGMENTS):
        (code,) = struct.unpack(">B", content.read(1))
        if code != 0xFF:
            return int(code)
    raise BadFile("The image is cut off, or its header is broken")


def _all(head: bytes, start: int, end: int) -> bytes:
    if len(head) < end:
        raise IndexError
    return head[start:end]
