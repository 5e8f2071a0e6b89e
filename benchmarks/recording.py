"""One visit as it arrived at a visitor: pictures, samples, and when each would be met."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks.taps import AUDIO_HZ, AudioTap, Floats, VideoTap, shown_s
from voice.ports import Pcm16

Luma = NDArray[np.uint8]


def save(video: VideoTap, audio: AudioTap, path: Path) -> None:
    """Write what the taps kept as one npz file."""
    np.savez(
        path,
        video_media_s=np.array(video.media_s),
        video_arrival_s=np.array(video.arrival_s),
        video_sizes=np.array([len(each) for each in video.pictures], np.int64),
        video_bytes=np.frombuffer(b"".join(video.pictures), np.uint8),
        audio_media_s=np.array(audio.media_s),
        audio_arrival_s=np.array(audio.arrival_s),
        audio_sizes=np.array([each.size for each in audio.samples], np.int64),
        audio_samples=np.concatenate([np.zeros(0, np.int16), *audio.samples]),
    )


@dataclass(frozen=True)
class Recording:
    """`picture_s` says when each picture would be seen, `sample_s` when each sample is heard.

    Both are RTP arrivals mapped to media time (benchmarks.taps.shown_s), seconds of one clock.
    """

    pictures: list[bytes]
    picture_s: Floats
    samples: Pcm16
    sample_s: Floats

    @classmethod
    def load(cls, path: Path) -> "Recording":
        with np.load(path) as found:
            ends = np.cumsum(found["video_sizes"])
            stream = found["video_bytes"].tobytes()
            pictures = [stream[a:b] for a, b in zip([0, *ends[:-1]], ends, strict=True)]
            media_s = found["video_media_s"]
            picture_s = shown_s(media_s, found["video_arrival_s"], media_s)
            starts_s = found["audio_media_s"]
            heard_s = shown_s(starts_s, found["audio_arrival_s"], starts_s)
            sizes = found["audio_sizes"]
            within = np.concatenate([np.zeros(0), *(np.arange(size) for size in sizes)])
            sample_s = np.repeat(heard_s, sizes) + within / AUDIO_HZ
            return cls(pictures, picture_s, found["audio_samples"], sample_s)

    def decoded(self) -> Iterator[tuple[float, Luma]]:
        """Decode the pictures: when each is seen, and its luma (uint8, shape (height, width))."""
        decoder = av.CodecContext.create("libvpx", "r")
        for at_s, data in zip(self.picture_s, self.pictures, strict=True):
            for frame in decoder.decode(av.Packet(data)):
                if isinstance(frame, av.VideoFrame):
                    # Not format="gray8", which stretches the values to the full range.
                    yield float(at_s), frame.to_ndarray()[: frame.height].astype(np.uint8)
