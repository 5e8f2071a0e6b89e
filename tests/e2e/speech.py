"""Sound files for Chromium's fake microphone."""

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voice.offline.flite import Flite

RATE_HZ = 48_000
VISITOR = "rms"
LOUDNESS = 0.12
"""Root mean square of the speech, full scale 1: a person near the microphone."""

Samples = NDArray[np.float64]
"""float64, shape (n,), mono, 48 kHz, full scale 1."""


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE_HZ))


def spoken(words: str) -> Samples:
    """`words` in a male voice, unlike the avatar's.

    Raises:
        voice.errors.SynthesisError: flite is not installed.
    """
    flite = Flite()
    said = flite.synthesise(words, VISITOR if VISITOR in flite.voices else flite.voices[-1])
    return _prepared(said.pcm, said.sample_rate)


def recorded(file: Path) -> Samples:
    """The speech of a 16-bit mono WAV file."""
    with wave.open(str(file)) as reader:
        pcm = np.frombuffer(reader.readframes(reader.getnframes()), np.int16)
        return _prepared(pcm, reader.getframerate())


def write(file: Path, *parts: Samples) -> Path:
    """The parts after one another as a WAV file."""
    sound = np.concatenate(parts)
    with wave.open(str(file), "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE_HZ)
        writer.writeframes((np.clip(sound, -1, 1) * 32767).astype(np.int16).tobytes())
    return file


def _prepared(pcm: NDArray[np.int16], rate_hz: int) -> Samples:
    """At 48 kHz and the visitor's loudness."""
    seconds = len(pcm) / rate_hz
    at = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    sound = np.interp(at, np.arange(len(pcm)) / rate_hz, pcm.astype(np.float64) / 32768)
    scaled: Samples = sound * (LOUDNESS / np.sqrt(np.mean(sound**2)))
    return scaled
