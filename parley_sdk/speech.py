"""What a runtime has yet to say, cut into frames."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import av
import numpy as np
from numpy.typing import NDArray

Pcm16 = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A frame's share of speech (int16, 16 kHz), or the end of what was said."""

    samples: Pcm16
    message_id: str
    last: bool = False
    ends: bool = False


class Queue:
    """Speech in, frames of `step` samples out; times are counted in samples of `rate`."""

    def __init__(self, rate: int, step: int) -> None:
        self._rate = rate
        self._step = step
        self._frames: deque[Spoken] = deque()
        self._rest: Pcm16 = np.zeros(0, np.int16)
        self._message_id = ""
        self._resampler: tuple[int, av.AudioResampler] | None = None

    def __len__(self) -> int:
        return len(self._frames)

    def push(self, pcm: Pcm16, rate: int, message_id: str, *, last: bool) -> Pcm16:
        """Append speech; `last` completes its frame with silence.

        Returns:
            What it adds at the queue's rate, that silence included.
        """
        self._message_id = message_id
        added = [*self._converted(pcm, rate), *(self._drained() if last else ())]
        new = np.concatenate([np.zeros(0, np.int16), *added])
        if last and (odd := (len(self._rest) + len(new)) % self._step):
            new = np.concatenate((new, np.zeros(self._step - odd, np.int16)))
        self._rest = np.concatenate((self._rest, new))
        whole = len(self._rest) - len(self._rest) % self._step
        for start in range(0, whole, self._step):
            ends = last and start + self._step == whole
            self._frames.append(Spoken(self._rest[start : start + self._step], message_id, ends))
        self._rest = self._rest[whole:]
        return new

    def end(self) -> Pcm16:
        """What is said ends here; returns the silence that completes its last frame."""
        new = self.push(np.zeros(0, np.int16), self._rate, self._message_id, last=True)
        self._frames.append(Spoken(np.zeros(0, np.int16), self._message_id, ends=True))
        return new

    def take(self) -> Spoken | None:
        """The next frame's speech, None where nothing is to be said."""
        return self._frames.popleft() if self._frames else None

    def clear(self) -> None:
        """Say nothing of it."""
        self._frames.clear()
        self._rest = np.zeros(0, np.int16)
        self._resampler = None

    def _converted(self, pcm: Pcm16, rate: int) -> Iterator[Pcm16]:
        if self._resampler is not None and self._resampler[0] != rate:
            yield from self._drained()
        if not len(pcm):
            return
        if rate == self._rate:
            yield pcm
            return
        if self._resampler is None:
            self._resampler = rate, av.AudioResampler("s16", "mono", self._rate)
        frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout="mono")
        frame.sample_rate = rate
        for part in self._resampler[1].resample(frame):
            yield part.to_ndarray()[0]

    def _drained(self) -> Iterator[Pcm16]:
        resampler, self._resampler = self._resampler, None
        if resampler is not None:
            for part in resampler[1].resample(None):
                yield part.to_ndarray()[0]
