"""Paints one frame: cells onto the picture of the head, then one smooth warp of its box.

The head's picture is kept at twice the frame's luma resolution, so that plain bilinear sampling
moves it by parts of a pixel without much swing in its sharpness. The body only breathes: its strip
is painted beforehand for every step of the breath.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.footage import Scene
from avatar.manifest import FOOTAGE_PX, GRID_PX, Box, Manifest, Part
from avatar.port import Frame

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

Cells = tuple[Bytes, Bytes]
Pose = tuple[float, ...]

MARGIN_PX = 4
CONTEXT_PX = 2
BREATH_STEPS = 24
BREATH = 3
NO_MAP = np.empty((0, 0), np.float32)


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


class Layer:
    """The cells of one part at the frame's resolution, and where they lie in the canvas."""

    def __init__(self, part: Part, head: Box, base_y: Bytes, cells: Cells) -> None:
        x, y, wide, high = part.box
        self.box = part.box
        self.luma, self.chroma = cells
        self.context = _padded(base_y, _grown(part.box, CONTEXT_PX))
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
        self.grid = np.empty((rows, columns, 2), np.float32)
        self.luma_map = np.empty((rows * 4, columns * 4, 2), np.float32)
        self.chroma_map = np.empty((rows * 2, columns * 2, 2), np.float32)
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
        _double(context, large)
        cut = 2 * CONTEXT_PX
        np.clip(large[cut:-cut, cut:-cut], 16, 235, out=self.luma[layer.luma_at])
        self.chroma[layer.chroma_at] = layer.chroma[cell]


