"""Renders an avatar that speaks a sound into a video file, sound included."""

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np

from avatar.bundle import Bundle
from avatar.errors import AvatarError
from avatar.port import Frame, Mood, Pcm16

SPEECH_HZ = 24_000
SOUND_HZ = 48_000
SOUND_BPS = 96_000
TAIL_S = 0.6
PIECE_S = 0.2
# How much of what follows the player is given with each picture; of minutes it would forget some.
AHEAD_S = 2.0
# Sound and picture of each container. All are free to use and to redistribute.
CODECS = {".mp4": ("libvpx-vp9", "aac"), ".webm": ("libvpx-vp9", "libopus")}
VP9 = {"deadline": "realtime", "cpu-used": "7", "row-mt": "1", "crf": "30", "threads": "1"}
PICTURE_BPS_PER_PX = 5


def read_sound(path: Path) -> Pcm16:
    """The first sound stream of a file: int16, shape (n,), mono, 24 kHz.

    Raises:
        AvatarError: There is none, or it cannot be read.
    """
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SPEECH_HZ)
    pieces = []
    try:
        with av.open(str(path)) as container:
            for frame in container.decode(audio=0):
                pieces += [f.to_ndarray()[0] for f in resampler.resample(frame)]
        pieces += [f.to_ndarray()[0] for f in resampler.resample(None)]
    except (av.FFmpegError, OSError, IndexError, ValueError) as error:
        raise AvatarError(f"{path} has no sound that can be read") from error
    if not pieces:
        raise AvatarError(f"{path} has no sound")
    return np.concatenate(pieces).astype(np.int16, copy=False)


def speak(
    bundle: Bundle, sound: Pcm16, out: Path, *, seed: int = 1, seconds: float | None = None
) -> int:
    """Write the video; how many frames it has. Equal seeds give equal pictures.

    It lasts as long as the sound and a moment more, or else ``seconds``: then the sound is cut, or
    the face goes on at rest.

    Raises:
        AvatarError: The file's kind is not known, or it cannot be written.
    """
    codecs = CODECS.get(out.suffix.lower())
    if codecs is None:
        raise AvatarError(f"a video must end in {' or '.join(CODECS)}, not {out.suffix!r}")
    if seconds is not None:
        sound = sound[: int(seconds * SPEECH_HZ)]
    frames = int((seconds or len(sound) / SPEECH_HZ + TAIL_S) * bundle.fps)
    partial = out.with_name(f".{out.stem}.part{out.suffix}")
    try:
        with av.open(str(partial), "w") as container:
            video = video_stream(container, codecs[0], bundle)
            audio = cast(
                "av.AudioStream", container.add_stream(codecs[1], rate=SOUND_HZ, layout="mono")
            )
            audio.bit_rate = SOUND_BPS
            if len(sound):
                _sound(container, audio, sound)
            for index, frame in enumerate(_frames(bundle, sound, frames, seed)):
                shown = av.VideoFrame.from_ndarray(frame, format="yuv420p")
                shown.pts = index
                container.mux(video.encode(shown))
            container.mux(video.encode(None))
        partial.replace(out)
    except (av.FFmpegError, OSError) as error:
        raise AvatarError(f"{out} cannot be written: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()
    return frames


def video_stream(
    container: av.container.OutputContainer, codec: str, bundle: Bundle
) -> av.VideoStream:
    """Open a stream in which frames of the bundle are numbered from 0."""
    stream = cast("av.VideoStream", container.add_stream(codec, rate=bundle.fps, options=VP9))
    stream.width, stream.height = bundle.width, bundle.height
    stream.pix_fmt = "yuv420p"
    stream.bit_rate = bundle.width * bundle.height * PICTURE_BPS_PER_PX
    stream.codec_context.time_base = Fraction(1, bundle.fps)
    return stream


def _sound(container: av.container.OutputContainer, stream: av.AudioStream, sound: Pcm16) -> None:
    resampler = av.AudioResampler(format=stream.format.name, layout="mono", rate=SOUND_HZ)
    frame = av.AudioFrame.from_ndarray(sound[None], format="s16", layout="mono")
    frame.sample_rate = SPEECH_HZ
    frame.pts = 0
    fifo = av.AudioFifo()
    for piece in [*resampler.resample(frame), *resampler.resample(None)]:
        piece.pts = None
        fifo.write(piece)
    step = stream.codec_context.frame_size or 960
    at = 0
    while (chunk := fifo.read(step, partial=True)) is not None:
        chunk.pts, at = at, at + chunk.samples
        chunk.time_base = Fraction(1, SOUND_HZ)
        container.mux(stream.encode(chunk))
    container.mux(stream.encode(None))


def _frames(bundle: Bundle, sound: Pcm16, count: int, seed: int) -> Iterator[Frame]:
    player = bundle.player(seed)
    step = int(PIECE_S * SPEECH_HZ)
    end_s, pushed = len(sound) / SPEECH_HZ, 0
    for index in range(count):
        at_s = index / bundle.fps
        while pushed < min(len(sound), (at_s + AHEAD_S) * SPEECH_HZ):
            player.push(sound[pushed : pushed + step], SPEECH_HZ)
            pushed += step
        mood: Mood = "speaking" if at_s < end_s else "idle"
        player.set_mood(mood)
        yield player.frame(at_s, at_s if at_s < end_s else None)
