"""The one vector that every source of speech gives and every face is driven by."""

import numpy as np
from numpy.typing import NDArray

Articulation = NDArray[np.float32]
"""float32, shape (6,): jaw, press, bite, tongue, smile 0..1; width -1 (pucker) .. +1 (stretch)."""

CHANNEL_NAMES = ("jaw", "width", "press", "bite", "tongue", "smile")
CHANNELS = len(CHANNEL_NAMES)
JAW, WIDTH, PRESS, BITE, TONGUE, SMILE = range(CHANNELS)


def at_rest() -> Articulation:
    """A closed, neutral mouth."""
    return np.zeros(CHANNELS, np.float32)
