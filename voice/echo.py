"""The guard against the avatar hearing itself: what the loudspeaker explains is taken out.

A page's own echo cancellation does most of this; the guard is for what it lets through, and
for pages without it. It works on band energies, which do not mind that playback and microphone
are not aligned to the sample: in every band, what the loudspeaker played within the last
moments, times how much of it usually comes back, is taken off the microphone's spectrum.
Speech over it keeps the bands in which it is louder.
"""

from collections import deque
from functools import cache

import numpy as np
from numpy.typing import NDArray

from voice.ports import Pcm16

_REFERENCE_S = 0.02
_MEMORY_S = 0.8
"""The longest way round: network, the visitor's jitter buffer and loudspeaker, and back."""

_EDGES_HZ = np.concatenate((np.arange(80, 480, 100), np.geomspace(480, 8000, 17)))
_BANDS = len(_EDGES_HZ) - 1
_COUPLING_MOST = 10 ** (-11 / 10)
"""Power that may come back of what is played, until the visit shows that it is less."""
_COUPLING_LEAST = 10 ** (-34 / 10)
_COUPLING_MARGIN = 10 ** (7 / 10)
_COUPLING_DECAY = 10 ** (-0.03 / 10)
_AUDIBLE = 10.0 ** (-62 / 10)
"""Power, of full scale, under which a played band is silence."""
_PASSES = 0.35
"""A band keeps its part of the spectrum from this share of unexplained power on."""

_Bands = NDArray[np.float64]


@cache
def _band_starts(samples: int, sample_rate: int) -> NDArray[np.intp]:
    """Index of each band's first bin in a spectrum of so many samples, and of the end."""
    bins = np.round(_EDGES_HZ * samples / sample_rate).astype(np.intp)
    return np.minimum(bins, samples // 2)


def _band_power(spectrum: NDArray[np.complex128], samples: int, sample_rate: int) -> _Bands:
    """Return the power per band relative to a full-scale square wave."""
    power = np.concatenate(([0.0], np.cumsum(np.square(np.abs(spectrum[: samples // 2 + 1])))))
    at = power[_band_starts(samples, sample_rate)]
    return 2.0 * np.diff(at) / (float(samples) * 32768.0) ** 2


class Reference:
    """What was played, by the time at which it was heard; fed by the speech output."""

    def __init__(self) -> None:
        self._pieces: deque[tuple[float, Pcm16, int]] = deque()
        self._end_s = 0.0
        self._at_s = 0.0

    def begin(self) -> None:
        """A new segment starts at its second zero."""
        self._pieces.clear()
        self._end_s = self._at_s = 0.0

    def push(self, pcm: Pcm16, sample_rate: int) -> None:
        """Append to the segment."""
        self._pieces.append((self._end_s, pcm, sample_rate))
        self._end_s += len(pcm) / sample_rate

    def played(self, heard_s: float) -> _Bands | None:
        """Return the strongest band powers since the last call, None where nothing was played."""
        strongest: _Bands | None = None
        self._at_s = max(self._at_s, heard_s - _MEMORY_S)
        while self._at_s + _REFERENCE_S <= min(heard_s, self._end_s):
            bands = self._bands_at(self._at_s)
            strongest = bands if strongest is None else np.maximum(strongest, bands)
            self._at_s += _REFERENCE_S
        return strongest

    def _bands_at(self, at_s: float) -> _Bands:
        while len(self._pieces) > 1 and self._pieces[1][0] <= at_s:
            self._pieces.popleft()
        start_s, pcm, rate = self._pieces[0]
        first = int((at_s - start_s) * rate)
        count = int(_REFERENCE_S * rate)
        block = pcm[first : first + count]
        if len(block) < count and len(self._pieces) > 1:
            block = np.concatenate((block, self._pieces[1][1][: count - len(block)]))
        if len(block) < count:
            block = np.pad(block, (0, count - len(block)))
        return _band_power(np.fft.rfft(block), count, rate)


class EchoGuard:
    """Takes the avatar's own voice out of microphone blocks of one length and 16 kHz."""

    def __init__(self, block_s: float) -> None:
        self._recent: deque[_Bands | None] = deque(maxlen=max(1, round(_MEMORY_S / block_s)))
        self._silent_for = self._recent.maxlen or 1
        self._coupling = np.full(_BANDS, _COUPLING_MOST)

    def clean(self, block: Pcm16, played: _Bands | None) -> Pcm16:
        """Return the block without what is explained by `played` and what came before it.

        Blocks come one after the other; while nothing was played lately they pass untouched.
        """
        self._recent.append(played)
        self._silent_for = 0 if played is not None else self._silent_for + 1
        if self._silent_for >= len(self._recent):
            return block
        loudest = np.max([bands for bands in self._recent if bands is not None], axis=0)
        return self._suppress(block, loudest)

    def rest(self, *, playing: bool) -> None:
        """Pass a block over that held nothing: if something was playing, little comes back."""
        self._recent.clear()
        if playing:
            self._coupling = np.maximum(self._coupling * _COUPLING_DECAY, _COUPLING_LEAST)

    def _suppress(self, block: Pcm16, loudest: _Bands) -> Pcm16:
        samples = len(block)
        spectrum = np.fft.rfft(block)
        heard = _band_power(spectrum, samples, 16_000)
        explained = self._coupling * loudest
        gain = np.clip(1.0 - explained / np.maximum(heard, 1e-15), 0.0, 1.0)
        gain[gain < _PASSES] = 0.0
        self._learn(heard, loudest, gain)
        if not gain.any():
            return np.zeros_like(block)
        starts = _band_starts(samples, 16_000)
        spectrum *= _spread(gain, starts, len(spectrum))
        return np.clip(np.fft.irfft(spectrum, samples), -32768, 32767).astype(np.int16)

    def _learn(self, heard: _Bands, loudest: _Bands, gain: _Bands) -> None:
        """Follow how much comes back while the visitor is silent, up at once, down slowly."""
        if gain.any():
            return
        audible = loudest > _AUDIBLE
        share = np.where(audible, heard / np.maximum(loudest, _AUDIBLE), 0.0)
        followed = np.maximum(self._coupling * _COUPLING_DECAY, share * _COUPLING_MARGIN)
        self._coupling = np.where(
            audible, np.clip(followed, _COUPLING_LEAST, _COUPLING_MOST), self._coupling
        )


def _spread(gain: _Bands, starts: NDArray[np.intp], bins: int) -> _Bands:
    """Widen one gain per band to one per bin; what lies outside the bands is dropped."""
    wide = np.zeros(bins)
    wide[starts[0] : starts[-1]] = np.repeat(gain, np.diff(starts))
    return wide
