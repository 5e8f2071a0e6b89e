"""Frames into a video file, or into the pipe of a player."""

from fractions import Fraction
from types import TracebackType
from typing import BinaryIO, cast

import av
import numpy as np

from avatar import AvatarError
from parley_sdk.api import VideoFrame
from parley_sdk.runtime import INPUT_HZ

_SOUND_HZ = 48_000
_CODECS = {
    "mp4": ("libvpx-vp9", "aac"),
    "webm": ("libvpx-vp9", "libopus"),
    "matroska": ("libvpx", "pcm_s16le"),
}
_FAST = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
_BITS_PER_PX = 6


class VideoWriter:
    """Writes what a runtime yields, sound included; use it as a context manager.

    `out` is the name of an .mp4 or .webm file, or a binary stream such as `sys.stdout.buffer`,
    which gets Matroska that a player shows as it comes (`| ffplay -`).
    """

    def __init__(self, out: str | BinaryIO, size: tuple[int, int], fps: int = 25) -> None:
        """Open it.

        Raises:
            AvatarError: it cannot be written, or its name ends in something else.
        """
        kind = out.rpartition(".")[2].lower() if isinstance(out, str) else "matroska"
        if kind not in _CODECS or (isinstance(out, str) and kind == "matroska"):
            raise AvatarError(f"a video must end in .mp4 or .webm, not {out!r}")
        try:
            self._container = av.open(out, "w", format=kind)
        except (av.FFmpegError, OSError) as error:
            raise AvatarError(f"{out} cannot be written: {error}") from error
        picture, sound = _CODECS[kind]
        self._video = cast(
            "av.VideoStream", self._container.add_stream(picture, rate=fps, options=_FAST)
        )
        self._video.width, self._video.height = size
        self._video.pix_fmt = "yuv420p"
        self._video.bit_rate = size[0] * size[1] * _BITS_PER_PX
        self._video.codec_context.time_base = Fraction(1, fps)
        self._audio = cast(
            "av.AudioStream", self._container.add_stream(sound, rate=_SOUND_HZ, layout="mono")
        )
        self._resampler = av.AudioResampler(self._audio.format.name, "mono", _SOUND_HZ)
        self._fifo = av.AudioFifo()
        self._silence = np.zeros(INPUT_HZ // fps, np.int16)
        self._frames = self._samples = 0

    def __enter__(self) -> "VideoWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def write(self, frame: VideoFrame) -> None:
        """Append a frame; one without a picture is left out."""
        if frame.bgr_image is None:
            return
        shown = av.VideoFrame.from_ndarray(frame.bgr_image, format="bgr24")
        shown.pts = self._frames
        self._frames += 1
        self._container.mux(self._video.encode(shown.reformat(format="yuv420p")))
        said = self._silence if frame.audio_chunk is None else frame.audio_chunk.data
        sound = av.AudioFrame.from_ndarray(said[None], format="s16", layout="mono")
        sound.sample_rate = INPUT_HZ
        self._hear(self._resampler.resample(sound))

    def close(self) -> None:
        """Write the rest and close."""
        self._hear(self._resampler.resample(None), whole=True)
        for stream in (self._video, self._audio):
            self._container.mux(stream.encode(None))
        self._container.close()

    def _hear(self, parts: list[av.AudioFrame], *, whole: bool = False) -> None:
        for part in parts:
            part.pts = None
            self._fifo.write(part)
        step = self._audio.codec_context.frame_size or _SOUND_HZ // 50
        while (chunk := self._fifo.read(step, partial=whole)) is not None:
            chunk.pts, self._samples = self._samples, self._samples + chunk.samples
            chunk.time_base = Fraction(1, _SOUND_HZ)
            self._container.mux(self._audio.encode(chunk))
