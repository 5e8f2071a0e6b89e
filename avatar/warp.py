"""Smooth warps of pictures by fields that are known at every fourth pixel.

A picture that is sampled is kept at twice the luma's resolution, with a margin.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.manifest import FOOTAGE_PX, GRID_PX

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

MARGIN_PX = 4


class Maps:
    """Room for where each pixel of luma and of chroma is sampled: across, and down."""

    def __init__(self, rows: int, columns: int) -> None:
        self._luma = np.empty((2, rows * 4, columns * 4), np.float32)
        self._chroma = np.empty((2, rows * 2, columns * 2), np.float32)

    def fill(self, grid: Floats) -> tuple[Floats, Floats]:
        """The maps of a grid (2, rows, columns): what its outermost points surround.

        Across and down are kept apart: OpenCV enlarges and samples them faster so.
        """
        rows, columns = grid.shape[1:]
        luma = self._luma[:, : 4 * rows, : 4 * columns]
        chroma = self._chroma[:, : 2 * rows, : 2 * columns]
        halves = (grid - np.float32(1.5)) * np.float32(0.25)
        for axis in range(2):
            _enlarge(grid[axis], luma[axis])
            _enlarge(halves[axis], chroma[axis])
        return luma[:, 4:-4, 4:-4], chroma[:, 2:-2, 2:-2]


def still(width: int, height: int) -> Floats:
    """Where the grid's points lie in the doubled picture with its margin when nothing moves.

    float32, shape (2, rows, columns): across, and down.
    """
    x = np.arange(width // GRID_PX + 2, dtype=np.float32) * GRID_PX - 2.5
    y = np.arange(height // GRID_PX + 2, dtype=np.float32) * GRID_PX - 2.5
    return np.stack(np.meshgrid(x, y)) * np.float32(2) + np.float32(2 * MARGIN_PX + 0.5)


def sparse(fields: Floats) -> Floats:
    """Fields (..., rows, columns) at the places of the footage's grid: means of 4 x 4 points."""
    step = FOOTAGE_PX // GRID_PX
    rows, columns = (-(-n // step) for n in fields.shape[-2:])
    short = (step * rows - fields.shape[-2], step * columns - fields.shape[-1])
    around = [(0, 0)] * (fields.ndim - 2) + [(0, n) for n in short]
    whole = np.pad(fields, around, mode="edge")
    blocks = whole.reshape(*fields.shape[:-2], rows, step, columns, step)
    return np.asarray(blocks.mean(axis=(-3, -1)), np.float32)


def sample(plane: Bytes, places: Floats, out: Bytes) -> None:
    """Sample a plane at places (2, rows, columns): across, and down."""
    across, down = places
    cv2.remap(plane, across, down, cv2.INTER_LINEAR, dst=out, borderMode=cv2.BORDER_REPLICATE)


def _enlarge(plane: Floats, out: Floats) -> None:
    cv2.resize(plane, (out.shape[1], out.shape[0]), dst=out, interpolation=cv2.INTER_LINEAR)
