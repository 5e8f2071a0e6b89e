"""Sound against picture: by flash and beep, and by mouth and speech. Positive: sound is later."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks import flash
from benchmarks.recording import Recording
from benchmarks.taps import AUDIO_HZ, LOUD_RMS, Floats

_LEAST_FLASH = 4
_BEEP_LEVEL = 3000

_SMALL = 128
_HOP = AUDIO_HZ // 100
_VOWELS_HZ = (250, 1200)
_MOUTH_SHARE = 0.02
_PARTS = 6
_AROUND = 15
_LAGS_S = np.arange(-0.4, 0.4001, 0.005)
_LEAST_SPEECH_S = 1.5
_JOIN_S = 0.4
_MARGIN_S = 0.3
_LEAST_CORRELATION = 0.4


def flash_offsets_ms(recording: Recording) -> list[float]:
    """The beep's beginning minus the flash's, for each beep with a flash beside it."""
    flashes = np.array(list(_flash_starts_s(recording)))
    found = []
    for beep_s in _beep_starts_s(recording):
        if flashes.size:
            offset_s = beep_s - flashes
            nearest = offset_s[np.argmin(np.abs(offset_s))]
            if abs(nearest) < flash.PERIOD_S / 2:
                found.append(float(nearest) * 1000)
    return found


def _flash_starts_s(recording: Recording) -> Iterator[float]:
    """Where each fading flash began, by the brightness of its pictures."""
    starts: list[float] = []
    for at_s, luma in recording.decoded():
        level = float(luma[::8, ::8].mean())
        if flash.FADED < level <= flash.WHITE + 2:
            age_s = (flash.WHITE - level) / (flash.WHITE - flash.FADED) * flash.FADE_S
            starts.append(at_s - age_s)
        elif starts:
            if len(starts) >= _LEAST_FLASH:
                yield float(np.median(starts))
            starts = []


def _beep_starts_s(recording: Recording) -> Floats:
    loud = np.flatnonzero(np.abs(recording.samples.astype(np.int32)) > _BEEP_LEVEL)
    at_s = recording.sample_s[loud]
    fresh = np.diff(at_s, prepend=-np.inf) > flash.PERIOD_S / 2
    starts: Floats = at_s[fresh]
    return starts


def mouth_offsets_ms(recording: Recording) -> list[float]:
    """For each stretch of speech, the lag at which the mouth follows the vowels' loudness.

    The mouth is where pictures change much more during speech than in silence. How open it is
    is learned from the whole recording: the mixture of its principal components that tells most
    of the loudness, at whichever lag that is. Stretches without a clear maximum of the
    correlation are left out.
    """
    at_s, pictures = _small_pictures(recording)
    loud_s, rms, loudness = _loudness(recording)
    speech = list(_stretches(loud_s[rms > LOUD_RMS]))
    speaking = np.zeros(at_s.size, bool)
    for start_s, end_s in speech:
        speaking |= (at_s >= start_s) & (at_s <= end_s)
    if speaking.sum() < 50 or (~speaking).sum() < 25:
        return []
    parts = _quick(_mouth_parts(pictures, speaking))
    lags = [np.interp(at_s + lag, loud_s, loudness) for lag in _LAGS_S]
    heard = _quick(np.array(lags).T).T
    opening = _opening(parts[speaking], heard[:, speaking], parts)
    found = []
    for start_s, end_s in speech:
        inside = (at_s > start_s - _MARGIN_S) & (at_s < end_s + _MARGIN_S)
        lag_s = _lag_s(opening[inside], heard[:, inside])
        if end_s - start_s >= _LEAST_SPEECH_S and lag_s is not None:
            found.append(lag_s * 1000)
    return found


def _small_pictures(recording: Recording) -> tuple[Floats, NDArray[np.float32]]:
    times, rows = [], []
    for at_s, luma in recording.decoded():
        small = cv2.resize(luma, (_SMALL, _SMALL), interpolation=cv2.INTER_AREA)
        times.append(at_s)
        rows.append(small.reshape(-1))
    return np.array(times), np.array(rows, np.float32)


def _loudness(recording: Recording) -> tuple[Floats, Floats, Floats]:
    """Every 10 ms: when, the RMS of the sound, and how open a mouth it takes.

    The last is the square root of the 50 ms RMS between 250 and 1200 Hz, where open vowels are
    strong and hissing is not.
    """
    whole = recording.samples.size - recording.samples.size % _HOP
    sound = recording.samples[:whole].astype(np.float64)
    spectrum = np.fft.rfft(sound)
    hz = np.fft.rfftfreq(whole, 1 / AUDIO_HZ)
    vowels = np.fft.irfft(spectrum * ((hz > _VOWELS_HZ[0]) & (hz < _VOWELS_HZ[1])), whole)
    smooth = np.convolve(_power(vowels), np.full(5, 1 / 5), mode="same")
    return recording.sample_s[:whole:_HOP] + 0.005, np.sqrt(_power(sound)), smooth**0.25


def _power(sound: Floats) -> Floats:
    power: Floats = np.square(sound).reshape(-1, _HOP).mean(axis=1)
    return power


def _stretches(loud_s: Floats) -> Iterator[tuple[float, float]]:
    """First and last moment of speech between pauses."""
    if not loud_s.size:
        return
    cuts = np.flatnonzero(np.diff(loud_s) > _JOIN_S) + 1
    for part in np.split(loud_s, cuts):
        yield float(part[0]), float(part[-1])


def _mouth_parts(pictures: NDArray[np.float32], speaking: NDArray[np.bool_]) -> Floats:
    """The first principal components of the mouth's pixels, shape (n, 6)."""
    steps = np.square(np.diff(pictures, axis=0, prepend=pictures[:1]))
    moved = steps[speaking].mean(axis=0) - steps[~speaking].mean(axis=0)
    mouth = pictures[:, np.argsort(moved)[-int(moved.size * _MOUTH_SHARE) :]]
    mouth = mouth - mouth[speaking].mean(axis=0)
    _, _, directions = np.linalg.svd(mouth[speaking], full_matrices=False)
    parts = (mouth @ directions[:_PARTS].T).astype(np.float64)
    result: Floats = parts / parts.std(axis=0)
    return result


