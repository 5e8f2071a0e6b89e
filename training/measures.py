"""How well a face says what was said; all curves are at 50 Hz."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from training.labels import LABELS_HZ
from training.phones import GROUPS

Floats = NDArray[np.floating]
Values = NDArray[np.floating] | NDArray[np.integer]

NEAR_S = 0.100
NEAR_EDGE_S = 0.250
OPEN = 0.1
PAUSE_MARGIN = 5
SHORTEST_PAUSE = 2 * PAUSE_MARGIN + 2


@dataclass(frozen=True, slots=True)
class Events:
    """Moments that were found, invented and missed, and how late the found ones are."""

    wanted: int = 0
    shown: int = 0
    late_s: tuple[float, ...] = ()

    @property
    def recall(self) -> float:
        """Share of the wanted ones that were found; 0 where none was wanted."""
        return len(self.late_s) / self.wanted if self.wanted else 0.0

    @property
    def precision(self) -> float:
        """Share of the shown ones that were wanted; 0 where none was shown."""
        return len(self.late_s) / self.shown if self.shown else 0.0

    @property
    def median_ms(self) -> float:
        """How late the middle one is; negative is early."""
        return 1000 * float(np.median(self.late_s)) if self.late_s else 0.0

    @property
    def p90_ms(self) -> float:
        """What nine in ten are nearer than."""
        return 1000 * float(np.percentile(np.abs(self.late_s), 90)) if self.late_s else 0.0

    def __add__(self, other: "Events") -> "Events":
        """Both together."""
        return Events(
            self.wanted + other.wanted, self.shown + other.shown, self.late_s + other.late_s
        )


@dataclass(slots=True)
class Tally:
    """Curves of many clips, for figures over all their frames."""

    shown: list[Values] = field(default_factory=list)
    wanted: list[Values] = field(default_factory=list)

    def add(self, shown: Values, wanted: Values) -> None:
        """Append a clip's curves, of equal length."""
        self.shown.append(shown)
        self.wanted.append(wanted)

    @property
    def r(self) -> float:
        """Pearson's correlation."""
        shown, wanted = np.concatenate(self.shown), np.concatenate(self.wanted)
        return float(np.corrcoef(shown, wanted)[0, 1])

    @property
    def agreement(self) -> float:
        """Share of equal values."""
        return float(np.mean(np.concatenate(self.shown) == np.concatenate(self.wanted)))


def grouped(visemes: NDArray[np.integer]) -> NDArray[np.integer]:
    """The groups that a lip-reader could tell apart."""
    out: NDArray[np.integer] = np.array(GROUPS)[visemes]
    return out


def crossings_s(curve: Floats, threshold: float) -> list[float]:
    """When a curve (n,) rises through a threshold, seconds."""
    before, after = curve[:-1], curve[1:]
    found = np.flatnonzero((before < threshold) & (after >= threshold))
    share = (threshold - before[found]) / (after[found] - before[found])
    return [float(moment) for moment in (found + share) / LABELS_HZ]


def matched(shown_s: Sequence[float], wanted_s: Sequence[float], near_s: float) -> Events:
    """Pair each wanted moment with the nearest shown one that is near enough, each used once."""
    pairs = sorted(
        (abs(shown - wanted), i, j)
        for i, shown in enumerate(shown_s)
        for j, wanted in enumerate(wanted_s)
        if abs(shown - wanted) <= near_s
    )
    used_shown: set[int] = set()
    used_wanted: set[int] = set()
    late_s = []
    for _, i, j in pairs:
        if i not in used_shown and j not in used_wanted:
            used_shown.add(i)
            used_wanted.add(j)
            late_s.append(shown_s[i] - wanted_s[j])
    return Events(len(wanted_s), len(shown_s), tuple(late_s))


def closures(shown: Floats, wanted: Floats) -> Events:
    """Moments at which the lips meet, of two curves of press."""
    return matched(crossings_s(shown, 0.5), crossings_s(wanted, 0.5), NEAR_S)


def edges(jaw: Floats, silent: NDArray[np.bool_]) -> tuple[Events, Events]:
    """Starts and stops of the mouth at the edges of the pauses of 240 ms and more."""
    pauses = [run for run in _runs(silent) if run[1] - run[0] >= SHORTEST_PAUSE]
    starts = [end / LABELS_HZ for _, end in pauses if end < len(silent)]
    stops = [start / LABELS_HZ for start, _ in pauses if start > 0]
    opened, closed = crossings_s(jaw, OPEN), crossings_s(-jaw, -OPEN)
    return matched(opened, starts, NEAR_EDGE_S), matched(closed, stops, NEAR_EDGE_S)


def open_in_pauses(jaw: Floats, silent: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """For each frame of a pause, its edges left out, whether the mouth is open."""
    inside = [
        jaw[start + PAUSE_MARGIN : end - PAUSE_MARGIN] > OPEN
        for start, end in _runs(silent)
        if end - start >= SHORTEST_PAUSE
    ]
    return np.concatenate([np.zeros(0, bool), *inside])


def _runs(on: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], on.astype(np.int8), [0]))))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
