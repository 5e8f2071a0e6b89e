"""Where the network's press and bite count as closed, chosen on voices of their own."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from avatar.network import NET_BITE, NET_PRESS, PRESS_LATE, Network, Thresholds, smoothed
from training.corpus import Clip
from training.dataset import Data, batches
from training.labels import articulation
from training.measures import NEAR_S, Events, crossings_s, matched

Floats = NDArray[np.float32]

CANDIDATES = np.arange(0.06, 0.81, 0.02)
# A closure that is missed is seen more than one too many, lips that do not meet most of all: recall
# weighs so many times as much, of press and of bite.
RECALL_WEIGHTS = (3.0, 1.5)
# The balance hardly changes over a wide range of thresholds: the mean over so many neighbours
# counts, not which of them happens to be the best by one closure.
AROUND = 7
CALIBRATION_CROPS = 96


def calibration(data: Data, seed: int) -> Iterator[Floats]:
    """Inputs like those of training, (t, BANDS) each, for the ranges of eight-bit numbers."""
    source = batches(data, 32, seed + 1)
    for _ in range(CALIBRATION_CROPS // 32):
        yield from next(source).mel


def best(network: Network, clips: Sequence[Clip]) -> Thresholds:
    """The thresholds with the best balance (F-measure) of found and invented closures."""
    rows = [network.describe(clip.sound) for clip in clips]
    wanted = [articulation(clip.items, len(r)) for clip, r in zip(clips, rows, strict=True)]
    values = []
    channels = ((NET_PRESS, 3, PRESS_LATE), (NET_BITE, 4, 0))
    for (output, channel, late), weight in zip(channels, RECALL_WEIGHTS, strict=True):
        curves = [smoothed(r[:, output], late) for r in rows]
        truth = [crossings_s(w[:, channel], 0.5) for w in wanted]
        worth = [_worth(curves, truth, float(candidate), weight) for candidate in CANDIDATES]
        about = np.convolve(worth, np.ones(AROUND), "valid") / AROUND
        values.append(float(CANDIDATES[int(np.argmax(about)) + AROUND // 2]))
    return Thresholds(*values)


def _worth(
    curves: Sequence[Floats], truth: Sequence[list[float]], threshold: float, recall_weight: float
) -> float:
    events = Events()
    for curve, wanted_s in zip(curves, truth, strict=True):
        events += matched(crossings_s(curve, threshold), wanted_s, NEAR_S)
    weight = recall_weight**2
    missed, invented = events.wanted - len(events.late_s), events.shown - len(events.late_s)
    found = (1 + weight) * len(events.late_s)
    return found / max(1.0, found + weight * missed + invented)
