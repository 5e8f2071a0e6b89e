"""A microphone and a loudspeaker for conversations, and a call that runs both in real time."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from voice.ports import LoudspeakerObserver, Pcm16, Phone

RATE_HZ = 16_000
TICK_S = 0.02
TICK = 320


class FakeMicrophone:
    """Hands out what was put in, a block of 320 samples a read; waits when there is none."""

    def __init__(self) -> None:
        self._blocks: asyncio.Queue[Pcm16 | None] = asyncio.Queue(200)

    def put(self, block: Pcm16) -> None:
        """Add 20 ms; the oldest goes when nobody reads."""
        if self._blocks.full():
            self._blocks.get_nowait()
        self._blocks.put_nowait(block)

    def close(self) -> None:
        """Nothing comes any more."""
        self._blocks.put_nowait(None)

    async def read(self) -> Pcm16 | None:
        """Return the next block."""
        return await self._blocks.get()


class FakeLoudspeaker:
    """Plays what it is given when `take` is called, as a playout does for its track."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.phones: list[Phone] = []
        self.aligned: list[tuple[float, tuple[Phone, ...]]] = []
        self.finished: list[tuple[float, bool]] = []
        self.first_push_at: list[float] = []
        self.paused = False
        self._observer: LoudspeakerObserver | None = None
        self._buffer: NDArray[np.int16] = np.zeros(0, np.int16)
        self._heard = 0
        self._timeline_s = 0.0
        self._open = self._complete = self._started = False
        self._room = asyncio.Event()

    def set_observer(self, observer: LoudspeakerObserver) -> None:
        """Name the one observer."""
        self._observer = observer

    @property
    def heard_s(self) -> float:
        """Seconds of the segment that were taken."""
        return self._heard / RATE_HZ

    @property
    def pushed_s(self) -> float:
        """Seconds of the segment that were pushed."""
        return (self._heard + len(self._buffer)) / RATE_HZ

    async def push(
        self,
        pcm: Pcm16,
        sample_rate: int,
        *,
        text: str = "",
        phones: Sequence[Phone] = (),
    ) -> float | None:
        """Append to the segment; waits while more than 4 s are buffered."""
        at_s, self._timeline_s = self._timeline_s, self._timeline_s + len(pcm) / sample_rate
        if not self._open:
            self._open, self._complete, self._started, self._heard = True, False, False, 0
            self.first_push_at.append(time.time())
        if text:
            self.texts.append(text)
        self.phones.extend(phones)
        self._buffer = np.concatenate((self._buffer, resampled(pcm, sample_rate)))
        while len(self._buffer) > 4 * RATE_HZ:
            self._room.clear()
            await self._room.wait()
        return at_s

    def align(self, start_s: float, phones: Sequence[Phone]) -> None:
        """Note phones that came late."""
        self.aligned.append((start_s, tuple(phones)))

    def flush(self) -> None:
        """The segment is complete."""
        self._complete = True
        if self._open and not len(self._buffer):
            self._finish(interrupted=False)

    def clear(self) -> None:
        """Drop what is left; the segment ends interrupted."""
        self._buffer = np.zeros(0, np.int16)
        self._room.set()
        if self._open:
            self._finish(interrupted=True)

    def pause(self) -> None:
        """Hold."""
        self.paused = True

    def resume(self) -> None:
        """Go on."""
        self.paused = False

    def take(self, samples: int = TICK) -> Pcm16:
        """Play so many samples, silence where there are none."""
        out = np.zeros(samples, np.int16)
        if self.paused or not self._open:
            return out
        part, self._buffer = self._buffer[:samples], self._buffer[samples:]
        self._room.set()
        out[: len(part)] = part
        if len(part):
            self._played(len(part))
        if self._complete and not len(self._buffer):
            self._finish(interrupted=False)
        return out

    def _played(self, samples: int) -> None:
        before, self._heard = self._heard, self._heard + samples
        if self._observer is None:
            return
        if not self._started:
            self._started = True
            self._observer.on_started()
        if before // 1600 != self._heard // 1600:
            self._observer.on_heard(self.heard_s)

    def _finish(self, *, interrupted: bool) -> None:
        self._open = False
        self.finished.append((self.heard_s, interrupted))
        if self._observer is not None:
            self._observer.on_finished(self.heard_s, interrupted)


class FakeCall:
    """Runs a microphone and a loudspeaker in real time, with an echo and noise if asked.

    `recording` is what the loudspeaker played, from the call's start.
    """

    def __init__(
        self, *, echo_db: float | None = None, echo_s: float = 0.15, noise_db: float | None = None
    ) -> None:
        self.microphone = FakeMicrophone()
        self.loudspeaker = FakeLoudspeaker()
        self.recording: list[Pcm16] = []
        self.connected = True
        self._echo = 0.0 if echo_db is None else float(10 ** (echo_db / 20))
        self._way_back: deque[Pcm16] = deque(
            np.zeros(TICK, np.int16) for _ in range(max(1, round(echo_s / TICK_S)))
        )
        self._noise = 0.0 if noise_db is None else float(32768 * 10 ** (noise_db / 20))
        self._random = np.random.default_rng(1)
        self._speech: NDArray[np.int16] = np.zeros(0, np.int16)
        self._silent = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "FakeCall":
        self._task = asyncio.create_task(self._run(), name="fake call")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def speak(self, pcm: Pcm16) -> float:
        """Say something into the microphone; return the Unix time at which it ended."""
        self._silent.clear()
        self._speech = np.concatenate((self._speech, pcm))
        await self._silent.wait()
        return time.time()

    def energy_since(self, tick: int) -> float:
        """Return the root mean square of what was played since a tick of the recording."""
        heard = self.recording[tick:]
        return float(np.sqrt(np.mean(np.square(np.concatenate(heard), dtype=np.float64))))

    async def _run(self) -> None:
        started_s, ticks = time.monotonic(), 0
        while True:
            self._tick()
            ticks += 1
            await asyncio.sleep(max(0.0, started_s + ticks * TICK_S - time.monotonic()))

    def _tick(self) -> None:
        played = self.loudspeaker.take()
        self.recording.append(played)
        self._way_back.append(played)
        mixed = self._way_back.popleft() * self._echo
        if self._noise:
            mixed = mixed + self._random.standard_normal(TICK) * self._noise
        part, self._speech = self._speech[:TICK], self._speech[TICK:]
        mixed[: len(part)] += part
        if not len(self._speech):
            self._silent.set()
        if self.connected:
            self.microphone.put(np.clip(mixed, -32768, 32767).astype(np.int16))


def resampled(pcm: Pcm16, sample_rate: int) -> Pcm16:
    """Return PCM at 16 kHz; linear, good enough to listen for energy and words."""
    if sample_rate == RATE_HZ:
        return pcm
    at = np.arange(0, len(pcm), sample_rate / RATE_HZ)
    resampled_pcm: Pcm16 = np.interp(at, np.arange(len(pcm)), pcm).astype(np.int16)
    return resampled_pcm
