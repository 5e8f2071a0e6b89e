"""What the offline voices can take over from a sample of somebody's voice: its pitch and tempo."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voice.errors import SynthesisError
from voice.offline.flite import FIXED_PITCH, NATURAL_HZ
from voice.ports import Pcm16

SAMPLE_HZ = 16_000
_FRAME, _HOP = 1024, 256
_LOWEST_HZ, _HIGHEST_HZ = 65.0, 420.0
_VOICED = 0.45
"""From this share of a frame's power on, its strongest period is a voice's."""
_LEAST_VOICED_S = 1.0
_NATURAL_PER_S = 4.4
"""Syllables a second of the offline voices at their own tempo, by the count below."""
_STEEPNESS = 1.4
"""The count rises less than the tempo does, since quick syllables run into one another."""
_PROMINENCE_DB = 4.0
_CANDIDATES = ("slt", "rms", "awb")
_LEAST, _MOST = 0.75, 1.4


@dataclass(frozen=True, slots=True)
class Sample:
    """A voice in numbers."""

    pitch_hz: float
    syllables_per_s: float


def measure(pcm: Pcm16) -> Sample:
    """The median pitch and the tempo of speech (int16, shape (n,), 16 kHz).

    Raises:
        SynthesisError: hardly anybody speaks in it.
    """
    sound = pcm.astype(np.float32)
    pitches = [pitch for pitch in map(_pitch_hz, _frames(sound)) if pitch]
    if len(pitches) * _HOP / SAMPLE_HZ < _LEAST_VOICED_S:
        raise SynthesisError("the sample holds too little speech: give at least three seconds")
    return Sample(float(np.median(pitches)), _syllables_per_s(sound))


def options(sample: Sample) -> Mapping[str, str | float]:
    """The offline voice that is nearest to a sample, and how it should speak."""
    voice = min(_CANDIDATES, key=lambda name: abs(np.log(sample.pitch_hz / NATURAL_HZ[name])))
    pitch = 1.0 if voice in FIXED_PITCH else sample.pitch_hz / NATURAL_HZ[voice]
    tempo = (sample.syllables_per_s / _NATURAL_PER_S) ** _STEEPNESS
    return {"voice": voice, "pitch": _bounded(pitch), "tempo": _bounded(tempo)}


def _bounded(factor: float) -> float:
    return round(float(np.clip(factor, _LEAST, _MOST)), 2)


def _frames(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    if len(sound) < _FRAME:
        return np.zeros((0, _FRAME), np.float32)
    return np.lib.stride_tricks.sliding_window_view(sound, _FRAME)[::_HOP]


def _pitch_hz(frame: NDArray[np.float32]) -> float:
    """0 where there is no voice."""
    windowed = frame * np.hanning(_FRAME)
    if np.sqrt(np.square(windowed).mean()) < 200:
        return 0.0
    echo = np.fft.irfft(np.square(np.abs(np.fft.rfft(windowed, 4 * _FRAME))))
    shortest, longest = round(SAMPLE_HZ / _HIGHEST_HZ), round(SAMPLE_HZ / _LOWEST_HZ)
    period = shortest + int(np.argmax(echo[shortest:longest]))
    return SAMPLE_HZ / period if echo[period] > _VOICED * echo[0] else 0.0


def _syllables_per_s(sound: NDArray[np.float32]) -> float:
    """Swells of loudness for each second that is not a pause."""
    step = SAMPLE_HZ // 100
    power = np.square(sound[: len(sound) // step * step].reshape(-1, step)).mean(axis=1)
    smooth = np.hanning(7)
    level = 10 * np.log10(np.convolve(power, smooth / smooth.sum(), "same") + 1e-3)
    spoken_s = float((level > np.percentile(level, 95) - 25).sum()) / 100
    return _swells(level) / max(0.5, spoken_s)


def _swells(level_db: NDArray[np.float64]) -> int:
    """How often the level rises, and falls again, by so much that it is heard."""
    count, rising, turn_db = 0, False, float(level_db[0])
    for now_db in level_db.tolist():
        if rising == (now_db > turn_db):
            turn_db = now_db
        elif abs(now_db - turn_db) > _PROMINENCE_DB:
            count += rising
            rising, turn_db = not rising, now_db
    return count
