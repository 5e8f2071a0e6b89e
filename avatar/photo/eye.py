"""Where an eye lies in a face: its lids, its brow and its iris."""

from dataclasses import dataclass

import numpy as np

from avatar.photo.curves import Curve, Floats, through
from avatar.photo.geometry import Face

SIDES = (
    (
        (33, 246, 161, 160, 159, 158, 157, 173, 133),
        (33, 7, 163, 144, 145, 153, 154, 155, 133),
        (46, 53, 52, 65, 55),
    ),
    (
        (362, 398, 384, 385, 386, 387, 388, 466, 263),
        (362, 382, 381, 380, 374, 373, 390, 249, 263),
        (285, 295, 282, 283, 276),
    ),
)


@dataclass(frozen=True, slots=True)
class Eye:
    """One eye in units of E; curves give v over t = (u - middle) / half."""

    middle: float
    half: float
    upper: Curve
    lower: Curve
    brow: Curve
    iris: Floats

    @property
    def height(self) -> float:
        """How far the lids are apart."""
        return float((self.lower.values - self.upper.values).max())

    @property
    def middle_v(self) -> float:
        """The height of its middle."""
        zero = np.zeros(1, np.float32)
        return float((self.lower(zero) + self.upper(zero))[0]) / 2

    def across(self, t: Floats, v: Floats) -> Floats:
        """The distance from the eye's middle; 1 on an ellipse through its edges."""
        return np.asarray(np.hypot(t, (v - self.middle_v) / (self.height / 2)), np.float32)

    def t(self, u: Floats) -> Floats:
        """Places along the eye: -1 and 1 at its corners."""
        return ((u - np.float32(self.middle)) / np.float32(self.half)).astype(np.float32)


def eyes(face: Face) -> list[Eye]:
    """Both eyes, the left of the picture first."""
    return [_eye(face, side, iris) for side, iris in zip(SIDES, face.irises, strict=True)]


def _eye(face: Face, side: tuple[tuple[int, ...], ...], iris: Floats) -> Eye:
    upper, lower, brow = (face.head(list(indices)) for indices in side)
    middle = float(upper[0, 0] + upper[-1, 0]) / 2
    half = float(upper[-1, 0] - upper[0, 0]) / 2
    u, v, _ = face.uv(iris[None, :1].copy(), iris[None, 1:2].copy())
    place = np.array([u[0, 0], v[0, 0], iris[2] / face.unit], np.float32)

    def curve(points: Floats) -> Curve:
        return through((points[:, 0] - middle) / half, points[:, 1])

    return Eye(middle, half, curve(upper), curve(lower), curve(brow), place)
