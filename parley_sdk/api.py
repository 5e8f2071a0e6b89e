"""What goes into a runtime and what comes out of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import uuid4

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar import AvatarError
from parley_sdk.audio import float32_to_int16

Bgr = NDArray[np.uint8]
"""Shape (height, width, 3), blue first."""


@dataclass(frozen=True, slots=True)
class AudioChunk:
    """A stretch of mono speech: `data` is int16 of shape (n,).

    Little-endian int16 as bytes, or floats from -1 to 1, become that.

    Raises:
        AvatarError: the samples are of another kind or shape.
    """

    data: NDArray[np.int16]
    sample_rate: int
    last_chunk: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "data", _samples(self.data))

    @classmethod
    def from_bytes(
        cls, audio_bytes: bytes, sample_rate: int, last_chunk: bool = True
    ) -> "AudioChunk":
        """Read little-endian int16 samples; an odd byte at the end is left out."""
        return cls(_samples(audio_bytes), sample_rate, last_chunk)

    @classmethod
    def from_numpy(
        cls, data: NDArray[np.generic], sample_rate: int, last_chunk: bool = True
    ) -> "AudioChunk":
        """Take int16, or floats from -1 to 1, of shape (n,)."""
        return cls(_samples(data), sample_rate, last_chunk)

    @property
    def array(self) -> NDArray[np.int16]:
        """The samples."""
        return self.data

    @property
    def bytes(self) -> bytes:
        """The samples as little-endian int16."""
        return self.data.astype("<i2").tobytes()

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.data) / self.sample_rate


def _samples(data: "bytes | bytearray | memoryview | NDArray[np.generic]") -> NDArray[np.int16]:
    if isinstance(data, bytes | bytearray | memoryview):
        raw = bytes(data)
        return np.frombuffer(raw[: len(raw) & ~1], "<i2").astype(np.int16, copy=False)
    if isinstance(data, np.ndarray) and data.ndim == 1 and data.dtype.kind == "f":
        return float32_to_int16(data.astype(np.float32))
    if not isinstance(data, np.ndarray) or data.ndim != 1 or data.dtype != np.int16:
        raise AvatarError("audio must be bytes, or an array of one channel: int16, or floats")
    return np.ascontiguousarray(data, np.int16)


@dataclass(frozen=True, slots=True)
class VideoControl:
    """A thing for the avatar to do: speak `audio`, make the gesture `action`, or both.

    `end_of_speech` marks the end of what is said. The other fields are taken and change nothing.
    """

    audio: AudioChunk | None = None
    text: str | None = None
    target_video: str | None = None
    action: str | Sequence[str] | None = None
    emotion_preds: object = None
    message_id: str = field(default_factory=lambda: str(uuid4()))
    end_of_speech: bool = False
    force_action: bool = False
    stop_on_user_speech: bool | None = None
    stop_on_agent_speech: bool | None = None

    @classmethod
    def from_audio(
        cls, audio: "bytes | NDArray[np.generic]", sample_rate: int, last_chunk: bool = True
    ) -> "VideoControl":
        """Speak these samples: int16 as bytes or as an array, or floats from -1 to 1."""
        if isinstance(audio, np.ndarray):
            return cls(audio=AudioChunk.from_numpy(audio, sample_rate, last_chunk))
        return cls(audio=AudioChunk.from_bytes(audio, sample_rate, last_chunk))

    @property
    def is_idle(self) -> bool:
        """Whether it asks for nothing."""
        return self.audio is None and not self.action and self.target_video is None

    @property
    def is_speaking(self) -> bool:
        """Whether it has something to say."""
        return self.audio is not None


@dataclass(frozen=True, slots=True)
class VideoFrame:
    """One picture, 25 a second, with the speech that is heard while it is shown.

    `audio_chunk` is None where nothing is said; `end_of_speech` is on the frame after the last
    speech before a flush.
    """

    bgr_image: Bgr | None = None
    audio_chunk: AudioChunk | None = None
    frame_index: int | None = None
    source_message_id: str | None = None
    end_of_speech: bool = False

    @property
    def has_image(self) -> bool:
        """Whether there is a picture."""
        return self.bgr_image is not None

    @property
    def rgb_image(self) -> Bgr | None:
        """The picture, red first."""
        if self.bgr_image is None:
            return None
        rgb: Bgr = cv2.cvtColor(self.bgr_image, cv2.COLOR_BGR2RGB)  # type: ignore[assignment] # its stubs know no dtype
        return rgb
