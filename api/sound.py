"""Answers that are sound: sent while it is made, or whole, with its length."""

import contextlib
import struct
import tempfile
from collections.abc import AsyncIterator
from typing import IO

from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from django.http import StreamingHttpResponse

from voice.service import Speech
from voice.sound import OUT_HZ

MEDIA_TYPES = {
    "wav": "audio/wav",
    "pcm": "audio/pcm",
    "pcm_s16le": "audio/pcm",
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "flac": "audio/flac",
    "aac": "audio/aac",
}
SAMPLE_BYTES = 2
READ_BYTES = 1 << 16
_UNKNOWN_BYTES = 0xFFFFFFFF
_HEADER_BYTES = 44


def streamed(speech: Speech, name: str) -> StreamingHttpResponse:
    """Send the sound as it is made."""
    return _answer(_as_made(speech, name), name)


def whole(speech: Speech, name: str) -> StreamingHttpResponse:
    """Wait for the sound, on disk and not in memory, then send it; call it in a request's thread.

    Raises:
        voice.errors.SynthesisError: the voice failed on the way.
    """
    with contextlib.ExitStack() as stack:
        stack.callback(async_to_sync(speech.aclose))
        file = stack.enter_context(tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR))
        read = async_to_sync(speech.read)
        while data := read(READ_BYTES):
            file.write(data)
        size_bytes = file.tell()
        file.seek(0)
        stack.pop_all()  # all of it is read: the answer closes the file
    head = wav_header(size_bytes) if name == "wav" else b""
    response = _answer(_from_file(file, head), name)
    response["Content-Length"] = str(len(head) + size_bytes)
    return response


def wav_header(size_bytes: int | None) -> bytes:
    """The head of a WAV file with so much int16, mono, OUT_HZ; of unknown length with None."""
    data_bytes = _UNKNOWN_BYTES if size_bytes is None else size_bytes
    file_bytes = min(_UNKNOWN_BYTES, data_bytes + _HEADER_BYTES - 8)
    sound = (16, 1, 1, OUT_HZ, OUT_HZ * SAMPLE_BYTES, SAMPLE_BYTES, 8 * SAMPLE_BYTES)
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", file_bytes, b"WAVE", b"fmt ", *sound, b"data", data_bytes
    )


def _answer(content: AsyncIterator[bytes], name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(content, content_type=MEDIA_TYPES[name])
    response["Cache-Control"] = "no-store"
    response["X-Sample-Rate"] = str(OUT_HZ)
    return response


async def _as_made(speech: Speech, name: str) -> AsyncIterator[bytes]:
    try:
        if name == "wav":
            yield wav_header(None)
        while data := await speech.read(1):
            yield data
    finally:
        await speech.aclose()


async def _from_file(file: IO[bytes], head: bytes) -> AsyncIterator[bytes]:
    with file:
        yield head
        while data := await sync_to_async(file.read)(READ_BYTES):
            yield data