class Compositor:
    """Everything of a character that painting needs; shared, never changed after creation."""

    def __init__(self, manifest: Manifest, arrays: Mapping[str, NDArray[Any]]) -> None:
        cv2.setNumThreads(1)
        self.width, self.height = manifest.width, manifest.height
        self._head = manifest.head
        base = arrays["base"]
        base_y, base_uv = base[: self.height], _chroma_of(base, self.width, self.height)
        self._luma = _doubled(_padded(base_y, _grown(self._head, 2 * MARGIN_PX)), MARGIN_PX)
        self._chroma = _padded_chroma(base_uv, self._head)
        self._layers = [
            Layer(part, self._head, base_y, (arrays[f"{name}_y"], arrays[f"{name}_uv"]))
            for name, part in manifest.parts().items()
        ]
        self.fields = manifest.fields
        self._basis = (arrays["head"].astype(np.float32) * 2.0).reshape(self.fields, -1)
        self._reach = np.abs(arrays["head"].astype(np.float32)).max(axis=(1, 2, 3))
        self._still = _grid(self._head[2], self._head[3]).reshape(-1)
        self.footage = arrays.get("footage", np.zeros((0, 1, 1, 2), np.float16))
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
        step = round((look.pose[BREATH] + 1.0) / 2.0 * BREATH_STEPS)
        pose = np.array(look.pose[: self.fields], np.float32)
        pose[BREATH] = 2.0 * step / BREATH_STEPS - 1.0
        if out.pose != look.pose or out.scene != look.scene:
            self._lay_strip(out.frame, step)
            self._place(canvas, pose, look.scene)
            self._warp(out.frame, canvas, (0, 0, *self._head[2:]))
        elif out.cells != cells:
            self._place(canvas, pose, look.scene)
            margin = int(np.dot(np.abs(pose), self._reach)) + 3 + self._filmed_px(look.scene)
            for layer, old, new in zip(self._layers, out.cells, cells, strict=False):
                if old != new:
                    box = _within(_grown(layer.box, margin), self._head)
                    self._warp(out.frame, canvas, box)
        out.pose, out.scene, out.cells = look.pose, look.scene, cells

    def travel_px(self, a: Look, b: Look) -> float:
        """The most that anything moves between two looks, cells apart."""
        pose, other = (np.array(look.pose[: self.fields], np.float32) for look in (a, b))
        posed_px = float(np.dot(np.abs(pose - other), self._reach))
        if a.scene is None or b.scene is None:
            return posed_px
        filmed = a.scene.field(self.footage) - b.scene.field(self.footage)
        return posed_px + float(np.abs(filmed).max())

    def _filmed_px(self, scene: Scene | None) -> int:
        return 0 if scene is None else int(np.abs(scene.field(self.footage)).max()) + 1

    def _place(self, canvas: Canvas, pose: Floats, scene: Scene | None) -> None:
        """Set the canvas's grid: which place of the doubled picture each of its points shows."""
        np.add(np.dot(pose, self._basis), self._still, out=canvas.grid.reshape(-1))
        if scene is None:
            return
        field = scene.field(self.footage) * np.float32(2.0)
        step = FOOTAGE_PX // GRID_PX
        size = (step * field.shape[1], step * field.shape[0])
        rows, columns = canvas.grid.shape[:2]
        canvas.grid += cv2.resize(field, size, interpolation=cv2.INTER_LINEAR)[:rows, :columns]

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
        grid = canvas.grid[rows, columns]
        luma_map = canvas.luma_map[: high + 8, : wide + 8]
        chroma_map = canvas.chroma_map[: high // 2 + 4, : wide // 2 + 4]
        _upsample(grid, luma_map)
        _upsample((grid - np.float32(1.5)) * np.float32(0.25), chroma_map)
        x, y = self._head[0] + left, self._head[1] + top
        _sample(canvas.luma, luma_map[4:-4, 4:-4], out[y : y + high, x : x + wide])
        half = np.s_[y // 2 : (y + high) // 2, x // 2 : (x + wide) // 2]
        planes = _chroma_of(out, self.width, self.height)
        for source, plane in zip(canvas.chroma, planes, strict=True):
            _sample(source, chroma_map[2:-2, 2:-2], plane[half])

    def _breathe(self, field: Floats, base_y: Bytes, base_uv: Bytes) -> Cells:
        """The body's strip at every step of the breath: luma and chroma, steps first."""
        high = self.height - self._body_top
        box = (0, self._body_top, self.width, high)
        luma = _doubled(_padded(base_y, _grown(box, 2 * MARGIN_PX)), MARGIN_PX)
        chroma = _padded_chroma(base_uv, box)
        steps = BREATH_STEPS + 1
        lumas = np.empty((steps, high, self.width), np.uint8)
        chromas = np.empty((steps, 2, high // 2, self.width // 2), np.uint8)
        for step in range(steps):
            moved = field * np.float32(4.0 * step / BREATH_STEPS - 2.0)
            grid = _grid(self.width, high) + moved
            luma_map = np.empty((grid.shape[0] * 4, grid.shape[1] * 4, 2), np.float32)
            chroma_map = np.empty((grid.shape[0] * 2, grid.shape[1] * 2, 2), np.float32)
            _upsample(grid, luma_map)
            _upsample((grid - np.float32(1.5)) * np.float32(0.25), chroma_map)
            _sample(luma, luma_map[4:-4, 4:-4], lumas[step])
            for source, plane in zip(chroma, chromas[step], strict=True):
                _sample(source, chroma_map[2:-2, 2:-2], plane)
        return lumas, chromas


def _chroma_of(frame: Frame, width: int, height: int) -> Bytes:
    """Both chroma planes of an I420 frame, as a view of shape (2, height / 2, width / 2)."""
    return frame[height:].reshape(2, height // 2, width // 2)


def _grid(width: int, height: int) -> Floats:
    """Where the grid's points lie in the doubled picture with its margin when nothing moves."""
    x = np.arange(width // GRID_PX + 2, dtype=np.float32) * GRID_PX - 2.5
    y = np.arange(height // GRID_PX + 2, dtype=np.float32) * GRID_PX - 2.5
    return np.stack(np.meshgrid(x, y), axis=-1) * np.float32(2) + np.float32(2 * MARGIN_PX + 0.5)


def _upsample(grid: Floats, out: Floats) -> None:
    cv2.resize(grid, (out.shape[1], out.shape[0]), dst=out, interpolation=cv2.INTER_LINEAR)


def _sample(plane: Bytes, places: Floats, out: Bytes) -> None:
    cv2.remap(plane, places, NO_MAP, cv2.INTER_LINEAR, dst=out, borderMode=cv2.BORDER_REPLICATE)


def _grown(box: Box, margin_px: int) -> Box:
    """The box with a margin around it; it may leave the picture."""
    x, y, wide, high = box
    return x - margin_px, y - margin_px, wide + 2 * margin_px, high + 2 * margin_px


def _within(box: Box, head: Box) -> Box:
    """The part of a box that lies in the head's, from the head's corner and on its grid."""
    x, y, wide, high = box
    left, top = max(0, x - head[0]) // GRID_PX * GRID_PX, max(0, y - head[1]) // GRID_PX * GRID_PX
    right = min(head[2], -(-(x + wide - head[0]) // GRID_PX) * GRID_PX)
    low = min(head[3], -(-(y + high - head[1]) // GRID_PX) * GRID_PX)
    return left, top, right - left, low - top


def _padded(plane: Bytes, box: Box) -> Bytes:
    """A part of a plane; its edge is repeated where the box leaves it."""
    x, y, wide, high = box
    rows = np.clip(np.arange(y, y + high), 0, plane.shape[0] - 1)
    columns = np.clip(np.arange(x, x + wide), 0, plane.shape[1] - 1)
    return np.ascontiguousarray(plane[np.ix_(rows, columns)])


def _padded_chroma(planes: Bytes, box: Box) -> Bytes:
    x, y, wide, high = (n // 2 for n in _grown(box, MARGIN_PX))
    return np.stack([_padded(plane, (x, y, wide, high)) for plane in planes])


def _doubled(context: Bytes, cut_px: int) -> Bytes:
    """A piece of luma at twice the resolution, without its outermost ``cut_px`` on every side.

    Cubic interpolation overshoots at edges, so the limited range is kept by force.
    """
    high, wide = context.shape
    large = np.empty((2 * high, 2 * wide), np.uint8)
    _double(context, large)
    cut = 2 * cut_px
    return np.clip(large[cut:-cut, cut:-cut], 16, 235)


def _double(plane: Bytes, out: Bytes) -> None:
    cv2.resize(plane, (out.shape[1], out.shape[0]), dst=out, interpolation=cv2.INTER_CUBIC)


def _sides(planes: Sequence[Bytes]) -> list[tuple[int, int]]:
    return [(plane.shape[0], plane.shape[1]) for plane in planes]
