"""What the network is to say: articulation and viseme of each 20 ms of a clip."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from avatar.visemes import placed, pulled
from training.phones import VISEME_OF, VISEMES, Item

LABELS_HZ = 50
SMOOTH = np.array([0.25, 0.5, 0.25], np.float32)


def articulation(items: Sequence[Item], count: int) -> NDArray[np.float32]:
    """Jaw, width, round, press, bite, tongue at times i / 50 s: float32, shape (count, 6)."""
    spans = placed(items, 0.0)
    moments = np.arange(-1, count + 1) / LABELS_HZ
    out = np.empty((len(moments), 6), np.float32)
    for first in range(0, len(moments), LABELS_HZ):
        times = moments[first : first + LABELS_HZ]
        inside = (spans.end_s > times[0] - 0.5) & (spans.start_s < times[-1] + 0.5)
        out[first : first + LABELS_HZ] = pulled(spans[inside], times) if inside.any() else 0.0
    smooth: NDArray[np.float32] = out[:-2] * SMOOTH[0] + out[1:-1] * SMOOTH[1] + out[2:] * SMOOTH[2]
    return smooth


def visemes(items: Sequence[Item], count: int) -> NDArray[np.int8]:
    """Index into VISEMES at times i / 50 s: int8, shape (count,); h looks like what follows."""
    out = np.zeros(count, np.int8)
    following = "sil"
    for name, start_s, end_s in reversed(items):
        following = VISEME_OF.get(name, following)
        first = max(0, int(np.ceil(start_s * LABELS_HZ - 1e-6)))
        out[first : max(first, int(np.ceil(end_s * LABELS_HZ - 1e-6)))] = VISEMES.index(following)
    return out
