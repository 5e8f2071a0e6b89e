"""A face's own coordinates: u to the right of the picture, v down, w away, in units of the eyes.

The unit E is the distance between the outer corners of the eyes in space, the origin is between
them. A displacement (du, dv) of the head is E * A * (du, dv) in the picture, which holds for tilted
and turned faces alike.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.photo.curves import Floats

PAIRS = (
    (33, 263), (133, 362), (61, 291), (234, 454), (172, 397), (136, 365), (70, 300), (50, 280),
)  # fmt: skip
OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152,
    148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
ORIGIN, NOSE, CHIN, TOP = 168, 2, 152, 10
GRID_PX = 8


@dataclass(frozen=True, slots=True)
class Face:
    """One face in a frame.

    ``points``: float32, shape (468, 3), px of the frame; ``rotation``: (3, 3), rows are the head's
    axes; ``unit`` is E in px; ``depth``: (rows, columns), w at every 8th px.
    """

    points: Floats
    irises: Floats
    rotation: Floats
    unit: float
    origin: Floats
    depth: Floats
    size: tuple[int, int]

    @property
    def plane(self) -> Floats:
        """A: from (u, v) to the picture, in units of E; shape (2, 2)."""
        return self.rotation[:2, :2].T.copy()

    @property
    def away(self) -> Floats:
        """What one unit of w moves in the picture; shape (2,)."""
        return self.rotation[2, :2]

    def head(self, indices: tuple[int, ...] | list[int] | int) -> Floats:
        """Points in head coordinates: shape (..., 3)."""
        places = self.points[indices]
        return ((places - self.origin) @ self.rotation.T / np.float32(self.unit)).astype(np.float32)

    def yaw_pitch_deg(self) -> tuple[float, float]:
        """How far the face is turned from the viewer, in degrees."""
        ez = self.rotation[2]
        yaw = float(np.degrees(np.arctan2(ez[0], ez[2])))
        return yaw, float(np.degrees(np.arctan2(ez[1], ez[2])))

    def uv(self, x: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
        """Head coordinates u, v, w of picture places (px)."""
        high, wide = self.depth.shape
        columns = np.clip((x - (GRID_PX - 1) / 2) / GRID_PX, 0, wide - 1).astype(np.float32)
        rows = np.clip((y - (GRID_PX - 1) / 2) / GRID_PX, 0, high - 1).astype(np.float32)
        w = cv2.remap(self.depth, columns, rows, cv2.INTER_LINEAR).astype(np.float32)
        px = (x - self.origin[0]) / np.float32(self.unit) - self.away[0] * w
        py = (y - self.origin[1]) / np.float32(self.unit) - self.away[1] * w
        inverse = np.linalg.inv(self.plane).astype(np.float32)
        return (
            inverse[0, 0] * px + inverse[0, 1] * py,
            inverse[1, 0] * px + inverse[1, 1] * py,
            w,
        )

    def picture(self, u: Floats, v: Floats, w: Floats) -> Floats:
        """Picture places (px) of head coordinates: shape (..., 2)."""
        flat = np.stack([u, v], axis=-1) @ self.plane.T + w[..., None] * self.away
        return np.asarray((self.origin[:2] + np.float32(self.unit) * flat), np.float32)


def face(points: Floats, irises: Floats, size: tuple[int, int]) -> Face:
    """The head's axes and depth from its points; ``size`` is the frame's (width, height)."""
    flat = bare(points, irises, size)
    return replace(flat, depth=_depth(flat))


def bare(points: Floats, irises: Floats, size: tuple[int, int]) -> Face:
    """A face whose depth is known at its points alone: enough for all that uses no picture."""
    across = np.mean([_unit(points[b] - points[a]) for a, b in PAIRS], axis=0)
    ex = _unit(across)
    down = points[CHIN] - points[TOP]
    ey = _unit(down - ex * (down @ ex))
    rotation = np.stack([ex, ey, np.cross(ex, ey)]).astype(np.float32)
    unit = float(np.linalg.norm(points[33] - points[263]))
    return Face(points, irises, rotation, unit, points[ORIGIN], np.zeros((2, 2), np.float32), size)


def _unit(vector: Floats) -> Floats:
    return np.asarray((vector / np.linalg.norm(vector)), np.float32)


def _depth(face: Face) -> Floats:
    """W over the whole frame: a smooth surface through the points, a dome outside the face."""
    wide, high = face.size
    rows, columns = -(-high // GRID_PX), -(-wide // GRID_PX)
    chosen = sorted({*range(0, len(face.points), 2), *OVAL})
    heads = face.head(chosen)
    places = (face.points[chosen, :2] - (GRID_PX - 1) / 2) / GRID_PX
    surface = _spline(places, heads[:, 2], rows, columns)
    inside = np.zeros((rows, columns), np.uint8)
    hull = cv2.convexHull(np.round(places).astype(np.int32))
    cv2.fillConvexPoly(inside, hull, 1)
    distance, labels = cv2.distanceTransformWithLabels(
        1 - inside, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    values = np.zeros(int(labels.max()) + 1, np.float32)
    values[labels[inside > 0]] = surface[inside > 0]
    spread = cv2.GaussianBlur(values[labels], (0, 0), 4)
    slope = np.minimum(0.45 * distance * GRID_PX / face.unit, 0.25)
    outside = np.minimum(spread + slope, float(heads[:, 2].max()) + 0.25)
    soft = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 2)
    return np.asarray((surface * soft + outside * (1 - soft)), np.float32)


def _spline(places: Floats, values: Floats, rows: int, columns: int) -> Floats:
    """A thin plate that is stiff enough not to follow the noise of single points."""
    count = len(places)
    matrix = np.zeros((count + 3, count + 3))
    matrix[:count, :count] = _kernel(places, places) + 2.0 * np.eye(count)
    affine = np.concatenate([np.ones((count, 1)), places], axis=1)
    matrix[:count, count:], matrix[count:, :count] = affine, affine.T
    weights = np.linalg.solve(matrix, np.concatenate([values, np.zeros(3)]))
    x, y = np.meshgrid(np.arange(columns), np.arange(rows))
    grid = np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float32)
    out = _kernel(grid, places) @ weights[:count] + weights[count] + grid @ weights[count + 1 :]
    return np.asarray(out.reshape(rows, columns), np.float32)


def _kernel(a: Floats, b: Floats) -> NDArray[np.float64]:
    squares = ((a[:, None, :] - b[None]) ** 2).sum(axis=-1).astype(np.float64)
    return np.asarray(0.5 * squares * np.log(squares + 1e-9))
