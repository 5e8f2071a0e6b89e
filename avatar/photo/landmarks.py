"""Faces in a picture and their 468 points, from the models of ``avatar.photo.models``.

Decoding follows mediapipe's graphs: square letterbox, one anchor per cell and size, and a crop
that is turned so that the eyes are level.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar.photo.curves import Floats
from avatar.photo.models import Network, open_network

Bgr = NDArray[np.uint8]
"""uint8, shape (height, width, 3)."""

MIN_SCORE = 0.5
SAME_FACE_IOU = 0.3
MESH_PX = 192
EYE_PX = 64
MESH_POINTS = 468
# Corners of the eyes, outer and inner: of the side that lies left in the picture, and of the other.
LEFT_EYE = (33, 133)
RIGHT_EYE = (263, 362)
SHORT_RANGE = (128, ((8, 2), (16, 6)))
FULL_RANGE = (192, ((4, 1),))


@dataclass(frozen=True, slots=True)
class Detection:
    """One face: box (left, top, right, bottom) and eye centres (2, 2) in px of the picture."""

    score: float
    box: tuple[float, float, float, float]
    eyes: Floats


@dataclass(frozen=True, slots=True)
class Mesh:
    """Points: float32, shape (468, 3), px, z in the same scale, + is away; irises: (2, 3), x y r.

    ``presence`` 0..1 is how much the model believes that there is a face.
    """

    points: Floats
    irises: Floats
    presence: float


class Finder(Protocol):
    """Finds faces and their points; ``Landmarks`` is the real one."""

    def near(self, picture: Bgr) -> list[Detection]:
        """Faces by the detector for near ones, best first."""

    def far(self, picture: Bgr) -> list[Detection]:
        """Faces by the other detector."""

    def mesh(self, picture: Bgr, eyes: Floats, box: tuple[float, float, float, float]) -> Mesh:
        """The points of one face."""


class Detector:
    """One of the two face detectors."""

    def __init__(self, network: Network, size_px: int, layers: tuple[tuple[int, int], ...]) -> None:
        self._network = network
        self._size_px = size_px
        self._anchors = np.concatenate([_anchors(size_px // step, n) for step, n in layers])

    def __call__(self, picture: Bgr) -> list[Detection]:
        """The faces, best first, without doubles."""
        square, scale = _letterbox(picture, self._size_px)
        boxes, scores = self._network(square)
        shares = 1.0 / (1.0 + np.exp(-np.clip(scores[0, :, 0], -80, 80)))
        found: list[Detection] = []
        for index in np.argsort(-shares):
            if shares[index] < MIN_SCORE:
                break
            raw = boxes[0, index].reshape(8, 2)
            points = (raw / self._size_px + self._anchors[index]) / scale
            centre, half = points[0], raw[1] / self._size_px / scale / 2
            box = (*(centre - half).tolist(), *(centre + half).tolist())
            if all(_overlap(box, other.box) < SAME_FACE_IOU for other in found):
                found.append(Detection(float(shares[index]), box, points[2:4].astype(np.float32)))
        return found


class Landmarks:
    """Both detectors and the mesh."""

    def __init__(self, folder: Path) -> None:
        near = open_network(folder, "face_detection_short_range.tflite")
        far = open_network(folder, "face_detection_full_range_sparse.tflite")
        self._near, self._far = Detector(near, *SHORT_RANGE), Detector(far, *FULL_RANGE)
        self._mesh = open_network(folder, "face_landmark.tflite")
        self._iris = open_network(folder, "iris_landmark.tflite")

    def near(self, picture: Bgr) -> list[Detection]:
        """See ``Finder``."""
        return self._near(picture)

    def far(self, picture: Bgr) -> list[Detection]:
        """See ``Finder``."""
        return self._far(picture)

    def mesh(self, picture: Bgr, eyes: Floats, box: tuple[float, float, float, float]) -> Mesh:
        """The points of one face; the second look starts from the points of the first."""
        centre = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2], np.float32)
        side = 1.5 * max(box[2] - box[0], box[3] - box[1])
        points, presence = self._look(picture, eyes, centre, side)
        for _ in range(2):
            points, presence = self.follow(picture, points)
        irises = np.stack(
            [
                self._eye(picture, points, LEFT_EYE, mirrored=False),
                self._eye(picture, points, RIGHT_EYE, mirrored=True),
            ]
        )
        return Mesh(points, irises, presence)

    def follow(self, picture: Bgr, points: Floats) -> tuple[Floats, float]:
        """One look at a face from where its points were before: its points, and presence 0..1."""
        low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
        level = np.stack([points[33, :2], points[263, :2]])
        side = 1.5 * float((high - low).max())
        return self._look(picture, level, (low + high) / 2, side)

    def _look(
        self, picture: Bgr, level: Floats, centre: Floats, side: float
    ) -> tuple[Floats, float]:
        turn = _placement(level, centre, side, MESH_PX)
        outputs = self._mesh(_crop(picture, turn, MESH_PX))
        raw = next(o for o in outputs if o.size == 3 * MESH_POINTS).reshape(MESH_POINTS, 3)
        score = next(o for o in outputs if o.size == 1)
        back = cv2.invertAffineTransform(turn)
        flat = raw[:, :2] @ back[:, :2].T + back[:, 2]
        depth = raw[:, 2:] * (side / MESH_PX)
        presence = 1.0 / (1.0 + math.exp(-float(score.reshape(()))))
        return np.concatenate([flat, depth], axis=1).astype(np.float32), presence

    def _eye(
        self, picture: Bgr, points: Floats, corners: tuple[int, int], *, mirrored: bool
    ) -> Floats:
        """Centre and radius of one iris; the model knows one side only, the other is mirrored."""
        a, b = points[corners[0], :2], points[corners[1], :2]
        level = np.stack([b, a]) if mirrored else np.stack([a, b])
        side = 2.3 * float(np.hypot(*(a - b)))
        turn = _placement(level, (a + b) / 2, side, EYE_PX)
        if mirrored:
            turn = np.array([[-1, 0, EYE_PX], [0, 1, 0]], np.float32) @ np.vstack([turn, [0, 0, 1]])
        outputs = self._iris(_crop(picture, turn, EYE_PX))
        raw = next(o for o in outputs if o.size == 15).reshape(5, 3)[:, :2]
        back = cv2.invertAffineTransform(turn.astype(np.float32))
        places = raw @ back[:, :2].T + back[:, 2]
        radius = np.hypot(*(places[1:] - places[0]).T).mean()
        return np.array([*places[0], radius], np.float32)


def _anchors(cells: int, per_cell: int) -> Floats:
    middles = (np.arange(cells, dtype=np.float32) + 0.5) / cells
    x, y = np.meshgrid(middles, middles)
    return np.repeat(np.stack([x, y], axis=-1).reshape(-1, 2), per_cell, axis=0)


def _letterbox(picture: Bgr, size_px: int) -> tuple[Floats, float]:
    """RGB in -1..1 in the upper left of a square, and the square's side as a share of 1 px."""
    high, wide = picture.shape[:2]
    side = max(high, wide)
    scale = size_px / side
    small = cv2.resize(
        picture, (round(wide * scale), round(high * scale)), interpolation=cv2.INTER_AREA
    )
    square = np.full((size_px, size_px, 3), 127.5, np.float32)
    square[: small.shape[0], : small.shape[1]] = small[..., ::-1]
    return square / 127.5 - 1.0, 1.0 / side


def _placement(level: Floats, centre: Floats, side: float, size_px: int) -> NDArray[np.float32]:
    """The affine map from the picture to a crop in which ``level`` runs from left to right."""
    across = level[1] - level[0]
    angle = math.atan2(float(across[1]), float(across[0]))
    scale = size_px / side
    cos, sin = math.cos(angle) * scale, math.sin(angle) * scale
    turn = np.array([[cos, sin, 0.0], [-sin, cos, 0.0]], np.float32)
    turn[:, 2] = size_px / 2 - turn[:, :2] @ centre
    return turn


def _crop(picture: Bgr, turn: NDArray[np.float32], size_px: int) -> Floats:
    """RGB in 0..1."""
    crop = cv2.warpAffine(picture, turn, (size_px, size_px), flags=cv2.INTER_LINEAR)
    return crop[..., ::-1].astype(np.float32) / 255.0


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    if wide <= 0 or high <= 0:
        return 0.0
    both = wide * high
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)
