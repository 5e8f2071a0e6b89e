"""Paints one frame: cells onto the picture of the head, then one smooth warp of its box.

The head's picture is kept at twice the frame's luma resolution, so that plain bilinear sampling
moves it by parts of a pixel without much swing in its sharpness. The body only breathes: its strip
is painted beforehand for every step of the breath.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.canvas import Canvas, Cells, Layer, doubled, grown, padded, padded_chroma
from avatar.footage import Fields, Scene
from avatar.manifest import FOOTAGE_PX, GRID_PX, Box, Manifest
from avatar.port import Frame
from avatar.warp import MARGIN_PX, Maps, sample, sparse, still

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

Pose = tuple[float, ...]

FILM_STEP = FOOTAGE_PX // GRID_PX
BREATH_STEPS = 24
BREATH = 3
# A frame asks for its scene up to four times, and for the one before it.
SCENES = 8


@dataclass(frozen=True, slots=True)
class Look:
    """What one frame shows: a cell of each part, and the pose.

    ``pose`` has one number in -1..1 for each of the bundle's fields: yaw, pitch, roll, breath and,
    where the bundle moves its brows so, their lift and skew. ``scene`` is the filmed motion under
    the pose, if the bundle has any.
    """

    mouth: int
    eyes: int
    brows: int
    pose: Pose
    scene: Scene | None = None


@dataclass(slots=True)
class Painting:
    """A picture and what it shows; ``pose`` is None while it is blank."""

    frame: Frame
    pose: Pose | None = None
    scene: Scene | None = None
    cells: tuple[int, int, int] = (-1, -1, -1)

    def copy(self) -> "Painting":
        """Another picture that shows the same."""
        return Painting(self.frame.copy(), self.pose, self.scene, self.cells)


class Compositor:
    """Everything of a character that painting needs; shared, never changed after creation."""

    def __init__(self, manifest: Manifest, arrays: Mapping[str, NDArray[Any]]) -> None:
        cv2.setNumThreads(1)
        self.width, self.height = manifest.width, manifest.height
        self._head = manifest.head
        base = arrays["base"]
        base_y, base_uv = base[: self.height], _chroma_of(base, self.width, self.height)
        self._luma = doubled(padded(base_y, grown(self._head, 2 * MARGIN_PX)), MARGIN_PX)
        self._chroma = padded_chroma(base_uv, self._head)
        self._layers = [
            Layer(part, self._head, base_y, (arrays[f"{name}_y"], arrays[f"{name}_uv"]))
            for name, part in manifest.parts().items()
        ]
        self.fields = manifest.fields
        basis = np.moveaxis(arrays["head"].astype(np.float32), -1, 1)
        self._basis = (basis * 2.0).reshape(self.fields, -1)
        self._sparse = sparse(basis).reshape(self.fields, -1)
        self._still = still(self._head[2], self._head[3])
        self.footage = arrays.get("footage", np.zeros((0, 1, 1, 2), np.float16))
        self._filmed = lru_cache(maxsize=SCENES)(partial(_filmed, self.footage))
        self._body_top = manifest.body_top
        self._base = base
        self._strips = self._breathe(arrays["body"].astype(np.float32), base_y, base_uv)
        self._local = threading.local()

    def blank(self) -> Painting:
        """A new picture with everything that never changes."""
        return Painting(np.array(self._base))

    def paint(self, out: Painting, look: Look) -> None:
        """Paint into ``out``, which holds a blank or an earlier picture.

        Where the pose is the one that ``out`` shows, only parts with other cells are painted.
        """
        canvas = self._canvas()
        cells = (look.mouth, look.eyes, look.brows)
        for index, (layer, cell) in enumerate(zip(self._layers, cells, strict=False)):
            canvas.lay(index, layer, cell)
        if out.pose != look.pose or out.scene != look.scene:
            self._lay_strip(out.frame, _breath_step(look.pose))
            self._place(canvas, look)
            self._warp(out.frame, canvas, (0, 0, *self._head[2:]))
        elif out.cells != cells:
            self._place(canvas, look)
            margin = int(np.abs(self._moved(look)).max()) + MARGIN_PX
            for layer, old, new in zip(self._layers, out.cells, cells, strict=False):
                if old != new:
                    box = _within(grown(layer.box, margin), self._head)
                    self._warp(out.frame, canvas, box)
        out.pose, out.scene, out.cells = look.pose, look.scene, cells

    def travel_px(self, a: Look, b: Look) -> float:
        """The most that anything moves between two looks, to a tenth of it; cells apart."""
        return float(np.abs(self._moved(a) - self._moved(b)).max())

    def _pose(self, look: Look) -> Floats:
        """The share of each field; the head breathes in the steps of the body's strip."""
        pose = np.array(look.pose[: self.fields], np.float32)
        pose[BREATH] = 2.0 * _breath_step(look.pose) / BREATH_STEPS - 1.0
        return pose

    def _moved(self, look: Look) -> Floats:
        """How far each place of the footage's grid moves: px across and down, shape (2, n).

        Fields are so smooth that nothing between the places moves much further than they do.
        """
        moved: Floats = np.dot(self._pose(look), self._sparse).reshape(2, -1)
        if look.scene is not None:
            moved += self._filmed(look.scene).reshape(2, -1)
        return moved

    def _place(self, canvas: Canvas, look: Look) -> None:
        """Set the canvas's grid: which place of the doubled picture each of its points shows."""
        if canvas.placed == (look.pose, look.scene):
            return
        canvas.placed = look.pose, look.scene
        grid = canvas.grid
        np.dot(self._pose(look), self._basis, out=grid.reshape(-1))
        grid += self._still
        if look.scene is None:
            return
        rows, columns = grid.shape[1:]
        for axis, field in enumerate(self._filmed(look.scene) * np.float32(2.0)):
            size = (FILM_STEP * field.shape[1], FILM_STEP * field.shape[0])
            large = cv2.resize(field, size, interpolation=cv2.INTER_LINEAR)
            grid[axis] += large[:rows, :columns]

    def _canvas(self) -> Canvas:
        canvas: Canvas | None = getattr(self._local, "canvas", None)
        if canvas is None:
            canvas = Canvas(self._luma, self._chroma, self._head[2:], self._layers)
            self._local.canvas = canvas
        return canvas

    def _lay_strip(self, out: Frame, step: int) -> None:
        luma, chroma = self._strips[0][step], self._strips[1][step]
        out[self._body_top : self.height] = luma
        _chroma_of(out, self.width, self.height)[:, self._body_top // 2 :] = chroma

    def _warp(self, out: Frame, canvas: Canvas, box: Box) -> None:
        """Sample a part of the head's box; ``box`` lies in it, on the grid."""
        left, top, wide, high = box
        rows = slice(top // GRID_PX, (top + high) // GRID_PX + 2)
        columns = slice(left // GRID_PX, (left + wide) // GRID_PX + 2)
        luma_map, chroma_map = canvas.maps.fill(canvas.grid[:, rows, columns])
        x, y = self._head[0] + left, self._head[1] + top
        sample(canvas.luma, luma_map, out[y : y + high, x : x + wide])
        half = np.s_[y // 2 : (y + high) // 2, x // 2 : (x + wide) // 2]
        planes = _chroma_of(out, self.width, self.height)
        for source, plane in zip(canvas.chroma, planes, strict=True):
            sample(source, chroma_map, plane[half])

    def _breathe(self, field: Floats, base_y: Bytes, base_uv: Bytes) -> Cells:
        """The body's strip at every step of the breath: luma and chroma, steps first."""
        high = self.height - self._body_top
        box = (0, self._body_top, self.width, high)
        luma = doubled(padded(base_y, grown(box, 2 * MARGIN_PX)), MARGIN_PX)
        chroma = padded_chroma(base_uv, box)
        steps = BREATH_STEPS + 1
        lumas = np.empty((steps, high, self.width), np.uint8)
        chromas = np.empty((steps, 2, high // 2, self.width // 2), np.uint8)
        places, moves = still(self.width, high), np.moveaxis(field, -1, 0)
        maps = Maps(*places.shape[1:])
        for step in range(steps):
            moved = places + moves * np.float32(4.0 * step / BREATH_STEPS - 2.0)
            luma_map, chroma_map = maps.fill(moved)
            sample(luma, luma_map, lumas[step])
            for source, plane in zip(chroma, chromas[step], strict=True):
                sample(source, chroma_map, plane)
        return lumas, chromas


def _filmed(footage: Fields, scene: Scene) -> Floats:
    """How far a scene moves the places of the footage's grid: px, (2, rows, columns)."""
    return np.ascontiguousarray(np.moveaxis(scene.field(footage), -1, 0))


def _breath_step(pose: Pose) -> int:
    return round((pose[BREATH] + 1.0) / 2.0 * BREATH_STEPS)


def _chroma_of(frame: Frame, width: int, height: int) -> Bytes:
    """Both chroma planes of an I420 frame, as a view of shape (2, height / 2, width / 2)."""
    return frame[height:].reshape(2, height // 2, width // 2)


def _within(box: Box, head: Box) -> Box:
    """The part of a box that lies in the head's, from the head's corner and on its grid."""
    x, y, wide, high = box
    left, top = max(0, x - head[0]) // GRID_PX * GRID_PX, max(0, y - head[1]) // GRID_PX * GRID_PX
    right = min(head[2], -(-(x + wide - head[0]) // GRID_PX) * GRID_PX)
    low = min(head[3], -(-(y + high - head[1]) // GRID_PX) * GRID_PX)
    return left, top, right - left, low - top
