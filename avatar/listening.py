"""The network on a visit's sound as it comes, a few frames ahead of what is heard."""

import numpy as np
from numpy.typing import NDArray

from avatar.articulation import BITE, PRESS, Articulation
from avatar.mel import BANDS, HOP, WINDOW, Level, Spectrum, followed, loudness, normalised
from avatar.network import BEHIND, LOOK_AHEAD, OUTPUTS, OUTPUTS_HZ, Network
from avatar.sound import RATE_HZ, SoundTrack
from avatar.strip import Strip

Floats = NDArray[np.float32]

KEEP_S = 0.5
AHEAD_S = 0.16
# Outputs before and after a moment that its articulation is made of.
BEFORE, AFTER = 3, 2
# How much sound after a moment they need.
NEED_S = (2 * (AFTER + 2) + LOOK_AHEAD + 3) * HOP / RATE_HZ


class NetworkTrack:
    """Outputs of the network for the near past and future of the speech timeline.

    It computes only near moments that are asked for. After a longer gap it starts anew from the
    sound before the moment, with the voice's level as it was.
    """

    def __init__(self, network: Network, sound: SoundTrack, ahead_s: float = AHEAD_S) -> None:
        """Listen to ``sound``; what is computed is computed ``ahead_s`` further, at once."""
        self._ahead_s = ahead_s
        self._network = network
        self._sound = sound
        self._spectrum = Spectrum()
        self._level = Level()
        self._mels = Strip(BANDS)
        self._outputs = Strip(OUTPUTS)

    def clear(self) -> None:
        """Forget all sound; the voice's level stays known."""
        self._outputs.restart(0)

    def at(self, time_s: float) -> Articulation:
        """The articulation at a moment; times must not run backwards by more than half a second."""
        self.advance(time_s)
        first = int(time_s * OUTPUTS_HZ) - BEFORE
        last = first + BEFORE + AFTER + 2
        rows = self._outputs.between(first, last)
        if self._outputs.end < last:
            rows = np.concatenate((rows, self._guess(max(first, self._outputs.end), last)))
        vectors = self._network.articulations(rows)
        place = time_s * OUTPUTS_HZ - max(first, self._outputs.first)
        return _between(vectors, place)

    def forget_before(self, time_s: float) -> None:
        """Drop what can no longer be asked for."""
        self._outputs.forget_before(int((time_s - KEEP_S) * OUTPUTS_HZ))
        self._mels.forget_before(2 * self._outputs.end - BEHIND)

    def advance(self, time_s: float) -> None:
        """Compute the outputs around a moment and some more, as far as their sound is there."""
        last = int(time_s * OUTPUTS_HZ) + AFTER + 2
        start = max(0, int(time_s * OUTPUTS_HZ) - BEFORE)
        known = self._outputs.first <= start and self._outputs.end > 0
        if known and self._outputs.end >= last:
            return
        if not known or self._outputs.end < (time_s - KEEP_S) * OUTPUTS_HZ:
            self._outputs.restart(start)
            self._mels.restart(2 * start - BEHIND)
        self._sound.reach(time_s + self._ahead_s + NEED_S)
        ready = ((self._sound.end - WINDOW // 2) // HOP - LOOK_AHEAD) // 2 + 1
        end = min(ready, last + int(self._ahead_s * OUTPUTS_HZ))
        if end <= self._outputs.end:
            return
        powers = self._powers(end)
        levels = np.empty(len(powers), np.float32)
        for i, heard in enumerate(loudness(powers).tolist()):
            self._level = followed(self._level, heard)
            levels[i] = self._level.value
        self._mels.append(normalised(powers, levels))
        self._outputs.append(self._network.run(self._window(self._outputs.end, end)))

    def _guess(self, first: int, last: int) -> Floats:
        """Outputs whose sound is not all there yet, as if silence followed; they are not kept."""
        powers = self._powers(last)
        levels, level = np.empty(len(powers), np.float32), self._level
        for i, heard in enumerate(loudness(powers).tolist()):
            level = followed(level, heard)
            levels[i] = level.value
        known = self._window(first, self._mels_end_output())
        return self._network.run(np.concatenate((known, normalised(powers, levels))))

    def _powers(self, end: int) -> Floats:
        """Log powers of the frames that outputs before ``end`` need and that are not there yet."""
        first, last = self._mels.end, 2 * (end - 1) + LOOK_AHEAD + 1
        low = first * HOP - WINDOW // 2
        return self._spectrum.powers(self._sound.between(low, (last - 1) * HOP + WINDOW // 2))

    def _window(self, first: int, end: int) -> Floats:
        """The frames of outputs first <= i < end."""
        return self._mels.between(2 * first - BEHIND, 2 * (end - 1) + LOOK_AHEAD + 1)

    def _mels_end_output(self) -> int:
        return (self._mels.end - 1 - LOOK_AHEAD) // 2 + 1


def _between(vectors: Floats, place: float) -> Articulation:
    """The vector at a place between rows; closures take their strongest neighbour."""
    low = min(max(0, int(place)), len(vectors) - 1)
    high = min(low + 1, len(vectors) - 1)
    share = np.float32(min(1.0, max(0.0, place - low)))
    out: Articulation = vectors[low] * (1 - share) + vectors[high] * share
    for channel in (PRESS, BITE):
        out[channel] = max(vectors[low, channel], vectors[high, channel])
    return out
