"""Rooms, microphones, noises and other throats: what recordings have and synthesisers lack."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from training.phones import Item
from training.sound import RATE_HZ, Sound, quick_length

Rng = np.random.Generator
Gains = NDArray[np.float64]

KNOT_STEP_S = 0.25
# When the last echo of a wall comes: in a room, in a room, in a hall or before loudspeakers.
ECHOES_S = (0.04, 0.04, 0.15)


def warped(
    sound: Sound, items: tuple[Item, ...], rng: Rng, spread: float
) -> tuple[Sound, list[Item]]:
    """Speak faster and higher, or slower and lower, also within the sentence; labels follow."""
    count = len(sound)
    knots = np.arange(0, count / RATE_HZ + 2 * KNOT_STEP_S, KNOT_STEP_S)
    rate = np.exp(rng.uniform(-spread, spread) + rng.normal(0, spread / 2, len(knots)))
    speed = np.interp(np.arange(count) / RATE_HZ, knots, rate)
    new_s = np.concatenate(([0.0], np.cumsum(1.0 / speed))) / RATE_HZ
    old_s = np.arange(count + 1) / RATE_HZ
    places = np.interp(np.arange(int(new_s[-1] * RATE_HZ)) / RATE_HZ, new_s, old_s)
    out = np.interp(places * RATE_HZ, np.arange(count), sound).astype(np.float32)
    starts = np.interp([start for _, start, _ in items], old_s, new_s)
    ends = np.interp([end for _, _, end in items], old_s, new_s)
    names = [name for name, _, _ in items]
    return out, list(zip(names, starts.tolist(), ends.tolist(), strict=True))


def degraded(sound: Sound, babble: Sound, rng: Rng) -> Sound:
    """One clip as some microphone in some room would have it.

    Each fault comes by chance; ``babble`` is other speech of the same length.
    """
    if rng.random() < 0.6:
        sound = equalised(sound, rng, 9.0)
    if rng.random() < 0.25:
        drive = rng.uniform(1.5, 6.0) / max(1e-3, float(np.abs(sound).max()))
        sound = np.tanh(sound * drive) / np.float32(drive)
    if rng.random() < 0.5:
        sound = reverberated(sound, rng)
    if rng.random() < 0.10:
        sound = mixed(sound, babble, rng.uniform(14.0, 28.0))
    if rng.random() < 0.12:
        sound = mixed(sound, crowd(babble, rng), rng.uniform(5.0, 25.0))
    if rng.random() < 0.7:
        sound = mixed(sound, noise(len(sound), rng), rng.uniform(5.0, 45.0))
    if rng.random() < 0.3:
        sound = narrowed(sound, rng)
    return sound


def equalised(sound: Sound, rng: Rng, spread_db: float) -> Sound:
    """A random colour of the microphone."""
    knots_hz = np.geomspace(60.0, 8000.0, 9)
    gains_db = rng.uniform(-spread_db, spread_db, 9) + np.linspace(-1, 1, 9) * rng.uniform(-6, 6)
    return filtered(
        sound,
        lambda hz: 10 ** (np.interp(np.log(hz + 1), np.log(knots_hz + 1), gains_db) / 20),
    )


def filtered(sound: Sound, gain: Callable[[Gains], Gains]) -> Sound:
    """Each frequency by its gain."""
    size = quick_length(len(sound))
    spectrum = np.fft.rfft(sound, size) * gain(
        np.fft.rfftfreq(size, 1 / RATE_HZ).astype(np.float64)
    )
    return np.fft.irfft(spectrum, size)[: len(sound)].astype(np.float32)


def reverberated(sound: Sound, rng: Rng) -> Sound:
    """A room: the sound itself, some echoes from its walls, and a noisy tail that decays."""
    decay_s = rng.uniform(0.08, 0.8)
    time_s = np.arange(int(decay_s * RATE_HZ)) / RATE_HZ
    tail = rng.standard_normal(len(time_s)) * 10 ** (-3 * time_s / decay_s)
    tail[: int(rng.uniform(0.001, 0.012) * RATE_HZ)] = 0.0
    tail *= rng.uniform(0.1, 0.8) / max(1e-6, float(np.sqrt((tail**2).sum())))
    latest_s = min(decay_s, rng.choice(ECHOES_S))
    for echo in (
        (rng.uniform(0.002, latest_s, int(rng.integers(0, 6))) * RATE_HZ).astype(int).tolist()
    ):
        tail[echo] += rng.uniform(-0.4, 0.4)
    tail[0] = 1.0
    count = quick_length(len(sound) + len(tail))
    wet = np.fft.irfft(np.fft.rfft(sound, count) * np.fft.rfft(tail, count), count)
    return wet[: len(sound)].astype(np.float32)


def noise(count: int, rng: Rng) -> Sound:
    """Hiss of a random colour or a hum, whose loudness wanders slowly."""
    if rng.random() < 0.15:
        time_s = np.arange(count) / RATE_HZ
        hz = rng.choice([50.0, 60.0, 100.0, 120.0])
        out = sum(np.sin(2 * np.pi * hz * k * time_s + k) / k for k in range(1, 9))
        out = np.asarray(out)
    else:
        out = filtered(rng.standard_normal(count, np.float32), _hiss(rng))
    knots = np.exp(rng.normal(0, 0.35, max(2, count // RATE_HZ + 2)))
    sway = np.interp(np.arange(count) / RATE_HZ, np.arange(len(knots)), knots)
    swayed: Sound = (out * sway).astype(np.float32)
    return swayed


def crowd(voice: Sound, rng: Rng) -> Sound:
    """Many people at once and none of them near, made of one clip of speech."""
    count = len(voice)
    out = np.zeros(count, np.float32)
    for _ in range(int(rng.integers(5, 12))):
        speed = rng.uniform(0.75, 1.35)
        places = (np.arange(count) * speed + rng.uniform(0, count)) % count
        out += np.interp(places, np.arange(count), voice) * np.float32(rng.uniform(0.4, 1.0))
    return reverberated(out, rng)


def breath(count: int, rng: Rng) -> Sound:
    """Somebody draws breath: hiss that swells and fades, its peak 1."""
    end_hz, centres = rng.uniform(1500.0, 5000.0), rng.uniform(500.0, 4000.0, 2).tolist()

    def throat(hz: Gains) -> Gains:
        shape = hz / (hz + 400.0) / (1 + (hz / end_hz) ** 2)
        for centre in centres:
            shape = shape * (1 + 3 / (1 + ((hz - centre) / 250.0) ** 2))
        return np.asarray(shape)

    out = filtered(rng.standard_normal(count, np.float32), throat) * np.hanning(count)
    return (out / (float(np.abs(out).max()) + 1e-9)).astype(np.float32)


def _hiss(rng: Rng) -> Callable[[Gains], Gains]:
    """The colour of a noise: it falls more or less steeply, and may have a middle."""
    steepness = rng.uniform(0.0, 1.1)
    centre = np.exp(rng.uniform(np.log(150.0), np.log(6000.0))) if rng.random() < 0.3 else None

    def gain(hz: Gains) -> Gains:
        shape = (hz + 20.0) ** -steepness
        if centre is not None:
            shape = shape / (1 + (np.log((hz + 20.0) / centre) / 0.5) ** 2)
        return np.asarray(shape)

    return gain


def mixed(sound: Sound, other: Sound, snr_db: float) -> Sound:
    """Two sounds, the first louder by some dB."""
    power = float(np.mean(sound**2)) + 1e-9
    ratio = np.sqrt(power / (float(np.mean(other**2)) + 1e-12)) * 10 ** (-snr_db / 20)
    return (sound + other * np.float32(ratio)).astype(np.float32)


def narrowed(sound: Sound, rng: Rng) -> Sound:
    """A telephone or a low bit rate: a narrower band, and perhaps eight bits by the mu law."""
    high_hz = rng.uniform(2800.0, 6500.0)
    low_hz = rng.choice([0.0, 100.0, 250.0])
    out = filtered(
        sound,
        lambda hz: 1 / (1 + (hz / high_hz) ** 12) * (1 - np.exp(-((hz / (low_hz + 1)) ** 2))),
    )
    if rng.random() < 0.4:
        peak = float(np.abs(out).max()) + 1e-6
        pressed = np.sign(out) * np.log1p(255 * np.abs(out) / peak) / np.log(256)
        pressed = np.round(pressed * 128) / 128
        out = np.sign(pressed) * np.expm1(np.abs(pressed) * np.log(256)) / 255 * peak
    return out.astype(np.float32)


def no_speech(count: int, rng: Rng) -> Sound:
    """Noise, notes or clicks: nobody speaks."""
    kind = rng.random()
    if kind < 0.4:
        out = noise(count, rng)
    elif kind < 0.7:
        out = np.zeros(count, np.float32)
        for start in range(0, count, int(rng.uniform(0.15, 0.6) * RATE_HZ)):
            hz = 110 * 2 ** (rng.integers(0, 48) / 12)
            time_s = np.arange(min(RATE_HZ, count - start)) / RATE_HZ
            note = sum(np.sin(2 * np.pi * hz * k * time_s) / k**2 for k in range(1, 6))
            out[start : start + len(time_s)] += np.asarray(note * np.exp(-4 * time_s))
    else:
        out = np.zeros(count, np.float32)
        places = rng.integers(0, count - 800, max(1, count // 8000))
        for place in places.tolist():
            length = int(rng.integers(20, 800))
            out[place : place + length] += rng.standard_normal(length) * np.linspace(1, 0, length)
        out = mixed(out, noise(count, rng), rng.uniform(5, 40))
    return (out / (float(np.abs(out).max()) + 1e-6)).astype(np.float32)
