"""Idle motion that was filmed, shown in an order of its own so that no visitor sees it repeat.

The film is a loop of displacement fields. A reel cuts it into stretches that begin anywhere; one
turns into the next where both move most alike. Fields are mixed, never pictures, so nothing ghosts.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Fields = NDArray[Any]
"""float16, shape (frames, rows, columns, 2), px."""

STRETCH = 110
FADE = 24
SAMPLES = 64
SPEED_WEIGHT = 4.0


@dataclass(frozen=True, slots=True)
class Scene:
    """A mixture of two frames of the film; ``share`` 0..1 is the other's."""

    one: int
    other: int
    share: float

    def field(self, film: Fields) -> NDArray[np.float32]:
        """The displacement: float32, shape (rows, columns, 2), px."""
        one: NDArray[np.float32] = film[self.one].astype(np.float32)
        if self.share == 0.0:
            return one
        other = film[self.other].astype(np.float32)
        return np.asarray(one + (other - one) * np.float32(self.share), np.float32)


class Film:
    """The footage of a bundle, and how alike its moments are; shared by all players."""

    def __init__(self, fields: Fields, sway: float) -> None:
        self.sway = sway
        self.frames = len(fields)
        flat = fields.reshape(self.frames, -1)
        step = max(1, flat.shape[1] // SAMPLES)
        places = flat[:, ::step].astype(np.float32)
        speeds = (np.roll(places, -1, axis=0) - np.roll(places, 1, axis=0)) / 2
        self._moments = np.concatenate([places, SPEED_WEIGHT * speeds], axis=1)

    def reel(self, seed: int) -> "Reel":
        """The endless order that belongs to a seed."""
        return Reel(self, seed)

    def unlike(self, ones: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.float32]:
        """How different the moments of two stretches are, frame by frame."""
        apart = self._moments[ones % self.frames] - self._moments[others % self.frames]
        return np.asarray((apart * apart).mean(axis=1), np.float32)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The film from ``first`` on, as from frame 0 of its slot; it takes over at ``cut``."""

    first: int
    cut: int


class Reel:
    """Which scene each frame of the idle path shows, in any order of asking."""

    def __init__(self, film: Film, seed: int) -> None:
        self._film = film
        self._seed = abs(seed)
        self._first = lru_cache(maxsize=16)(self._draw)
        self._stretch = lru_cache(maxsize=16)(self._cut)

    def scene(self, index: int) -> Scene:
        """The scene of a frame of the idle path."""
        slot, since = divmod(index, STRETCH)
        before, now = self._stretch(slot - 1), self._stretch(slot)
        one = (before.first + STRETCH + since) % self._film.frames
        other = (now.first + since) % self._film.frames
        share = (since - now.cut) / FADE
        if share <= 0.0:
            return Scene(one, one, 0.0)
        if share >= 1.0:
            return Scene(other, other, 0.0)
        return Scene(one, other, share * share * (3.0 - 2.0 * share))

    def _draw(self, slot: int) -> int:
        random = np.random.default_rng([self._seed, slot & 0xFFFFFFFF, 4])
        return int(random.integers(self._film.frames))

    def _cut(self, slot: int) -> Stretch:
        first, before = self._first(slot), self._first(slot - 1) + STRETCH
        since = np.arange(STRETCH - FADE, dtype=np.int64)
        middle = FADE // 2
        apart = self._film.unlike(before + since + middle, first + since + middle)
        return Stretch(first, int(apart.argmin()))
