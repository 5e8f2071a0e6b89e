"""Pushed sound on the timeline of speech, as samples of one rate."""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.port import Pcm16

Floats = NDArray[np.float32]

RATE_HZ = 16_000
KEEP_S = 1.5


@dataclass(frozen=True, slots=True)
class Piece:
    """Sound on the speech timeline, at most some hundred ms of it."""

    start_s: float
    pcm: Pcm16
    sample_rate: int

    @property
    def end_s(self) -> float:
        """Where it ends."""
        return self.start_s + len(self.pcm) / self.sample_rate


class SoundTrack:
    """The near past and future of the timeline: sample ``n`` is the moment ``n / 16000`` s.

    Sound is resampled only when a moment near it is asked for, so the work is spread over the
    frames however large the pushed pieces are.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget all sound."""
        self._pending: deque[Piece] = deque()
        self._samples: Floats = np.zeros(0, np.float32)
        self._first = 0
        self._before: NDArray[np.float64] = np.zeros(0)

    @property
    def end(self) -> int:
        """The sample after the last one that was resampled."""
        return self._first + len(self._samples)

    def add(self, piece: Piece) -> None:
        """Append a piece that starts where the last one ended, or later."""
        self._pending.append(piece)

    def reach(self, time_s: float) -> None:
        """Resample what was added, up to a moment or some more."""
        while self._pending and self._pending[0].end_s < time_s - KEEP_S - 1.0:
            self._pending.popleft()
        while self._pending and self.end < time_s * RATE_HZ:
            self._take(self._pending.popleft())

    def between(self, first: int, last: int) -> Floats:
        """Samples of first <= n < last, -1..1: zeros where there is no sound."""
        out = np.zeros(max(0, last - first), np.float32)
        low, high = max(first, self._first), min(last, self.end)
        if low < high:
            out[low - first : high - first] = self._samples[low - self._first : high - self._first]
        return out

    def forget_before(self, time_s: float) -> None:
        """Drop what can no longer be asked for."""
        extra = int((time_s - KEEP_S) * RATE_HZ) - self._first
        if extra > RATE_HZ // 4:
            extra = min(extra, len(self._samples))
            self._samples = self._samples[extra:].copy()
            self._first += extra

    def _take(self, piece: Piece) -> None:
        """Resample one piece onto the timeline's own grid, which leaves no gap between pieces."""
        first = int(np.ceil(piece.start_s * RATE_HZ - 1e-6))
        last = int(np.ceil(piece.end_s * RATE_HZ - 1e-6))
        if first != self.end:
            self._first, self._samples = first, np.zeros(0, np.float32)
            self._before = np.zeros(0)
        on_the_grid = abs(piece.start_s * RATE_HZ - first) < 1e-3
        if piece.sample_rate == RATE_HZ and on_the_grid and len(piece.pcm) == last - first:
            sound = piece.pcm.astype(np.float32)
        else:
            places = (np.arange(first, last) / RATE_HZ - piece.start_s) * piece.sample_rate
            pcm = self._low_passed(piece) if piece.sample_rate > RATE_HZ else piece.pcm
            sound = np.interp(places, np.arange(len(pcm)), pcm).astype(np.float32)
        self._samples = np.concatenate((self._samples, sound / np.float32(32768)))

    def _low_passed(self, piece: Piece) -> NDArray[np.float64]:
        """Without what the lower rate cannot hold, which would fold down into the voice."""
        kernel = _low_pass(piece.sample_rate)
        half = len(kernel) // 2
        before = np.resize(np.append(np.zeros(half), self._before)[-half:], half)
        after = np.pad(piece.pcm[-half:], (0, half), mode="edge")[-half:]
        self._before = piece.pcm[-half:].astype(np.float64)
        return np.convolve(np.concatenate((before, piece.pcm, after)), kernel, mode="valid")


def _low_pass(rate_hz: int) -> NDArray[np.float64]:
    """A windowed sinc that keeps what is below 7 kHz: odd length, sum 1."""
    half = 6 * rate_hz // RATE_HZ
    places = np.arange(-half, half + 1)
    kernel = np.sinc(2 * 7200.0 / rate_hz * places) * np.hanning(2 * half + 3)[1:-1]
    return np.asarray(kernel / kernel.sum())
