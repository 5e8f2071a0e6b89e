"""Small files of each type, made here; media by the codecs that Parley has."""

import io
import struct
import zipfile
import zlib
from fractions import Fraction
from functools import cache
from typing import Any

import av
import cv2
import docx
import numpy as np
from pypdf import PdfWriter

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
MOVIES = {
    "mp4": ("mp4", "libx264"),
    "mov": ("mov", "libx264"),
    "avi": ("avi", "mpeg4"),
    "wmv": ("asf", "wmv2"),
    "flv": ("flv", "flv"),
    "webm": ("webm", "libvpx"),
    "mkv": ("matroska", "libx264"),
}
SOUNDS = {
    "mp3": ("mp3", "libmp3lame"),
    "wav": ("wav", "pcm_s16le"),
    "flac": ("flac", "flac"),
    "aac": ("adts", "aac"),
    "ogg": ("ogg", "libopus"),
    "m4a": ("ipod", "aac"),
}
OFFICE = {"pptx": "ppt/presentation.xml", "xlsx": "xl/workbook.xml"}
OLE = {"doc": "WordDocument", "ppt": "PowerPoint Document", "xls": "Workbook"}


def png(width_px: int = 2, height_px: int = 2) -> bytes:
    """One whose header tells its size; few pixels follow."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", width_px, height_px, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * (3 * width_px + 1) * min(height_px, 2))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


PNG = png()


@cache
def sample(extension: str) -> bytes:
    """A sound file of the type."""
    if extension in MOVIES:
        return movie(*MOVIES[extension])
    if extension in SOUNDS:
        return sound(*SOUNDS[extension])
    if extension in OFFICE:
        return zipped("[Content_Types].xml", OFFICE[extension])
    if extension in OLE:
        return compound(OLE[extension])
    if extension in ("jpg", "jpeg", "png", "webp", "bmp", "gif"):
        return image(extension)
    return {"svg": SVG, "txt": "Grüße".encode(), "csv": b"a,b\n1,2\n"}.get(extension) or document(
        extension
    )


def image(extension: str) -> bytes:
    picture = np.full((30, 40, 3), 90, np.uint8)
    written, data = cv2.imencode(f".{extension}", picture)
    assert written
    return bytes(data)


def document(extension: str) -> bytes:
    file = io.BytesIO()
    if extension == "docx":
        docx.Document().save(file)
    else:
        writer = PdfWriter()
        writer.add_blank_page(72, 72)
        writer.write(file)
    return file.getvalue()


def movie(form: str, codec: str) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=form) as container:
        stream: Any = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(3):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


def sound(form: str, codec: str) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=form) as container:
        stream: Any = container.add_stream(codec, rate=48000)
        stream.layout = "mono"
        resampler = av.AudioResampler(
            format=stream.format, layout="mono", rate=48000, frame_size=960
        )
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 48000), np.int16), format="s16", layout="mono"
        )
        frame.sample_rate, frame.pts, frame.time_base = 48000, 0, Fraction(1, 48000)
        for part in resampler.resample(frame):
            container.mux(stream.encode(part))
        container.mux(stream.encode())
    return file.getvalue()


def zipped(*names: str, content: bytes = b"x") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return file.getvalue()


def compound(stream: str) -> bytes:
    """The beginning of a compound file: its header, and a directory with one stream."""

    def entry(name: str, kind: int) -> bytes:
        spelt = name.encode("utf-16-le") + b"\0\0"
        return (spelt.ljust(64, b"\0") + struct.pack("<HB", len(spelt), kind)).ljust(128, b"\0")

    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)
    return header + entry("Root Entry", 5) + entry(stream, 2) + bytes(256)
