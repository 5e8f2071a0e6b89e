"""What leaves for the visitor, compressed: VP8 pictures and Opus speech."""

import threading
from collections import deque
from fractions import Fraction

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from numpy.typing import NDArray

from voice.ports import Pcm16

VIDEO_HZ = 90_000
SPEECH_HZ = 48_000
SPEECH_TICK = 960
_SPEECH_BPS = 48_000
_LEAST_BPS = 150_000
_SILENCE_BYTES = 8
_SILENCE = bytes(2 * SPEECH_TICK)
_KEY_FRAME_EVERY = VIDEO_HZ // 4


class SpeechEncoder:
    """Opus, mono, 20 ms a packet.

    Silence, once the sound before it has died away in the encoder, is one packet of a few bytes:
    it is repeated, and costs nothing.
    """

    def __init__(self) -> None:
        codec = av.CodecContext.create("libopus", "w")
        codec.format = "s16"
        codec.layout = "mono"
        codec.sample_rate = SPEECH_HZ
        codec.bit_rate = _SPEECH_BPS
        codec.options = {"application": "audio", "compression_level": "5"}
        self._codec = codec
        self._frame = av.AudioFrame("s16", "mono", SPEECH_TICK)
        self._frame.sample_rate = SPEECH_HZ
        self._samples: Pcm16 = np.frombuffer(memoryview(self._frame.planes[0]), np.int16)
        self._last = b""

    def encode(self, samples: Pcm16) -> bytes:
        """Encode 960 samples (int16, shape (960,), 48 kHz, mono) to one Opus packet."""
        if 0 < len(self._last) <= _SILENCE_BYTES and samples.tobytes() == _SILENCE:
            return self._last
        self._samples[:SPEECH_TICK] = samples
        self._frame.pts = (self._frame.pts or 0) + SPEECH_TICK
        self._last = b"".join(bytes(packet) for packet in self._codec.encode(self._frame))
        return self._last


class BitratePolicy:
    """Which bitrate the picture is encoded at, given what the visitor's side can take.

    libvpx as PyAV opens it takes a new rate only by starting over, which costs a key frame. So
    the rate is pinned, and left only when the estimate says for a while that it must be: down,
    when the estimate is below three quarters of the rate and below what is really sent (a still
    picture sends little, and an estimate follows what is sent); up again, when it is 1.4 times
    the rate; at most every ten seconds.
    """

    _HOLD_DOWN_S = 1.5
    _HOLD_UP_S = 5.0
    _REST_S = 10.0
    _WINDOW_S = 1.0

    def __init__(self, pinned_bps: int) -> None:
        self.rate_bps = pinned_bps
        self._pinned_bps = pinned_bps
        self._sent: deque[tuple[float, int]] = deque(maxlen=64)
        self._wanted_since_s: float | None = None
        self._direction = 0
        self._changed_s = float("-inf")

    def sent(self, now_s: float, size_bytes: int) -> None:
        """Note what left."""
        self._sent.append((now_s, size_bytes))

    def estimate(self, now_s: float, bps: int) -> bool:
        """Take one estimate of the path; whether the rate changed."""
        direction = self._tendency(now_s, bps)
        if direction != self._direction:
            self._direction, self._wanted_since_s = direction, now_s
        if direction == 0 or self._wanted_since_s is None:
            return False
        hold_s = self._HOLD_DOWN_S if direction < 0 else self._HOLD_UP_S
        if now_s - self._wanted_since_s < hold_s or now_s - self._changed_s < self._REST_S:
            return False
        self.rate_bps = max(_LEAST_BPS, min(int(bps * 0.9), self._pinned_bps))
        self._changed_s, self._direction = now_s, 0
        return True

    def _tendency(self, now_s: float, bps: int) -> int:
        if bps < 0.75 * self.rate_bps and bps < self._sent_bps(now_s):
            return -1 if self.rate_bps > _LEAST_BPS else 0
        if bps > 1.4 * self.rate_bps and self.rate_bps < self._pinned_bps:
            return 1
        return 0

    def _sent_bps(self, now_s: float) -> float:
        start_s = now_s - self._WINDOW_S
        return sum(size for at_s, size in self._sent if at_s >= start_s) * 8 / self._WINDOW_S


