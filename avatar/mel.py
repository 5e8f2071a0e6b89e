"""Speech as the network sees it: a log-mel picture whose level follows the voice.

Frame ``k`` looks at the 25 ms around sample ``160 k`` of 16 kHz sound.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

RATE_HZ = 16_000
HOP = 160
WINDOW = 400
FFT = 512
BANDS = 80
LOWEST_HZ, HIGHEST_HZ = 50.0, 7600.0
TINY = 1e-10

# The voice's level: log of the mean band power, followed quickly upwards and slowly downwards.
# Deep in a pause it stays, so that the pause's noise is not made loud. It starts where loud voices
# are, so that noise before the first word is not taken for one. Until a voice was near it for some
# time, it comes down quickly on what stands out from the background.
FIRST_LEVEL = 1.0
LOWEST_LEVEL = -7.0
RISE, FALL, FALL_IN_PAUSE, PAUSE_BELOW = 0.12, 0.003, 0.001, 3.5
FALL_AT_FIRST, NOTHING_BELOW, STANDS_OUT = 0.05, -8.0, 1.0
NEAR, KNOWN_AFTER = 2.0, 60
TARGET_LEVEL = 1.5
FLOOR, CENTRE, SPREAD = 1e-4, 4.0, 4.0


def filters() -> Floats:
    """Triangles on the HTK mel scale, each with sum 1: float32, shape (FFT // 2 + 1, BANDS)."""
    edges_mel = np.linspace(_mel(LOWEST_HZ), _mel(HIGHEST_HZ), BANDS + 2)
    edges_hz = 700.0 * (10.0 ** (edges_mel / 2595.0) - 1.0)
    hz = np.fft.rfftfreq(FFT, 1.0 / RATE_HZ)[:, None]
    rise = (hz - edges_hz[:-2]) / np.maximum(edges_hz[1:-1] - edges_hz[:-2], 1e-9)
    fall = (edges_hz[2:] - hz) / np.maximum(edges_hz[2:] - edges_hz[1:-1], 1e-9)
    triangles = np.maximum(0.0, np.minimum(rise, fall))
    # The lowest bands are narrower than a bin of the FFT: each takes at least the nearest one.
    nearest = np.abs(hz - edges_hz[1:-1]).argmin(axis=0)
    triangles[nearest, np.arange(BANDS)] += triangles.sum(axis=0) == 0.0
    out: Floats = (triangles / triangles.sum(axis=0)).astype(np.float32)
    return out


def _mel(hz: float) -> float:
    return float(2595.0 * np.log10(1.0 + hz / 700.0))


class Spectrum:
    """The mel filters and the window, made once."""

    def __init__(self) -> None:
        self._hann = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
        self._filters = filters()
        self._places = _places(8)

    def powers(self, samples: Floats) -> Floats:
        """Log power of each band of every whole window in samples (n,) of -1..1.

        Returns:
            float32, shape (k, BANDS); the first window starts with the first sample.
        """
        count = max(0, (len(samples) - WINDOW) // HOP + 1)
        if count > len(self._places):
            self._places = _places(count)
        windows = samples[self._places[:count]] * self._hann
        spectrum = np.fft.rfft(windows, FFT)
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32, copy=False)
        out: Floats = np.log(power @ self._filters + np.float32(TINY))
        return out


def _places(count: int) -> NDArray[np.int64]:
    """Which samples each of so many windows holds: shape (count, WINDOW)."""
    return HOP * np.arange(count)[:, None] + np.arange(WINDOW)


def loudness(powers: Floats) -> Floats:
    """Log of the mean band power of frames: (..., BANDS) becomes (...)."""
    out: Floats = np.log(np.add.reduce(np.exp(powers), axis=-1) / np.float32(BANDS))
    return out


class Level(NamedTuple):
    """The voice's level, how many frames were near it, and the quietest sound until then."""

    value: float = FIRST_LEVEL
    near: int = 0
    background: float = np.inf


def followed(level: Level, loudness: float) -> Level:
    """The voice's level after one more frame."""
    value, background = level.value, level.background
    if loudness > NOTHING_BELOW:
        background = min(background, loudness)
    if loudness > value:
        value += RISE * (loudness - value)
    elif level.near < KNOWN_AFTER and loudness > background + STANDS_OUT:
        value -= FALL_AT_FIRST
    else:
        value -= FALL if loudness > value - PAUSE_BELOW else FALL_IN_PAUSE
    value = max(LOWEST_LEVEL, value)
    return Level(value, level.near + (loudness > value - NEAR), background)


def followed_all(first: NDArray[np.float64], near: NDArray[np.int64], loudness: Floats) -> Floats:
    """The same for several voices: first levels (b,), frames near them (b,), loudness (b, t).

    Returns:
        The level at each frame, float32, shape (b, t).
    """
    out = np.empty_like(loudness)
    level, near = np.asarray(first, np.float64), np.asarray(near)
    something = np.where(loudness > NOTHING_BELOW, loudness, np.inf)
    standing = loudness > np.minimum.accumulate(something, axis=1) + STANDS_OUT
    for i in range(loudness.shape[1]):
        heard = loudness[:, i]
        slow = np.where(heard > level - PAUSE_BELOW, FALL, FALL_IN_PAUSE)
        step = np.where((near < KNOWN_AFTER) & standing[:, i], FALL_AT_FIRST, slow)
        level = level + np.where(heard > level, RISE * (heard - level), -step)
        level = np.maximum(LOWEST_LEVEL, level)
        near = near + (heard > level - NEAR)
        out[:, i] = level
    return out


def normalised(powers: Floats, levels: Floats) -> Floats:
    """What the network is given: powers (..., BANDS) seen from the voice's levels (...)."""
    gain = np.exp(TARGET_LEVEL - levels)[..., None]
    out: Floats = (np.log(np.exp(powers) * gain + FLOOR) + CENTRE) / SPREAD
    return out.astype(np.float32, copy=False)
