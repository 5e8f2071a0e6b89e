"""Reading sound files, and the two ways to write a sample."""

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from avatar import AvatarError


def load_audio(path: str | Path, target_sr: int | None = None) -> tuple[NDArray[np.float32], int]:
    """Read a sound file: float32 of shape (n,) from -1 to 1, mono, and its rate.

    Raises:
        AvatarError: it has no sound that can be read.
    """
    pieces: list[NDArray[np.float32]] = []
    rate = target_sr or 0
    try:
        with av.open(str(path)) as container:
            rate = rate or container.streams.audio[0].rate
            resampler = av.AudioResampler(format="fltp", rate=rate)
            for frame in [*container.decode(audio=0), None]:
                # FFmpeg's own way to mono is louder than the channels' mean
                pieces += [part.to_ndarray().mean(axis=0) for part in resampler.resample(frame)]
    except (av.FFmpegError, OSError, IndexError, ValueError) as error:
        raise AvatarError(f"{path} has no sound that can be read") from error
    if not pieces:
        raise AvatarError(f"{path} has no sound")
    return np.concatenate(pieces), rate


def float32_to_int16(x: NDArray[np.float32]) -> NDArray[np.int16]:
    """Samples from -1 to 1 as int16; what is louder is clipped."""
    return (np.clip(x, -1, 1) * 32767).astype(np.int16)


def int16_to_float32(x: NDArray[np.int16]) -> NDArray[np.float32]:
    """The way back."""
    return (x / 32768).astype(np.float32)