class FaceEncoder:
    """VP8 for rendered pictures: no denoiser, fastest real-time effort, one thread, constant rate.

    encode() runs in the render executor, one call at a time; the rest runs on the event loop.
    """

    def __init__(self, width: int, height: int, fps: int, bitrate_bps: int) -> None:
        self._fps = fps
        self._policy = BitratePolicy(bitrate_bps)
        self._frame = av.VideoFrame(width, height, "yuv420p")
        self._frame.time_base = Fraction(1, VIDEO_HZ)
        self._planes = [_pixels(plane) for plane in self._frame.planes]
        self._codec: VideoCodecContext | None = None
        self._restart = threading.Event()
        self._key_wanted = threading.Event()
        self._key_pts = -_KEY_FRAME_EVERY

    def request_key_frame(self) -> None:
        """The visitor's side lost the picture: make a frame whole soon, at most four a second."""
        self._key_wanted.set()

    def follow(self, now_s: float, estimate_bps: int) -> None:
        """Take the visitor's side's estimate of what the path carries."""
        if self._policy.estimate(now_s, estimate_bps):
            self._restart.set()

    def note_sent(self, now_s: float, size_bytes: int) -> None:
        self._policy.sent(now_s, size_bytes)

    def encode(self, picture: NDArray[np.uint8], pts: int) -> bytes:
        """Encode one I420 picture (uint8, shape (height*3//2, width)); `pts` counts 90 kHz."""
        self._copy(picture)
        if self._codec is None or self._restart.is_set():
            self._restart.clear()
            self._codec = self._open(self._policy.rate_bps)
        key = self._key_wanted.is_set() and pts - self._key_pts >= _KEY_FRAME_EVERY
        if key:
            self._key_wanted.clear()
            self._key_pts = pts
        self._frame.pict_type = PictureType.I if key else PictureType.NONE
        self._frame.pts = pts
        return b"".join(bytes(packet) for packet in self._codec.encode(self._frame))

    def _copy(self, picture: NDArray[np.uint8]) -> None:
        luma, blue, red = self._planes
        height, width = luma.shape
        if picture.shape != (height * 3 // 2, width) or picture.dtype != np.uint8:
            raise ValueError(f"a picture is uint8 of shape {(height * 3 // 2, width)}")
        luma[:] = picture[:height]
        chroma = picture[height:].reshape(2, height // 2, width // 2)
        blue[:], red[:] = chroma

    def _open(self, rate_bps: int) -> VideoCodecContext:
        codec = av.CodecContext.create("libvpx", "w")
        codec.width, codec.height = self._frame.width, self._frame.height
        codec.pix_fmt = "yuv420p"
        codec.framerate = Fraction(self._fps)
        codec.time_base = Fraction(1, VIDEO_HZ)
        codec.bit_rate = rate_bps
        codec.thread_count = 1
        codec.gop_size = 3000
        codec.qmin, codec.qmax = 2, 56
        rate = str(rate_bps)
        codec.options = {
            # minrate = maxrate = bit rate is how libvpx is told to keep a constant rate.
            "minrate": rate,
            "maxrate": rate,
            "bufsize": rate,
            "overshoot-pct": "15",
            "undershoot-pct": "100",
            "deadline": "realtime",
            "cpu-used": "-12",
            "lag-in-frames": "0",
            "noise-sensitivity": "0",
            # A drawn picture has no noise: blocks that differ this little are left as they are,
            # which saves a fifth of the work at 0.1 dB.
            "static-thresh": "500",
        }
        return codec


def _pixels(plane: av.video.plane.VideoPlane) -> NDArray[np.uint8]:
    """View a plane's visible pixels, without the padding at the end of its lines."""
    whole: NDArray[np.uint8] = np.frombuffer(memoryview(plane), np.uint8)
    lines = whole[: plane.height * plane.line_size].reshape(plane.height, plane.line_size)
    return lines[:, : plane.width]
