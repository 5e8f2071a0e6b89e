"""Voice-like sounds and what can be seen of a mouth."""

import math

import numpy as np

from avatar import Frame, Pcm16

RATE_HZ = 16_000


def voice(seconds: float, rate_hz: int = RATE_HZ, *, level: float = 5000.0) -> Pcm16:
    """A steady open vowel: int16, shape (n,)."""
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    wave = np.zeros(len(time_s))
    for k in range(1, 28):
        hz = 125.0 * k
        formants = sum(1 / (1 + ((hz - f) / 140.0) ** 2) for f in (750.0, 1250.0, 2500.0))
        wave += (0.05 + formants) * np.sin(2 * math.pi * hz * time_s + k)
    return (wave * level / 2).clip(-32768, 32767).astype(np.int16)


def silence(seconds: float, rate_hz: int = RATE_HZ) -> Pcm16:
    """Nothing: int16, shape (n,)."""
    return np.zeros(round(seconds * rate_hz), np.int16)


def open_px(frame: Frame) -> int:
    """How many pixels around the default character's mouth show the dark inside."""
    return int((frame[240:292, 226:290] < 62).sum())


def open_eyes_px(frame: Frame) -> int:
    """How many pixels around the default character's eyes show the dark pupils and lashes."""
    return int((frame[164:212, 190:322] < 50).sum())
