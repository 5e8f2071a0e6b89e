"""Sound turned into loudness and articulation by its band energies, 100 times a second.

This is what drives the mouth when nothing but the signal is known, and the loudness gate that
closes it in every pause. Its hops are numbered on the speech timeline: hop ``k`` is the 10 ms from
``k / 100`` on.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from avatar.articulation import CHANNELS, JAW, WIDTH, Articulation
from avatar.port import Pcm16

Floats = NDArray[np.float32]

RATE_HZ = 16_000
HOP = 160
HOPS_PER_S = RATE_HZ // HOP
WINDOW = 400
MARGIN = (WINDOW - HOP) // 2
FFT = 512

# Voice; what an open jaw lets out; what spread lips let out; hiss.
BANDS_HZ = ((80.0, 700.0), (700.0, 1800.0), (1800.0, 2900.0), (3600.0, 7600.0))
KEEP_S = 0.5
NEED_S = 0.08
# Analysing some frames' worth at once costs less than doing it for each frame.
AHEAD_S = 0.32

# The face opens on sound that is louder than both: absolutely, and against the voice's own peak.
FLOOR_DB = -52.0
BELOW_PEAK_DB = 34.0
FIRST_PEAK_DB = -28.0

# How far from sound the mouth is still fully open, and how long it then takes to close or open.
HOLD_S, CLOSE_S = 0.030, 0.040
EARLY_S, OPEN_S = 0.010, 0.040


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


@dataclass(frozen=True, slots=True)
class Heard:
    """What a moment of sound does to the mouth: openness and loudness 0..1, articulation."""

    openness: float
    loudness: float
    articulation: Articulation


class BandTrack:
    """The analysed near past and future of the speech timeline.

    Sound is analysed only when a moment near it is asked for, so the work is spread over the frames
    however large the pushed pieces are.
    """

    def __init__(self) -> None:
        self._hann = np.hanning(WINDOW).astype(np.float32)
        freq = np.fft.rfftfreq(FFT, 1.0 / RATE_HZ)
        self._bands = np.stack([(freq >= lo) & (freq < hi) for lo, hi in BANDS_HZ], axis=1).astype(
            np.float32
        )
        self._peak_db = FIRST_PEAK_DB
        self.clear()

    def clear(self) -> None:
        """Forget all sound; the voice's level stays known."""
        self._pending: deque[Piece] = deque()
        self._samples: Floats = np.zeros(0, np.float32)
        self._first_sample = 0
        self._first_hop = 0
        self._rows: Floats = np.zeros((0, 4), np.float32)

    def add(self, piece: Piece) -> None:
        """Append a piece that starts where the last one ended, or later."""
        self._pending.append(piece)

    def at(self, time_s: float) -> Heard:
        """The sound around a moment; times must not run backwards by more than half a second."""
        if (self._first_hop + len(self._rows)) / HOPS_PER_S < time_s + NEED_S:
            self._analyse_until(time_s + AHEAD_S)
        hop = int(time_s * HOPS_PER_S) - self._first_hop
        near = self._rows[max(0, hop - 8) : max(0, hop + 7)]
        if not len(near):
            return Heard(0.0, 0.0, np.zeros(CHANNELS, np.float32))
        offsets_s = (np.arange(len(near)) + max(0, hop - 8) + self._first_hop + 0.5) / HOPS_PER_S
        offsets_s -= time_s
        weight = np.exp(-(((offsets_s - 0.01) / 0.025) ** 2)).astype(np.float32)
        loud, jaw, width = (weight @ near[:, 1:4]) / max(1e-6, float(weight.sum()))
        articulation = np.zeros(CHANNELS, np.float32)
        articulation[JAW], articulation[WIDTH] = jaw, width
        return Heard(_openness(near[:, 0], offsets_s), float(loud), articulation)

    def forget_before(self, time_s: float) -> None:
        """Drop what can no longer be asked for."""
        extra = int((time_s - KEEP_S) * HOPS_PER_S) - self._first_hop
        if extra > HOPS_PER_S // 4:
            extra = min(extra, len(self._rows))
            self._rows = self._rows[extra:].copy()
            self._first_hop += extra

    def _analyse_until(self, time_s: float) -> None:
        wanted = int(time_s * RATE_HZ)
        while self._pending and self._pending[0].end_s < time_s - KEEP_S:
            self._pending.popleft()
        while self._pending and self._end_sample() < wanted:
            self._take(self._pending.popleft())
        count = (len(self._samples) - WINDOW) // HOP + 1
        if count > 0:
            rows = self._features(count)
            self._rows = np.concatenate((self._rows, rows))
            self._samples = self._samples[count * HOP :].copy()
            self._first_sample += count * HOP

    def _end_sample(self) -> int:
        return self._first_sample + len(self._samples)

    def _take(self, piece: Piece) -> None:
        """Resample one piece onto the timeline's own grid, which leaves no gap between pieces."""
        first = int(np.ceil(piece.start_s * RATE_HZ - 1e-6))
        last = int(np.ceil(piece.end_s * RATE_HZ - 1e-6))
        places = (np.arange(first, last) / RATE_HZ - piece.start_s) * piece.sample_rate
        sound = np.interp(places, np.arange(len(piece.pcm)), piece.pcm).astype(np.float32)
        if first != self._end_sample():
            self._start_at(first)
        self._samples = np.concatenate((self._samples, sound / np.float32(32768)))

    def _start_at(self, sample: int) -> None:
        """Begin anew after a gap, as if silence came before."""
        self._first_hop = sample // HOP
        lead = MARGIN + sample - self._first_hop * HOP
        self._first_sample = sample - lead
        self._samples = np.zeros(lead, np.float32)
        self._rows = np.zeros((0, 4), np.float32)

    def _features(self, count: int) -> Floats:
        """Rows of (sounding 0/1, loudness, jaw, width) for the next ``count`` hops."""
        windows = sliding_window_view(self._samples, WINDOW)[::HOP][:count]
        middle = windows[:, MARGIN : MARGIN + HOP]
        level_db = 10.0 * np.log10(np.mean(middle * middle, axis=1) + 1e-9)
        spectrum = np.abs(np.fft.rfft(windows * self._hann, FFT)).astype(np.float32)
        power = (spectrum * spectrum) @ self._bands / (FFT * WINDOW * 0.19) + 1e-9
        low_db, open_db, front_db, hiss_db = (10.0 * np.log10(power)).T
        peak_db = self._peaks(level_db)
        rows = np.zeros((count, 4), np.float32)
        rows[:, 0] = level_db > np.maximum(FLOOR_DB, peak_db - BELOW_PEAK_DB)
        rows[:, 1] = np.clip((level_db - peak_db + 26.0) / 26.0, 0.0, 1.0)
        hiss = np.clip((hiss_db - np.maximum(low_db, open_db) + 3.0) / 9.0, 0.0, 1.0)
        voiced = 0.16 * np.clip((low_db - peak_db + 18.0) / 12.0, 0.0, 1.0)
        opened = 0.82 * np.clip((open_db - peak_db + 46.0) / 38.0, 0.0, 1.0) ** 1.7
        jaw = np.maximum(voiced, opened) * (1.0 - 0.6 * hiss)
        rows[:, 2] = jaw
        rows[:, 3] = 0.7 * np.tanh((front_db - open_db + 1.0) / 12.0) + 0.7 * jaw - 0.05
        rows[:, 1:] *= rows[:, :1]
        return rows

    def _peaks(self, level_db: NDArray[np.floating]) -> Floats:
        """The voice's running peak level: quick to rise, slow to fall, still in pauses."""
        peaks = np.empty(len(level_db), np.float32)
        peak = self._peak_db
        for i, level in enumerate(level_db.tolist()):
            if level > peak:
                peak += 0.35 * (level - peak)
            elif level > peak - BELOW_PEAK_DB / 2:
                peak -= 0.03
            peaks[i] = peak
        self._peak_db = max(peak, FLOOR_DB + 8.0)
        return peaks


def _openness(sounding: Floats, offsets_s: NDArray[np.floating]) -> float:
    """1 at sound, falling to 0 in the time that the mouth takes to close after it, open before."""
    active = offsets_s[sounding > 0.5]
    if not len(active):
        return 0.0
    past, future = active[active <= 0], active[active > 0]
    after = 1.0 - (-past[-1] - 0.005 - HOLD_S) / CLOSE_S if len(past) else 0.0
    ahead = 1.0 - (future[0] - 0.005 - EARLY_S) / OPEN_S if len(future) else 0.0
    return float(min(1.0, max(0.0, after, ahead)))
