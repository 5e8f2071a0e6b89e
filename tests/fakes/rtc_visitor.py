"""A visitor: a real, stock aiortc peer that speaks tones and decodes what arrives."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from aiortc import RTCConfiguration, RTCRtpReceiver, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from aiortc.rtp import RtpPacket
from av import AudioFrame, VideoFrame
from numpy.typing import NDArray

from benchmarks.internals import watch_packets
from rtc.internals import Connection
from rtc.peer import Peer


class Tone(MediaStreamTrack):
    """A sine in real time, 48 kHz mono, 20 ms a frame."""

    kind = "audio"

    def __init__(self, hertz: float, amplitude: float = 8000.0) -> None:
        super().__init__()
        self._hertz = hertz
        self._amplitude = amplitude
        self._start_s = time.monotonic()
        self._sent = 0

    async def recv(self) -> AudioFrame:
        await asyncio.sleep(self._start_s + self._sent / 48_000 - time.monotonic())
        times = np.arange(self._sent, self._sent + 960) / 48_000
        samples = (self._amplitude * np.sin(2 * np.pi * self._hertz * times)).astype(np.int16)
        frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = 48_000, Fraction(1, 48_000), self._sent
        self._sent += 960
        return frame


class Mouth(Tone):
    """Silent but for what it is given to `say`, 16 kHz mono."""

    def __init__(self) -> None:
        super().__init__(0.0)
        self._speech: NDArray[np.int16] = np.zeros(0, np.int16)
        self._silent = asyncio.Event()

    async def say(self, pcm: NDArray[np.int16]) -> None:
        """Speak, and return when it is said."""
        at = np.arange(0, pcm.size, 1 / 3)
        self._silent.clear()
        self._speech = np.interp(at, np.arange(pcm.size), pcm).astype(np.int16)
        await self._silent.wait()

    async def recv(self) -> AudioFrame:
        frame = await super().recv()
        part, self._speech = self._speech[:960], self._speech[960:]
        if not part.size:
            self._silent.set()
            return frame
        samples = np.pad(part, (0, 960 - part.size)).reshape(1, -1)
        spoken = AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        spoken.sample_rate, spoken.time_base, spoken.pts = 48_000, frame.time_base, frame.pts
        return spoken


@dataclass(frozen=True, slots=True)
class Arrival:
    """One RTP packet: when it came, its time stamp, its size, whether it begins a key frame."""

    at_s: float
    timestamp: int
    size: int
    key: bool = False


@dataclass
class Received:
    """What came: packets as they arrived, and what they decode to."""

    audio_packets: list[Arrival] = field(default_factory=list)
    video_packets: list[Arrival] = field(default_factory=list)
    audio: list[tuple[int, NDArray[np.int16]]] = field(default_factory=list)
    video: list[tuple[int, float, NDArray[np.uint8]]] = field(default_factory=list)

    def audio_at(self, index: int) -> float:
        """When the packet of the decoded audio frame `index` arrived."""
        return _arrival_s(self.audio_packets, self.audio[index][0])

    def video_at(self, index: int) -> float:
        """When the first packet of the decoded picture `index` arrived."""
        return _arrival_s(self.video_packets, self.video[index][0])

    def loud(self, threshold: float = 2000.0) -> list[int]:
        """Indices of the decoded audio frames that are louder than `threshold` (RMS)."""
        return [index for index, (_, part) in enumerate(self.audio) if part.std() > threshold]

    def sound(self) -> NDArray[np.float64]:
        """Everything heard, mono, 48 kHz."""
        parts = [samples.reshape(-1, 2).mean(axis=1) for _, samples in self.audio]
        return np.concatenate(parts) if parts else np.zeros(0)


def _arrival_s(packets: list[Arrival], pts: int) -> float:
    first = packets[0].timestamp
    wanted = (first + pts) & 0xFFFFFFFF
    return next(packet.at_s for packet in packets if packet.timestamp == wanted)


class Visitor:
    """Offers audio both ways and video towards itself; `mic` is what it speaks, if anything.

    `on_sound` is called with what it hears: int16, shape (n,), mono, 48 kHz.
    """

    def __init__(self, mic: float | MediaStreamTrack | None = 300.0) -> None:
        self.connection = Connection(RTCConfiguration(iceServers=[]))
        self.received = Received()
        self.on_sound: Callable[[NDArray[np.int16]], None] | None = None
        self._readers: list[asyncio.Task[None]] = []
        track = Tone(mic) if isinstance(mic, float) else mic
        audio: Any = track or "audio"
        self.connection.addTransceiver(audio, "sendrecv" if track else "recvonly")
        self.connection.addTransceiver("video", "recvonly")
        self.connection.on("track", self._read)

    async def offer(self) -> str:
        await self.connection.setLocalDescription()
        return self.connection.localDescription.sdp

    async def accept(self, answer: str) -> None:
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def call(self, peer: Peer) -> None:
        """Offer, be answered, and wait until connected."""
        await self.accept(await peer.answer(await self.offer()))
        async with asyncio.timeout(20):
            while self.connection.connectionState != "connected" or peer.state != "connected":
                await asyncio.sleep(0.01)

    def unplug(self) -> None:
        """Lose the network: nothing is sent or answered any more, and nobody says so."""
        for sender in self.connection.getSenders():
            for protocol in sender.transport.transport._connection._protocols:
                protocol.transport.abort()

    async def aclose(self) -> None:
        await self.connection.shut()
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)

    def _read(self, track: MediaStreamTrack) -> None:
        receiver = next(r for r in self.connection.getReceivers() if r.track is track)
        self._tap(receiver, track.kind)
        self._readers.append(asyncio.create_task(self._drain(track), name=f"read-{track.kind}"))

    def _tap(self, receiver: RTCRtpReceiver, kind: str) -> None:
        arrivals = self.received.audio_packets if kind == "audio" else self.received.video_packets

        def note(packet: RtpPacket) -> None:
            body = packet.payload
            key = kind == "video" and bool(body[0] & 0x10) and body[4] & 1 == 0
            arrivals.append(Arrival(time.monotonic(), packet.timestamp, len(body), key))

        watch_packets(receiver, note)

    async def _drain(self, track: MediaStreamTrack) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                if isinstance(frame, AudioFrame):
                    samples = frame.to_ndarray()[0]
                    self.received.audio.append((frame.pts or 0, samples))
                    if self.on_sound is not None:
                        self.on_sound(samples[::2])
                elif isinstance(frame, VideoFrame):
                    luma = frame.to_ndarray(format="gray8").astype(np.uint8)
                    self.received.video.append((frame.pts or 0, time.monotonic(), luma))
