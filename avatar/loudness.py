"""How loud the voice is, and the gate that closes the mouth in every pause.

Rows are hops of 10 ms: hop ``k`` is the time from ``k / 100`` s on.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.sound import RATE_HZ, SoundTrack
from avatar.strip import Strip

Floats = NDArray[np.float32]

HOP = 160
HOPS_PER_S = RATE_HZ // HOP
KEEP_S = 0.5
NEED_S = 0.08
# Analysing some frames' worth at once costs less than doing it for each frame.
AHEAD_S = 0.32

# The face opens on sound that is louder than both: absolutely, and against the voice's own peak.
FLOOR_DB = -62.0
BELOW_PEAK_DB = 34.0
FIRST_PEAK_DB = -28.0
LOWEST_PEAK_DB = -44.0

# How far from sound the mouth is still fully open, and how long it then takes to close or open.
HOLD_S, CLOSE_S = 0.030, 0.040
EARLY_S, OPEN_S = 0.010, 0.040


@dataclass(frozen=True, slots=True)
class Heard:
    """A moment of sound: how far it lets the mouth open, and how loud it is, both 0..1."""

    openness: float
    loudness: float


class LoudnessTrack:
    """The analysed near past and future of the speech timeline."""

    def __init__(self, sound: SoundTrack) -> None:
        self._sound = sound
        self._peak_db = FIRST_PEAK_DB
        self._rows = Strip(2)

    def clear(self) -> None:
        """Forget all sound; the voice's level stays known."""
        self._rows.restart(0)

    def at(self, time_s: float) -> Heard:
        """The sound around a moment; times must not run backwards by more than half a second."""
        hop = int(time_s * HOPS_PER_S)
        if self._rows.end < (time_s + NEED_S) * HOPS_PER_S:
            self._analyse(time_s)
        first = max(self._rows.first, hop - 8)
        near = self._rows.between(first, hop + 7)
        if not len(near):
            return Heard(0.0, 0.0)
        offsets_s = (np.arange(len(near)) + first + 0.5) / HOPS_PER_S - time_s
        weight = np.exp(-(((offsets_s - 0.01) / 0.025) ** 2))
        loudness = float(weight @ near[:, 1]) / max(1e-6, float(weight.sum()))
        return Heard(_openness(near[:, 0], offsets_s), loudness)

    def forget_before(self, time_s: float) -> None:
        """Drop what can no longer be asked for."""
        self._rows.forget_before(int((time_s - KEEP_S) * HOPS_PER_S))

    def _analyse(self, time_s: float) -> None:
        if self._rows.end < (time_s - KEEP_S) * HOPS_PER_S:
            self._rows.restart(max(0, int((time_s - KEEP_S) * HOPS_PER_S)))
        self._sound.reach(time_s + AHEAD_S)
        first = self._rows.end
        last = min(self._sound.end // HOP, int((time_s + AHEAD_S) * HOPS_PER_S))
        if last > first:
            self._rows.append(self._levels(self._sound.between(first * HOP, last * HOP)))

    def _levels(self, samples: Floats) -> Floats:
        """Rows of (sounding 0 or 1, loudness 0..1) for samples of whole hops."""
        hops = samples.reshape(-1, HOP)
        level_db = 10.0 * np.log10(np.mean(hops * hops, axis=1) + 1e-9)
        peak_db = self._peaks(level_db)
        sounding = level_db > np.maximum(FLOOR_DB, peak_db - BELOW_PEAK_DB)
        loudness = np.clip((level_db - peak_db + 26.0) / 26.0, 0.0, 1.0) * sounding
        return np.stack((sounding, loudness), axis=1).astype(np.float32)

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
        self._peak_db = max(peak, LOWEST_PEAK_DB)
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
