"""What arrives at a visitor, noted packet by packet before any jitter buffer."""

import time
from collections.abc import Callable

import av
import numpy as np
from aiortc import RTCRtpReceiver
from aiortc.codecs import depayload
from aiortc.rtp import RtpPacket
from numpy.typing import NDArray

from benchmarks.internals import negotiated, watch_packets
from voice.ports import Pcm16

AUDIO_HZ = 48_000
VIDEO_HZ = 90_000
LOUD_RMS = 250.0
"""About -42 dBFS: above the noise of an idle codec, below the softest vowel."""

Floats = NDArray[np.float64]
_WINDOW_S = 3.0


class MediaTime:
    """RTP timestamps of one stream as seconds since its first packet."""

    def __init__(self, clock_hz: int) -> None:
        self._clock_hz = clock_hz
        self._first: int | None = None
        self._last = 0

    def of(self, timestamp: int) -> float:
        """Unwrap one timestamp; it may be at most half the 32-bit range from the one before."""
        if self._first is None:
            self._first = self._last = timestamp
        step = (timestamp - self._last + 0x80000000) % 0x100000000 - 0x80000000
        self._last += step
        return (self._last - self._first) / self._clock_hz


class AudioTap:
    """Arrival and loudness of each Opus packet; its samples too, where `keep` says so."""

    def __init__(self, *, keep: bool = False) -> None:
        self.media_s: list[float] = []
        self.arrival_s: list[float] = []
        self.rms: list[float] = []
        self.samples: list[Pcm16] = []
        self.received_bytes = 0
        self._keep = keep
        self._time = MediaTime(AUDIO_HZ)
        self._decoder = av.CodecContext.create("libopus", "r")
        self._decoder.layout = "mono"
        self._decoder.sample_rate = AUDIO_HZ

    def note(self, packet: RtpPacket, payload: bytes, arrival_s: float) -> None:
        pcm = self._decode(payload)
        self.media_s.append(self._time.of(packet.timestamp))
        self.arrival_s.append(arrival_s)
        self.rms.append(float(np.sqrt(np.mean(pcm.astype(np.float64) ** 2))) if pcm.size else 0.0)
        self.received_bytes += len(payload)
        if self._keep:
            self.samples.append(pcm)

    def _decode(self, payload: bytes) -> Pcm16:
        frames = self._decoder.decode(av.Packet(payload)) if payload else []
        parts = [frame.to_ndarray()[0] for frame in frames if isinstance(frame, av.AudioFrame)]
        return np.concatenate([np.zeros(0, np.int16), *parts]).astype(np.int16, copy=False)


class VideoTap:
    """Arrival of each picture's last packet; its VP8 data too, where `keep` says so."""

    def __init__(self, on_first: Callable[[float], None], *, keep: bool = False) -> None:
        self.media_s: list[float] = []
        self.arrival_s: list[float] = []
        self.pictures: list[bytes] = []
        self.received_bytes = 0
        self._on_first = on_first
        self._keep = keep
        self._time = MediaTime(VIDEO_HZ)
        self._parts: dict[int, bytes] = {}

    def note(self, packet: RtpPacket, payload: bytes, arrival_s: float) -> None:
        self.received_bytes += len(payload)
        if self._keep:
            self._parts[packet.sequence_number] = payload
        if not packet.marker:
            return
        if not self.media_s:
            self._on_first(arrival_s)
        self.media_s.append(self._time.of(packet.timestamp))
        self.arrival_s.append(arrival_s)
        if self._keep:
            last = packet.sequence_number
            order = sorted(self._parts, key=lambda number: (number - last - 1) % 0x10000)
            self.pictures.append(b"".join(self._parts[number] for number in order))
            self._parts.clear()


def attach(receiver: RTCRtpReceiver, tap: AudioTap | VideoTap, mime_type: str) -> None:
    """Let `tap` note each packet of `mime_type`; then it goes its usual way to RTCP and REMB.

    Repetitions (RTX) have a type of their own and are left out.
    """
    codecs = negotiated(receiver)

    def note(packet: RtpPacket) -> None:
        arrival_s = time.monotonic()
        codec = codecs.get(packet.payload_type)
        if codec is not None and codec.mimeType.lower() == mime_type and packet.payload:
            tap.note(packet, depayload(codec, packet.payload), arrival_s)

    watch_packets(receiver, note)


def shown_s(media_s: Floats, arrival_s: Floats, at_media_s: Floats) -> Floats:
    """When media instants would be seen or heard if buffering added nothing.

    `media_s` and `arrival_s` (shape (n,), ascending) are a stream's packets. An instant is
    shifted by the median transit of the packets within 3 s of it: single late packets, which
    any jitter buffer hides, do not count, a lasting delay does.
    """
    transit = arrival_s - media_s
    low = np.searchsorted(media_s, at_media_s - _WINDOW_S)
    high = np.maximum(np.searchsorted(media_s, at_media_s + _WINDOW_S), low + 1)
    medians = [np.median(transit[a:b]) for a, b in zip(low, high, strict=True)]
    return at_media_s + np.array(medians)
