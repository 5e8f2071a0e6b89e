"""One stretch of speech on its way to the loudspeaker, at 48 kHz."""

from collections import deque
from dataclasses import dataclass

import av
import numpy as np

from voice.ports import Pcm16

OUT_HZ = 48_000


class _Upsampler:
    """Streaming conversion of mono int16 to 48 kHz; holds back about a millisecond."""

    def __init__(self, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self._resampler = av.AudioResampler(format="s16", layout="mono", rate=OUT_HZ)

    def push(self, pcm: Pcm16) -> Pcm16:
        frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = self.sample_rate
        return self._collect(frame)

    def drain(self) -> Pcm16:
        return self._collect(None)

    def _collect(self, frame: av.AudioFrame | None) -> Pcm16:
        parts = [part.to_ndarray()[0] for part in self._resampler.resample(frame)]
        return np.concatenate(parts) if parts else np.zeros(0, np.int16)


@dataclass(slots=True, eq=False)
class _Block:
    """Samples at 48 kHz; the first one not yet taken stands at `at_s` of the speech timeline."""

    samples: Pcm16
    at_s: float


class Segment:
    """Speech between a first push and a flush, taken from the front as it is played.

    `waiting` and `taken` count 48 kHz samples.
    """

    def __init__(self) -> None:
        self.complete = False
        self.waiting = 0
        self.taken = 0
        self._blocks: deque[_Block] = deque()
        self._upsampler: _Upsampler | None = None
        self._end_s = 0.0

    @property
    def heard_s(self) -> float:
        return self.taken / OUT_HZ

    def append(self, pcm: Pcm16, sample_rate: int, at_s: float) -> None:
        """Add speech whose first sample stands at `at_s` of the speech timeline."""
        if self._upsampler is None or self._upsampler.sample_rate != sample_rate:
            self._drain()
        if sample_rate == OUT_HZ:
            self._add(pcm, at_s)
            return
        if self._upsampler is None:
            self._upsampler = _Upsampler(sample_rate)
        self._add(self._upsampler.push(pcm), at_s)

    def finish(self) -> None:
        """Nothing more will be appended."""
        self._drain()
        self.complete = True

    def take_into(self, out: Pcm16) -> tuple[int, float | None]:
        """Move samples to the front of `out`.

        Returns:
            How many were moved, and where the first of them stands on the speech timeline.
        """
        filled, start_s = 0, None
        while filled < out.size and self._blocks:
            block = self._blocks[0]
            count = min(out.size - filled, block.samples.size)
            out[filled : filled + count] = block.samples[:count]
            start_s = block.at_s if start_s is None else start_s
            filled += count
            if count == block.samples.size:
                self._blocks.popleft()
            else:
                block.samples = block.samples[count:]
                block.at_s += count / OUT_HZ
        self.waiting -= filled
        self.taken += filled
        return filled, start_s

    def head(self, count: int) -> Pcm16:
        """Copy at most `count` of the next samples without taking them."""
        parts, missing = [np.zeros(0, np.int16)], count
        for block in self._blocks:
            if missing <= 0:
                break
            parts.append(block.samples[:missing])
            missing -= parts[-1].size
        return np.concatenate(parts)

    def position_s(self, ahead: int) -> float | None:
        """Where on the speech timeline the sample `ahead` of the next one stands, if it is here."""
        for block in self._blocks:
            if ahead < block.samples.size:
                return block.at_s + ahead / OUT_HZ
            ahead -= block.samples.size
        return None

    def _add(self, samples: Pcm16, at_s: float) -> None:
        self._end_s = at_s + samples.size / OUT_HZ
        if samples.size:
            self._blocks.append(_Block(samples, at_s))
            self.waiting += samples.size

    def _drain(self) -> None:
        if self._upsampler is not None:
            self._add(self._upsampler.drain(), self._end_s)
            self._upsampler = None
