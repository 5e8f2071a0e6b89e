"""Turns a motion of the skin round: which place of the photo a place of the new picture shows."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.photo.curves import Floats
from avatar.photo.geometry import Face
from avatar.photo.motion import Field

Bgr = NDArray[np.uint8]
Box = tuple[int, int, int, int]

NO_MAP = np.empty((0, 0), np.float32)
HALF_PX = 2
STEPS = 24
STOP_PX = 0.02
MARGIN_PX = 8


@dataclass(frozen=True, slots=True)
class Patch:
    """A box (x, y, width, height; even) of a frame, worked on at the frame's half resolution.

    ``x``, ``y``: places of the half-resolution grid in px of the frame, a margin around the box.
    """

    box: Box
    x: Floats
    y: Floats

    def doubled(self, places: Floats) -> Floats:
        """Places of the grid for every px of the box at twice the frame's resolution.

        The displacement is enlarged, not the places, which would be wrong at the edges.
        """
        moved = places - np.stack([self.x, self.y], axis=-1)
        wide, high = 4 * self.x.shape[1], 4 * self.x.shape[0]
        large = cv2.resize(moved, (wide, high), interpolation=cv2.INTER_LINEAR)
        cut = 2 * MARGIN_PX
        box_wide, box_high = self.box[2:]
        return np.asarray(
            large[cut : cut + 2 * box_high, cut : cut + 2 * box_wide] + fine_places(self.box),
            np.float32,
        )


def patch(box: Box) -> Patch:
    """The grid of a box."""
    x, y, wide, high = box
    across = np.arange(x - MARGIN_PX, x + wide + MARGIN_PX, HALF_PX, dtype=np.float32) + 0.5
    down = np.arange(y - MARGIN_PX, y + high + MARGIN_PX, HALF_PX, dtype=np.float32) + 0.5
    grid_x, grid_y = np.meshgrid(across, down)
    return Patch(box, grid_x, grid_y)


def fine_places(box: Box) -> Floats:
    """Places in px of the frame of every px of a box at twice the resolution."""
    x, y, wide, high = box
    across = np.arange(2 * x, 2 * (x + wide), dtype=np.float32) / 2 - 0.25
    down = np.arange(2 * y, 2 * (y + high), dtype=np.float32) / 2 - 0.25
    return np.stack(np.meshgrid(across, down), axis=-1)


def inverse(face: Face, area: Patch, field: Field) -> Floats:
    """Where each place of the patch's grid is taken from: shape (rows, columns, 2), px.

    A fixed point: p <- p + r (goal - p - D(p)).
    """
    scale = face.plane * np.float32(face.unit)
    moved = np.stack([field.du, field.dv], axis=-1) @ scale.T
    goal = np.stack([area.x, area.y], axis=-1)
    place = goal - moved
    left, top = area.x[0, 0], area.y[0, 0]
    for step in range(STEPS):
        at = (place - np.array([left, top], np.float32)) / HALF_PX
        here = cv2.remap(moved, at, NO_MAP, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        error = goal - place - here
        place = place + error * np.float32(0.8 if step < 10 else 0.6)
        if float(np.abs(error).max()) < STOP_PX:
            break
    return place.astype(np.float32)


def sample(fine: Bgr, places: Floats) -> Bgr:
    """The photo (at twice the frame's resolution) at places in px of the frame."""
    at = places * np.float32(2) + np.float32(0.5)
    shown = cv2.remap(fine, at, NO_MAP, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return shown.astype(np.uint8, copy=False)


def sampled(values: Floats, area: Patch, places: Floats) -> Floats:
    """A quantity given on the patch's grid, at other places."""
    at = (places - np.array([area.x[0, 0], area.y[0, 0]], np.float32)) / HALF_PX
    out = cv2.remap(values, at.astype(np.float32), NO_MAP, cv2.INTER_LINEAR)
    return out.astype(np.float32)
