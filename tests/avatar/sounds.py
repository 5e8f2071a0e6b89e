"""Voice-like sounds and what can be seen of a mouth."""

import math

import numpy as np

from avatar import Frame, Pcm16

RATE_HZ = 16_000


def voice(seconds: float, rate_hz: int = RATE_HZ, *, level: float = 5000.0) -> Pcm16:
    """Open vowels that glide, four syllables a second: int16, shape (n,).

    What does not change is no speech to the network.
    """
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    pitch_hz = 125.0 * (1.0 + 0.1 * np.sin(2 * math.pi * 3.1 * time_s))
    turns = 2 * math.pi * np.cumsum(pitch_hz) / rate_hz
    syllables = np.sin(2 * math.pi * 4 * time_s)
    wave = np.zeros(len(time_s))
    for k in range(1, 28):
        formants = sum(
            1 / (1 + ((125.0 * k - f * (1.0 + 0.25 * syllables)) / (70.0 + 0.04 * f)) ** 2)
            for f in (750.0, 1250.0, 2500.0)
        )
        wave += (0.01 + formants / math.sqrt(k)) * np.sin(k * turns + k)
    wave *= 0.6 + 0.4 * np.cos(2 * math.pi * 4 * time_s)
    return (wave * level / 1.6).clip(-32768, 32767).astype(np.int16)


def silence(seconds: float, rate_hz: int = RATE_HZ) -> Pcm16:
    """Nothing: int16, shape (n,)."""
    return np.zeros(round(seconds * rate_hz), np.int16)


def open_px(frame: Frame) -> int:
    """How many pixels around the default character's mouth show the dark inside."""
    return int((frame[262:312, 226:290] < 62).sum())


def open_eyes_px(frame: Frame) -> int:
    """How many pixels around the default character's eyes show the dark pupils and lashes."""
    return int((frame[184:226, 190:322] < 50).sum())