def _quick(signals: Floats) -> Floats:
    """What changes from syllable to syllable: less the mean of the 0.6 s around, by column.

    Heads and brows move slowly with speech too, and would tell of its beginning and end.
    """
    around = np.full(_AROUND, 1 / _AROUND)
    result: Floats = signals - np.apply_along_axis(np.convolve, 0, signals, around, mode="same")
    return result


def _opening(speaking: Floats, heard: Floats, whole: Floats) -> Floats:
    """The mixture of parts that is most like what is heard, at the lag where it is so most.

    `speaking` and `heard` (a row for each lag) are of the pictures during speech.
    """
    centred = heard - heard.mean(axis=1, keepdims=True)
    weights, *_ = np.linalg.lstsq(speaking, centred.T)
    missed = np.square(centred.T - speaking @ weights).mean(axis=0) / centred.var(axis=1)
    result: Floats = whole @ weights[:, np.argmin(missed)]
    return result


def _lag_s(opening: Floats, heard: Floats) -> float | None:
    """The lag at which what is heard looks most like `opening`; None if nowhere."""
    likeness = np.array([_correlation(opening, row) for row in heard])
    best = int(np.argmax(likeness))
    if likeness[best] < _LEAST_CORRELATION or best in (0, likeness.size - 1):
        return None
    low, top, high = likeness[best - 1 : best + 2]
    bend = low - 2 * top + high
    shift = 0.5 * (low - high) / bend if bend else 0.0
    return float(_LAGS_S[best] + shift * (_LAGS_S[1] - _LAGS_S[0]))


def _correlation(one: Floats, other: Floats) -> float:
    if one.size < 3 or not one.std() or not other.std():
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])
