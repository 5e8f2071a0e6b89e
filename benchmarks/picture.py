"""How regularly pictures came, from their arrivals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.taps import shown_s

FPS = 25


@dataclass(frozen=True, slots=True)
class Regularity:
    """Pictures due, those that never came (the one before stood on), and those a frame late."""

    fps: list[int]
    due: int
    repeated: int
    late: int


def regularity(
    media_s: Sequence[float], arrival_s: Sequence[float], start_s: float, end_s: float
) -> Regularity:
    """Look at the pictures that came between two moments.

    `fps` counts those of each whole second. A picture is late when it came after its
    successor was due, by the stream's usual transit.
    """
    media, arrival = np.asarray(media_s, np.float64), np.asarray(arrival_s, np.float64)
    inside = (arrival >= start_s) & (arrival < end_s)
    media, arrival = media[inside], arrival[inside]
    if media.size < 2:
        return Regularity([0] * int(end_s - start_s), round((end_s - start_s) * FPS), 0, 0)
    seconds = np.floor(arrival - start_s).astype(np.int64)
    counts = np.bincount(seconds, minlength=int(end_s - start_s))[: int(end_s - start_s)]
    due = max(round(float(media[-1] - media[0]) * FPS) + 1, media.size)
    late = int(np.sum(arrival - shown_s(media, arrival, media) > 1 / FPS))
    return Regularity([int(count) for count in counts], due, due - media.size, late)
