"""The picture of a head being composed: cells laid onto it, at twice the luma's resolution."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.manifest import GRID_PX, Box, Part
from avatar.warp import MARGIN_PX, Maps

Bytes = NDArray[np.uint8]

Cells = tuple[Bytes, Bytes]

CONTEXT_PX = 2


class Layer:
    """The cells of one part at the frame's resolution, and where they lie in the canvas."""

    def __init__(self, part: Part, head: Box, base_y: Bytes, cells: Cells) -> None:
        x, y, wide, high = part.box
        self.box = part.box
        self.luma, self.chroma = cells
        self.context = padded(base_y, grown(part.box, CONTEXT_PX))
        left, top = x - head[0] + MARGIN_PX, y - head[1] + MARGIN_PX
        self.luma_at = np.s_[2 * top : 2 * (top + high), 2 * left : 2 * (left + wide)]
        self.inner = np.s_[CONTEXT_PX : CONTEXT_PX + high, CONTEXT_PX : CONTEXT_PX + wide]
        self.chroma_at = np.s_[:, top // 2 : (top + high) // 2, left // 2 : (left + wide) // 2]


class Canvas:
    """One thread's scratch: the head's picture being composed, and the warp's maps."""

    def __init__(
        self, luma: Bytes, chroma: Bytes, size: tuple[int, int], layers: Sequence[Layer]
    ) -> None:
        self.luma = luma.copy()
        self.chroma = chroma.copy()
        rows, columns = size[1] // GRID_PX + 2, size[0] // GRID_PX + 2
        self.grid = np.empty((2, rows, columns), np.float32)
        # The pose and the scene that the grid stands for, as whoever places it knows them.
        self.placed: object = None
        self.maps = Maps(rows, columns)
        self._laid = [-1] * len(layers)
        self._contexts = [layer.context.copy() for layer in layers]
        self._doubles = [np.empty((2 * h, 2 * w), np.uint8) for h, w in _sides(self._contexts)]

    def lay(self, index: int, layer: Layer, cell: int) -> None:
        """Put a cell in its place, unless it is there; parts whose boxes overlap must not be."""
        if self._laid[index] == cell:
            return
        self._laid[index] = cell
        context, large = self._contexts[index], self._doubles[index]
        context[layer.inner] = layer.luma[cell]
        double(context, large)
        cut = 2 * CONTEXT_PX
        np.clip(large[cut:-cut, cut:-cut], 16, 235, out=self.luma[layer.luma_at])
        self.chroma[layer.chroma_at] = layer.chroma[cell]


def grown(box: Box, margin_px: int) -> Box:
    """The box with a margin around it; it may leave the picture."""
    x, y, wide, high = box
    return x - margin_px, y - margin_px, wide + 2 * margin_px, high + 2 * margin_px


def padded(plane: Bytes, box: Box) -> Bytes:
    """A part of a plane; its edge is repeated where the box leaves it."""
    x, y, wide, high = box
    rows = np.clip(np.arange(y, y + high), 0, plane.shape[0] - 1)
    columns = np.clip(np.arange(x, x + wide), 0, plane.shape[1] - 1)
    return np.ascontiguousarray(plane[np.ix_(rows, columns)])


def padded_chroma(planes: Bytes, box: Box) -> Bytes:
    x, y, wide, high = (n // 2 for n in grown(box, MARGIN_PX))
    return np.stack([padded(plane, (x, y, wide, high)) for plane in planes])


def doubled(context: Bytes, cut_px: int) -> Bytes:
    """A piece of luma at twice the resolution, without its outermost ``cut_px`` on every side.

    Cubic interpolation overshoots at edges, so the limited range is kept by force.
    """
    high, wide = context.shape
    large = np.empty((2 * high, 2 * wide), np.uint8)
    double(context, large)
    cut = 2 * cut_px
    return np.clip(large[cut:-cut, cut:-cut], 16, 235)


def double(plane: Bytes, out: Bytes) -> None:
    cv2.resize(plane, (out.shape[1], out.shape[0]), dst=out, interpolation=cv2.INTER_CUBIC)


def _sides(planes: Sequence[Bytes]) -> list[tuple[int, int]]:
    return [(plane.shape[0], plane.shape[1]) for plane in planes]
