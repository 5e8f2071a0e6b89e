"""Cells of a part, cut to what they change."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Box = tuple[int, int, int, int]

SEEN_LEVELS = 2


@dataclass(frozen=True, slots=True)
class Atlas:
    """The cells of a part: luma (n, height, width), chroma (n, 2, height / 2, width / 2)."""

    box: Box
    luma: Bytes
    chroma: Bytes


def trimmed(base: Bytes, box: Box, luma: Bytes, chroma: Bytes) -> Atlas:
    """The cells without the margin in which none of them differs visibly from the base."""
    x, y, wide, high = box
    still = base[y : y + high, x : x + wide].astype(np.int16)
    moved = np.zeros((high, wide), bool)
    for cell in luma:
        moved |= np.abs(cell - still) > SEEN_LEVELS
    rows, columns = np.where(moved)
    if not len(rows):
        return Atlas(box, luma, chroma)
    x0, y0 = int(columns.min()) // 2 * 2, int(rows.min()) // 2 * 2
    x1, y1 = (int(n.max()) // 2 * 2 + 2 for n in (columns, rows))
    x1, y1 = max(x1, x0 + 8), max(y1, y0 + 8)
    half = np.s_[..., y0 // 2 : y1 // 2, x0 // 2 : x1 // 2]
    return Atlas((x + x0, y + y0, x1 - x0, y1 - y0), luma[..., y0:y1, x0:x1], chroma[half])
