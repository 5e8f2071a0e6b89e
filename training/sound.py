"""Sound as training handles it: float32, shape (n,), mono, 16 kHz, about -1..1."""

import io
import math
import wave

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
Sound = NDArray[np.float32]
Pcm16 = NDArray[np.int16]


def resample(sound: NDArray[np.floating], from_hz: float, to_hz: float = RATE_HZ) -> Sound:
    """Change the rate of a whole clip by cutting or extending its spectrum."""
    count = round(len(sound) * to_hz / from_hz)
    if count == len(sound) or not len(sound):
        return sound.astype(np.float32)
    common = math.gcd(round(from_hz), round(to_hz))
    parts = quick_length(math.ceil(len(sound) / (round(from_hz) // common)))
    padded, wide = parts * (round(from_hz) // common), parts * (round(to_hz) // common)
    spectrum = np.fft.rfft(sound, padded)
    kept = np.zeros(wide // 2 + 1, spectrum.dtype)
    shared = min(len(kept), len(spectrum))
    kept[:shared] = spectrum[:shared]
    return (np.fft.irfft(kept, wide)[:count] * (wide / padded)).astype(np.float32)


def quick_length(count: int) -> int:
    """The next length that a Fourier transform likes: a product of twos, threes and fives."""
    while True:
        rest = count
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return count
        count += 1


def from_pcm(pcm: Pcm16, rate_hz: float) -> Sound:
    """Samples of any rate (int16, shape (n,)) as a clip."""
    return resample(pcm.astype(np.float32) / np.float32(32768), rate_hz)


def to_pcm(sound: Sound) -> Pcm16:
    """The clip as int16 samples, clipped at full scale."""
    return (np.clip(sound, -1.0, 32767 / 32768) * 32768).round().astype(np.int16)


def read_wav(data: bytes) -> tuple[Pcm16, int]:
    """Samples (int16, shape (n,)) and rate of a 16-bit WAV; of several channels the first.

    Raises:
        ValueError: it has another sample format.
    """
    with wave.open(io.BytesIO(data)) as file:
        if file.getsampwidth() != 2:
            raise ValueError("only 16-bit WAV is read")
        pcm = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        return pcm[:: file.getnchannels()].copy(), file.getframerate()
