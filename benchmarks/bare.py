"""What aiortc costs as it comes: `python -m benchmarks.bare --frames F --speech S --kbps N`.

A stock sender of pictures drawn beforehand: VP8 and Opus out, a microphone in, no conversation
and no rendering. The bitrate is pinned to Parley's, as a visit's is.
"""

import argparse
import asyncio
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from numpy.typing import NDArray

from benchmarks import speech, stand_in
from benchmarks.internals import pin_bitrate
from voice.ports import Pcm16

FPS = 25
HZ = 48_000
TICK = 960


class PictureTrack(MediaStreamTrack):
    """Recorded pictures (uint8, I420, shape (n, height*3//2, width)), there and back again."""

    kind = "video"

    def __init__(self, pictures: NDArray[np.uint8]) -> None:
        super().__init__()
        self._pictures = pictures
        self._start_s = time.monotonic()
        self._index = -1

    async def recv(self) -> av.VideoFrame:
        due = max(self._index + 1, int((time.monotonic() - self._start_s) * FPS))
        self._index = due
        await asyncio.sleep(max(0.0, self._start_s + due / FPS - time.monotonic()))
        if self.readyState != "live":
            raise MediaStreamError
        count = len(self._pictures)
        place = due % (2 * count)
        picture = self._pictures[place if place < count else 2 * count - 1 - place]
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts, frame.time_base = due * 90_000 // FPS, Fraction(1, 90_000)
        return frame


class SpeechTrack(MediaStreamTrack):
    """Recorded speech (int16, shape (n,), 48 kHz), again and again."""

    kind = "audio"

    def __init__(self, pcm: Pcm16) -> None:
        super().__init__()
        stereo = np.repeat(pcm[: pcm.size - pcm.size % TICK], 2)
        self._blocks = stereo.reshape(-1, 1, TICK * 2)
        self._start_s = time.monotonic()
        self._index = -1

    async def recv(self) -> av.AudioFrame:
        self._index += 1
        await asyncio.sleep(max(0.0, self._start_s + self._index * TICK / HZ - time.monotonic()))
        if self.readyState != "live":
            raise MediaStreamError
        block = self._blocks[self._index % len(self._blocks)]
        frame = av.AudioFrame.from_ndarray(block, format="s16", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = HZ, self._index * TICK, Fraction(1, HZ)
        return frame


class BareSide:
    """One visit to the stock sender."""

    def __init__(self, pictures: NDArray[np.uint8], pcm: Pcm16) -> None:
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._tracks = [SpeechTrack(pcm), PictureTrack(pictures)]
        self._listening: asyncio.Task[None] | None = None

    async def answer(self, sdp: str) -> str:
        for track in self._tracks:
            self._connection.addTrack(track)
        self._connection.on("track", self._on_track)
        await self._connection.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
        await self._connection.setLocalDescription()
        return str(self._connection.localDescription.sdp)

    async def close(self) -> None:
        await self._connection.close()
        if self._listening is not None:
            await self._listening

    def _on_track(self, track: MediaStreamTrack) -> None:
        if track.kind == "audio":
            self._listening = asyncio.create_task(_hear(track), name="bare microphone")


async def _hear(track: MediaStreamTrack) -> None:
    try:
        while True:
            await track.recv()
    except MediaStreamError:
        return


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=Path, required=True, help="npy: uint8, (n, 768, 512)")
    parser.add_argument("--speech", type=Path, required=True, help="WAV: 48 kHz, mono")
    parser.add_argument("--kbps", type=int, required=True)
    given = parser.parse_args()
    pin_bitrate(given.kbps * 1000)
    pictures = np.load(given.frames, mmap_mode="r")
    pcm = speech.read(given.speech)
    stand_in.run(lambda: BareSide(pictures, pcm))


if __name__ == "__main__":
    main()
