"""A video file read with bounds: upright pictures of bounded size, each with its time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.errors import AvatarError

Bgr = NDArray[np.uint8]
"""uint8, shape (height, width, 3)."""

MAX_S = 30.0
MIN_S = 1.0
MAX_FILE_BYTES = 512 * 1024 * 1024
MAX_PIXELS = 9_000_000
# Pictures are worked on at this size at most; a face in them is larger than in any avatar.
MAX_SIDE_PX = 1280
# The time of one frame of a bundle, and the least between two pictures that are looked at.
STEP_S = Fraction(1, 25)
CLOSEST_S = Fraction(1, 30)
# Cameras say the time of a frame within some ms.
EARLY_S = 0.006
SLACK_S = 0.5
PICTURES = frozenset({
    "image2", "png_pipe", "jpeg_pipe", "webp_pipe", "bmp_pipe", "tiff_pipe", "gif_pipe",
    "jpegxl_pipe", "mpjpeg", "svg_pipe", "ppm_pipe", "pgm_pipe",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture of a clip; ``time_s`` counts from the first."""

    time_s: float
    picture: Bgr


def is_clip(path: Path) -> bool:
    """Whether a file is a video by its content, whatever its name; a picture is none."""
    try:
        with av.open(str(path)) as container:
            if container.format.name.split(",")[0] in PICTURES or not container.streams.video:
                return False
            count = 0
            for packet in container.demux(video=0):
                count += packet.size > 0
                if count > 1:
                    return True
    except (av.FFmpegError, OSError, ValueError, IndexError):
        return False
    return False


def shots(path: Path) -> Iterator[Shot]:
    """Up to 30 pictures a second, whatever the clip's rate is, upright as its camera stood.

    A clip that is cut off yields what can be read of it.

    Raises:
        AvatarError: It is no video, too long, too large, or nothing of it can be read.
    """
    with _opened(path) as container:
        stream = container.streams.video[0]
        _check(path, container, stream)
        first_s: Fraction | None = None
        due_s = Fraction(0)
        count = 0
        for frame in _decoded(container, stream):
            time_s = _time(frame, stream, count)
            count += 1
            if first_s is None:
                first_s = time_s
            since_s = time_s - first_s
            if since_s > MAX_S + SLACK_S:
                raise AvatarError(_too_long(path))
            if since_s < due_s - Fraction(EARLY_S):
                continue
            due_s = since_s + CLOSEST_S
            yield Shot(float(since_s), _upright(path, frame))
        if first_s is None:
            raise AvatarError(f"{path.name} has no picture that can be read: it may be cut off")


@contextmanager
def _opened(path: Path) -> Iterator[av.container.InputContainer]:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise AvatarError(f"{path.name} is larger than {MAX_FILE_BYTES >> 20} MB")
        container = av.open(str(path))
    except (av.FFmpegError, OSError, ValueError) as error:
        raise AvatarError(
            f"{path.name} is no video that can be read, or it is cut off: give an MP4, MOV or WebM"
        ) from error
    with container:
        if not container.streams.video:
            raise AvatarError(f"{path.name} has sound but no pictures: give a video of a face")
        yield container


def _check(path: Path, container: av.container.InputContainer, stream: av.VideoStream) -> None:
    """Refuse by what the file says of itself, before anything is decoded."""
    if stream.codec_context is None:
        raise AvatarError(f"{path.name} is in a format that cannot be decoded: give H.264 or VP9")
    if stream.width * stream.height > MAX_PIXELS:
        raise AvatarError(
            f"{path.name} has {stream.width} x {stream.height} px: give a video of "
            f"{MAX_PIXELS // 1_000_000} million px or fewer, 1920 x 1080 is plenty"
        )
    duration_s = 0.0
    if stream.duration is not None and stream.time_base is not None:
        duration_s = float(stream.duration * stream.time_base)
    elif container.duration is not None:
        duration_s = container.duration / av.time_base
    if duration_s > MAX_S + SLACK_S:
        raise AvatarError(_too_long(path))


def _too_long(path: Path) -> str:
    return f"{path.name} is longer than {MAX_S:g} s: cut it to the best {MAX_S:g} s or less"


def _decoded(
    container: av.container.InputContainer, stream: av.VideoStream
) -> Iterator[av.VideoFrame]:
    """The frames up to where the file is damaged."""
    stream.thread_type = "NONE"
    try:
        yield from container.decode(stream)
    except av.FFmpegError:
        # Too few pictures are refused by whoever counts them.
        return


def _time(frame: av.VideoFrame, stream: av.VideoStream, count: int) -> Fraction:
    """The moment of a frame in seconds; counted where the file does not say it."""
    if frame.pts is not None and frame.time_base is not None:
        return frame.pts * frame.time_base
    return count / Fraction(stream.average_rate or 25)


def _upright(path: Path, frame: av.VideoFrame) -> Bgr:
    wide, high = frame.width, frame.height
    if wide * high > MAX_PIXELS:
        raise AvatarError(f"{path.name} grows beyond {MAX_PIXELS // 1_000_000} million px")
    share = min(1.0, MAX_SIDE_PX / max(wide, high))
    size = (max(16, round(wide * share)), max(16, round(high * share)))
    picture = frame.reformat(*size, format="bgr24", interpolation="AREA").to_ndarray()
    turns = round(frame.rotation / 90) % 4
    if turns:
        codes = (cv2.ROTATE_90_COUNTERCLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_CLOCKWISE)
        return np.ascontiguousarray(cv2.rotate(picture, codes[turns - 1]), np.uint8)
    return np.ascontiguousarray(picture, np.uint8)
