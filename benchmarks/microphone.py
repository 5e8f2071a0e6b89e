"""A visitor's microphone: silence, paced like sound, and speech when there is some to say."""

import asyncio
import time
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from voice.ports import Pcm16

HZ = 48_000
TICK = 960
_TICK_S = TICK / HZ
_REBASE_S = 0.2


@dataclass(frozen=True, slots=True)
class Spoken:
    """When an utterance's first and last packets left, seconds of time.monotonic()."""

    start_s: float
    end_s: float


class MicrophoneTrack(MediaStreamTrack):
    """Frames of 20 ms, 48 kHz, mono, each given at the moment at which it is complete."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._origin_s = time.monotonic()
        self._tick = 0
        self._rest = np.zeros(0, np.int16)
        self._start_s = 0.0
        self._said: asyncio.Future[Spoken] | None = None

    async def say(self, pcm: Pcm16) -> Spoken:
        """Speak (int16, shape (n,), n a multiple of 960) and return once the last packet left."""
        self._rest, self._start_s = pcm, 0.0
        said: asyncio.Future[Spoken] = asyncio.get_running_loop().create_future()
        self._said = said
        return await said

    async def recv(self) -> av.AudioFrame:
        """Return the next frame at its time (an aiortc track's contract)."""
        self._tick += 1
        wait_s = self._origin_s + self._tick * _TICK_S - time.monotonic()
        if wait_s < -_REBASE_S:
            self._origin_s -= wait_s
        await asyncio.sleep(max(0.0, wait_s))
        if self.readyState != "live":
            raise MediaStreamError
        frame = av.AudioFrame.from_ndarray(self._next(), format="s16", layout="mono")
        frame.sample_rate = HZ
        frame.pts = self._tick * TICK
        frame.time_base = Fraction(1, HZ)
        return frame

    def _next(self) -> Pcm16:
        now_s = time.monotonic()
        if not self._rest.size:
            return np.zeros((1, TICK), np.int16)
        self._start_s = self._start_s or now_s
        block, self._rest = self._rest[:TICK], self._rest[TICK:]
        if not self._rest.size and self._said is not None and not self._said.done():
            self._said.set_result(Spoken(self._start_s, now_s))
        return block.reshape(1, TICK)
